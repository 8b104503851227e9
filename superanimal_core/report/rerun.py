"""How a video is done again: the same words in the report and in the terminal."""

from collections.abc import Iterable


def rerun_arguments(videos: Iterable[str]) -> list[str]:
    """What Snakemake is asked for to do everything for some videos again, and nothing else."""
    targets = [f"results/videos/{video}/quality.json" for video in videos]
    return [*targets, "--forcerun", "probe_video"]
