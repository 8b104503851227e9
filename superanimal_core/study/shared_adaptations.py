"""Videos that share an adaptation: those of a session, of a camera, or all of a model.

One folder for each such set of videos, results/models/{model}/adapted/{videos}, where `videos` is
its name: cohort, camera-top, session-s1.
"""

import re
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from superanimal_core.errors import first_of
from superanimal_core.settings import Settings
from superanimal_core.settings.adaptation import AdaptationSettings
from superanimal_core.study.standing_lists import standing_videos
from superanimal_core.study.study_rows import VideoRow

NAME = re.compile("[A-Za-z0-9_-]+")
COHORT = "cohort"


def set_of(settings: Settings, video: VideoRow) -> str | None:
    """The name of the set that a video shares its adaptation with; None where it has its own."""
    per, model = settings.adaptation.per, settings.models[video.model]
    if not settings.adaptation.enabled or per == "video" or model.predictions is not None:
        return None
    return COHORT if per == COHORT else f"{per}-{video.columns.get(per, '')}"


def videos_by_set(
    settings: Settings, videos: Mapping[str, VideoRow]
) -> dict[tuple[str, str], list[str]]:
    """The videos of every set, by model and name of the set, in the order of the sheet."""
    sets: dict[tuple[str, str], list[str]] = {}
    for row in videos.values():
        if name := set_of(settings, row):
            sets.setdefault((row.model, name), []).append(row.video)
    return sets


def folder_of(model: str, videos: str) -> str:
    """Where all lies that a set of videos shares."""
    return f"results/models/{model}/adapted/{videos}"


def list_of(model: str, videos: str) -> str:
    """Names of the videos that are learned from, a line each; it stands once it is there."""
    return f"{folder_of(model, videos)}/videos.txt"


def offered(model: str, videos: str, video: str) -> str:
    """What a video may teach to the networks of its set."""
    return f"{folder_of(model, videos)}/offered/{video}"


def learned_from(
    settings: AdaptationSettings,
    model: str,
    name: str,
    of_sheet: Sequence[str],
    elsewhere: Container[str],
) -> list[str]:
    """The videos that the networks of a set learn from, at most `adaptation.max_videos`.

    Each teaches one frame at least, so there are never more than `adaptation.max_frames`. One that
    has left the sheet still counts while what it taught is there. One that the sheet puts
    `elsewhere`, in another set or under another model, does not: it was never of this camera, or
    its predictions are now another model's.
    """
    own = frozenset(of_sheet)

    def is_there(video: str) -> bool:
        if video in own:
            return True
        return video not in elsewhere and Path(offered(model, name, video)).is_dir()

    most = min(settings.max_videos, settings.max_frames)
    return standing_videos(list_of(model, name), of_sheet, most, is_there)


def sharing_mistakes(settings: Settings, videos: Mapping[str, VideoRow]) -> list[str]:
    """Videos that do not say which set is theirs, or whose model cannot share an adaptation."""
    per = settings.adaptation.per
    sharing = [
        row for row in videos.values() if row.model in settings.models and set_of(settings, row)
    ]
    if not sharing:
        return []
    mistakes = []
    students = sorted({row.model for row in sharing if settings.models[row.model].student_of})
    if students:
        mistakes.append(
            f"config/config.yaml: adaptation.per: '{per}', but videos have the student "
            f"'{students[0]}', for which its ensemble may stand in, video by video; write video"
        )
    if per == COHORT:
        return mistakes
    silent = [row.video for row in sharing if not row.columns.get(per)]
    if silent:
        mistakes.append(
            f"{settings.videos}: {_some(silent)} no {per}, by which adaptation.per: {per} puts "
            f"videos together; fill the column '{per}', or write adaptation.per: video or cohort"
        )
    odd = sorted({v for row in sharing if (v := row.columns.get(per)) and not NAME.fullmatch(v)})
    if odd:
        mistakes.append(
            f"{settings.videos}: {per} '{odd[0]}' names a folder (adaptation.per: {per}); write "
            "letters, digits, _ and - only"
        )
    return mistakes


def _some(videos: list[str]) -> str:
    """A few names, and the verb for them all."""
    named = first_of([f"'{video}'" for video in videos], 3)
    return f"{named} {'has' if len(videos) == 1 else 'have'}"
