"""What is drawn into a video: the settings, in the light of its animal and its row of the sheet."""

from collections.abc import Mapping
from typing import Any

from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.settings.report import CENTER, CLIPS
from superanimal_core.study.graph import Graph


def labeling_of(video: str, graph: Graph) -> dict[str, Any]:
    """What the rule that labels a video is given, beside its tables.

    The `trail` is that of a keypoint: where its space lacks the one of the settings, of none. An
    animal is `called` what the sheet says, or by the video.
    """
    study, space = graph.study, graph.space_of_video(video)
    report, row = study.settings.report, study.videos[video]
    trail = report.labeled_video.trail
    if trail == CENTER:
        trail = study.settings.features.anatomy[space].center
    return {
        "min_score": report.labeled_min_score,
        "trail": trail,
        "called": row.columns.get(study.settings.groups.animal_column) or video,
        "shown": report.labeled_video.model_dump(mode="json"),
    }


def labeling_mistakes(settings: Settings, known: Mapping[str, KeypointSpace]) -> list[str]:
    """A keypoint whose trail is asked for and that no model has; clips of which there are none."""
    where, own = "config/config.yaml: report.labeled_video", settings.report.labeled_video
    spaces = {model.space for model in settings.models.values()} & known.keys()
    keypoints = list(dict.fromkeys(name for s in sorted(spaces) for name in known[s].keypoints))
    mistakes = []
    if spaces and own.trail not in (None, CENTER, *keypoints):
        hint = did_you_mean(str(own.trail), [CENTER, *keypoints])
        mistakes.append(f"{where}.trail: no model has a keypoint '{own.trail}'{hint}")
    if own.shows == CLIPS and not own.worst_clips + own.random_clips:
        mistakes.append(
            f"{where}.shows: clips, but worst_clips and random_clips are both 0; give one of them, "
            "or say shows: whole"
        )
    return mistakes
