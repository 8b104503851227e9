"""What is wrong with what should be drawn into videos."""

from collections.abc import Mapping

from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.settings.report import CENTER, CLIPS


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
