"""Keypoints beyond the picture's edge: absent, instead of wherever the network puts them.

Labels lie inside pictures, so no network has learned where a keypoint is that the edge cuts off. It
answers with a place beyond the edge, where a crop is black, or right at it.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.pose.boxes import longer_side_px

AT_EDGE = 0.02  # of the box's longer side: a keypoint so near to the edge lies at it
CUT = 0.04  # of the box's longer side: a box so near to the edge is cut by it
SURE = 0.1  # score from which a keypoint at the edge is seen there


def is_out_of_view(
    xy_px: Float[ndarray, "*#shape keypoint 2"],
    score: Float[ndarray, "*#shape keypoint"],
    boxes_xyxy_px: Float[ndarray, "*#shape 4"],
    image_size_px: Int[ndarray, "*#shape 2"],
) -> Bool[ndarray, "*#shape keypoint"]:
    """Clearly outside the picture (width, height); or unsure, and outside or at an edge that cuts
    the animal's box.

    False where a position or its box is unknown.
    """
    whole = np.concatenate([xy_px, xy_px], axis=-1)
    from_edges = _from_edges(whole, image_size_px[..., None, :])
    side = longer_side_px(boxes_xyxy_px)[..., None]
    edge_px = AT_EDGE * side[..., None]
    is_cut = _from_edges(boxes_xyxy_px, image_size_px) <= CUT * side
    if_unsure = (from_edges < 0) | ((from_edges <= edge_px) & is_cut[..., None, :])
    return (from_edges < -edge_px).any(axis=-1) | (if_unsure.any(axis=-1) & (score < SURE))


def _from_edges(
    xyxy_px: Float[ndarray, "*#shape 4"], image_size_px: Int[ndarray, "*#shape 2"]
) -> Float[ndarray, "*#shape 4"]:
    """Distances of left, upper, right and lower sides from those of the picture, inwards."""
    return np.concatenate([xyxy_px[..., :2], image_size_px - xyxy_px[..., 2:]], axis=-1)
