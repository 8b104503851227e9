"""How far off a model was on labels held out, in parts of the animal's size.

A calibration needs thirty labels of two groups. Of fewer a circle can promise nothing, but a model
that misses them by a fifth of the animal is not to be believed.
"""

import numpy as np

from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.smoothing.labeled_errors import LabeledAnimals

ERROR, LABELS = "held_out_error_of_size", "held_out_labels"
MIN_LABELS = 10  # the median of fewer is chance


def held_out_error(
    smoothed: SmoothedPoses, animals: LabeledAnimals
) -> dict[str, float | int | None]:
    """Median distance from the labels over the animal's longer side, and how many labels.

    `smoothed` holds one frame whose individuals are the animals; disturbed pictures do not count.
    The error is None where fewer than 10 labels have a prediction.
    """
    apart = smoothed.poses.xy_px[0] - animals.label_xy_px
    side_px = longer_side_px(boxes_from_keypoints(smoothed.poses.xy_px, 0.0))[0]
    side_px = np.where(side_px > 0, side_px, np.nan)
    error = np.hypot(apart[..., 0], apart[..., 1]) / side_px[:, None]
    known = error[~animals.is_disturbed]
    known = known[np.isfinite(known)]
    median = float(np.median(known)) if len(known) >= MIN_LABELS else None
    return {ERROR: median, LABELS: len(known)}
