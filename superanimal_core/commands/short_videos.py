"""Whether videos that are learned from without labels have what a training takes of them."""

from collections.abc import Iterator, Mapping, Sequence

from superanimal_core.commands.study_checks import DOUBT, STOPS, Finding
from superanimal_core.errors import VideoError
from superanimal_core.media.quick_look import look_at_video
from superanimal_core.study.study import Study


def unlabeled_files(study: Study) -> list[str]:
    """The unlabeled videos of all models."""
    return sorted({file for name in study.settings.models for file in study.unlabeled_of(name)})


def why_no_window(study: Study, file: str) -> str:
    """Why a video gives no window of `unlabeled.frames`: too short, or no video; '' where it does.

    A header that does not say how many frames there are tells nothing.
    """
    needed = study.settings.unlabeled.frames
    try:
        frames = look_at_video(file).frames
    except VideoError as error:
        return error.reason
    except Exception as error:  # whatever a library says of a broken file
        return f"{file}: {type(error).__name__}: {error}"
    if not 0 < frames < needed:
        return ""
    return (
        f"{file} has {frames:,} frames, and unlabeled.frames takes {needed:,} at once; write a "
        "smaller number, or leave it out"
    )


def window_findings(study: Study, reasons: Mapping[str, str]) -> Iterator[Finding]:
    """Of each model's videos, from why each gives no window ('' where it does).

    A training passes them over, and stops where none is left.
    """
    lists = {tuple(study.unlabeled_of(name)) for name in study.settings.models}
    yield from filter(None, (_finding(files, reasons) for files in sorted(lists)))


def _finding(files: Sequence[str], reasons: Mapping[str, str]) -> Finding | None:
    left_out = sorted(file for file in files if reasons[file])
    if not left_out:
        return None
    told = f"nothing is learned from {len(left_out):,} of {len(files):,}: {reasons[left_out[0]]}"
    return Finding(DOUBT if len(left_out) < len(files) else STOPS, "unlabeled videos", told)
