"""How a video is done again: the same words in the report and in the terminal."""

from collections.abc import Iterable


def rerun_arguments(videos: Iterable[str]) -> list[str]:
    """What Snakemake is asked for to do everything for some videos again.

    And what depends on them: other views, networks that learned of several videos together.
    """
    videos = [*videos]
    return [*(f"results/videos/{video}/quality.json" for video in videos), *forced_again(videos)]


def forced_again(videos: Iterable[str]) -> list[str]:
    """What Snakemake is asked for to begin with some videos anew, beside all else that it does."""
    return ["--forcerun", *(f"results/videos/{video}/frames.parquet" for video in videos)]
