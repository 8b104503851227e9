"""Whether videos that are learned from without labels have what a training takes of them."""

from collections.abc import Iterator

from superanimal_core.commands.study_checks import STOPS, Finding
from superanimal_core.errors import VideoError
from superanimal_core.media.quick_look import look_at_video
from superanimal_core.report.cells import counted
from superanimal_core.study.study import Study


def short_video_findings(study: Study) -> Iterator[Finding]:
    """Of videos with fewer frames than `unlabeled.frames`, and of those that cannot be opened.

    A training that draws one of them fails. A header that does not say how many it has tells none.
    """
    needed, what = study.settings.unlabeled.frames, "unlabeled videos"
    files = sorted({file for name in study.settings.models for file in study.unlabeled_of(name)})
    short: dict[str, int] = {}
    for file in files:
        try:
            if 0 < (frames := look_at_video(file).frames) < needed:
                short[file] = frames
        except VideoError as error:
            yield Finding(STOPS, what, error.reason)
    if short:
        file, frames = min(short.items(), key=lambda each: (each[1], each[0]))
        have = "has" if len(short) == 1 else "have"
        yield Finding(
            STOPS,
            what,
            f"{counted(len(short), 'video')} of {len(files):,} {have} fewer frames than "
            f"unlabeled.frames ({needed:,}), which a training takes at once: {file} has "
            f"{frames:,}; write a smaller number, or leave them out",
        )
