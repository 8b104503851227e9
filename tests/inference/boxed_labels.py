"""Labels made from boxes, one per image."""

import numpy as np

from superanimal_core.pose.labels import Labels, LabelState


def labels_of_boxes(space, boxes):
    """Labels with a box per image and every keypoint in its middle; images are named by number."""
    n, k = len(boxes), len(space)
    center = (boxes[:, :2] + boxes[:, 2:]) / 2
    return Labels(
        space=space,
        source=np.full(n, "lab"),
        image=np.array([str(i) for i in range(n)]),
        image_size_px=np.tile([80, 60], (n, 1)),
        individual=np.full(n, "animal0"),
        group=np.full(n, "g"),
        split=np.full(n, "test"),
        box_xyxy_px=boxes,
        xy_px=np.repeat(center[:, None], k, axis=1),
        state=np.full((n, k), int(LabelState.VISIBLE)),
        score=np.ones((n, k)),
    )
