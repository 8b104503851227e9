"""What is drawn into a video: the settings, in the light of its animal and its row of the sheet."""

from typing import Any

from superanimal_core.settings.report import CENTER
from superanimal_core.study.graph import Graph


def labeling_of(video: str, graph: Graph) -> dict[str, Any]:
    """What the rule that labels a video is given, beside its tables.

    The `trail` is that of a keypoint: of none where its space lacks it, or has no anatomy. An
    animal is `called` what the sheet says, or by the video.
    """
    study, space = graph.study, graph.space_of_video(video)
    report, row = study.settings.report, study.videos[video]
    trail = report.labeled_video.trail
    if trail == CENTER:
        anatomy = study.settings.features.anatomy.get(space)
        trail = anatomy.center if anatomy else ""
    return {
        "min_score": report.labeled_min_score,
        "trail": trail,
        "called": row.columns.get(study.settings.groups.animal_column) or video,
        "shown": report.labeled_video.model_dump(mode="json"),
    }
