"""Poses that speak against the box they were seen in: the animal is looked for again there.

Between detections a box is interpolated. It has lost its animal when keypoints sit on the edge of
the crop, when the scores fall against those in detected boxes, or when the box jumps against the
pose.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.boxes import box_iou, boxes_from_keypoints

SEEN = 0.1  # score from which a keypoint counts
EDGE = 0.02  # of the window's side
MAX_AT_EDGE = 0.1  # of the seen keypoints
MIN_SCORE_RATIO = 0.9  # of the mean score in detected boxes
MIN_OVERLAP = 0.3  # of the pose's extent and the box


def is_doubtful(
    xy_px: Float[ndarray, "keypoint 2"],
    score: Float[ndarray, "keypoint"],
    box_xyxy_px: Float[ndarray, "4"],
    window_xyxy_px: Float[ndarray, "4"],
    usual_score: float,
) -> bool:
    """Whether a pose in an interpolated box is to be looked at again.

    `window_xyxy_px` is the part of the image that the network saw, `usual_score` the mean score of
    poses in detected boxes (NaN: none yet).
    """
    if score.mean() < MIN_SCORE_RATIO * usual_score:
        return True
    seen = score >= SEEN
    if not seen.any():
        return True
    if _at_edge(xy_px[seen], window_xyxy_px).mean() > MAX_AT_EDGE:
        return True
    extent = boxes_from_keypoints(xy_px[seen], 0.0)
    return bool(box_iou(extent[None], box_xyxy_px[None])[0, 0] < MIN_OVERLAP)


def _at_edge(
    xy_px: Float[ndarray, "keypoint 2"], window: Float[ndarray, "4"]
) -> Bool[ndarray, "keypoint"]:
    margin = EDGE * (window[2:] - window[:2])
    inside = (xy_px > window[:2] + margin) & (xy_px < window[2:] - margin)
    return np.asarray(~inside.all(axis=1))
