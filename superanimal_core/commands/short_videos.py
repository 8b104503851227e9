"""Whether videos that are learned from without labels have what a training takes of them."""

from collections.abc import Iterator, Sequence

from superanimal_core.commands.study_checks import DOUBT, STOPS, Finding
from superanimal_core.errors import VideoError
from superanimal_core.media.quick_look import look_at_video
from superanimal_core.study.study import Study


def short_video_findings(study: Study) -> Iterator[Finding]:
    """Of the unlabeled videos of all models."""
    for files in sorted({tuple(study.unlabeled_of(name)) for name in study.settings.models}):
        yield from window_findings(files, study.settings.unlabeled.frames)


def window_findings(files: Sequence[str], needed: int) -> Iterator[Finding]:
    """Of videos that give no window of so many frames: too short, or no videos.

    A training passes them over, and stops where none is left. A header that does not say how many
    frames there are tells nothing.
    """
    reasons = {file: why for file in files if (why := _why_no_window(file, needed))}
    if reasons:
        file = min(reasons)
        yield Finding(
            DOUBT if len(reasons) < len(files) else STOPS,
            "unlabeled videos",
            f"nothing is learned from {len(reasons):,} of {len(files):,}: {reasons[file]}",
        )


def _why_no_window(file: str, needed: int) -> str:
    try:
        frames = look_at_video(file).frames
    except VideoError as error:
        return error.reason
    if not 0 < frames < needed:
        return ""
    return (
        f"{file} has {frames:,} frames, and unlabeled.frames takes {needed:,} at once; write a "
        "smaller number, or leave it out"
    )
