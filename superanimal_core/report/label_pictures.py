"""Labels drawn into their pictures, small enough to travel inside the page.

Left is blue, right amber, the middle of the body white; a hollow mark is an occluded keypoint, a
red ring one that a finding is about.
"""

import base64
import os
from collections.abc import Collection, Mapping

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8
from markupsafe import Markup
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.media.images import image_document, read_image
from superanimal_core.media.picture_names import picture_path
from superanimal_core.pose.boxes import boxes_from_keypoints
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.report.colors import DARK, side_colors
from superanimal_core.report.marks import (
    Image,
    draw_box,
    draw_circles,
    draw_disks,
    draw_segments,
)

SIDE_PX = 360  # longer side of a drawn picture
MARGIN = 0.15  # around the animals, in parts of their extent
LEAST_EXTENT = 0.25  # of the picture; a smaller cut would show pixels, not an animal
JPEG_QUALITY = 82
RED, BONE = (225, 60, 70), (215, 222, 228)


def label_picture(
    labels: Labels, places: Mapping[str, str], doubtful: Collection[str] = ()
) -> Markup | None:
    """An <img> of the animals of one image with their labels; None when the picture is not there.

    `labels` are the animals of that image, `places` as for `picture_path`; `doubtful` keypoints get
    a red ring.
    """
    path = picture_path(str(labels.image[0]), places)
    if not os.path.isfile(path):
        return None
    try:
        image = read_image(path)
    except DatasetError:
        return None
    described = f"{len(labels)} labeled animal{'s' if len(labels) != 1 else ''}"
    return embedded_jpeg(as_jpeg(draw_labels(image, labels, doubtful)), described)


def as_jpeg(image: Image) -> bytes:
    """A picture as a document in JPEG."""
    document = image_document(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert document is not None, "OpenCV was built without JPEG"
    return document


def embedded_jpeg(document: bytes, described: str) -> Markup:
    """An <img> of a picture in JPEG, which the page then holds itself."""
    text = base64.b64encode(document).decode("ascii")
    return Markup('<img alt="{}" src="data:image/jpeg;base64,{}">').format(described, text)


def draw_labels(
    image: Image,
    labels: Labels,
    doubtful: Collection[str] = (),
    *,
    side_px: int = SIDE_PX,
    radius_px: Float[ndarray, "animal keypoint"] | None = None,
) -> UInt8[ndarray, "shown_height shown_width 3"]:
    """The part of the picture around its animals, scaled, with boxes, bones and keypoints.

    `radius_px`, of the picture as it was, are circles around the keypoints; NaN: none.
    """
    x0, y0, x1, y1 = (int(side) for side in _cut(image, labels))
    scale = side_px / max(x1 - x0, y1 - y0)
    size = round((x1 - x0) * scale), round((y1 - y0) * scale)
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    drawn = cv2.resize(image[y0:y1, x0:x1], size, interpolation=shrinks)
    space = labels.space
    colors = side_colors(space)
    radius_px = np.full(labels.state.shape, np.nan) if radius_px is None else radius_px
    marked = (labels.xy_px, labels.state, labels.box_xyxy_px, radius_px * scale)
    for xy, state, box, radius in zip(*marked, strict=True):
        shown = (xy - [x0, y0]) * scale
        located = state >= LabelState.OCCLUDED
        draw_box(drawn, (box - [x0, y0, x0, y0]) * scale, (255, 255, 255), 1)
        for first, second in space.bones:
            a, b = space.index(first), space.index(second)
            if located[a] and located[b]:
                draw_segments(drawn, shown[None, [a, b]], DARK, 3)
                draw_segments(drawn, shown[None, [a, b]], BONE, 1)
        circled = np.flatnonzero(located & np.isfinite(radius))
        own = [colors[keypoint] for keypoint in circled.tolist()]
        draw_circles(drawn, shown[circled], radius[circled], own, 1)
        for keypoint in np.flatnonzero(located):
            is_hollow = bool(state[keypoint] == LabelState.OCCLUDED)
            _mark(drawn, shown[keypoint], colors[keypoint], is_hollow)
            if space.keypoints[keypoint] in doubtful:
                draw_circles(drawn, shown[[keypoint]], np.array([8.5]), [RED], 2)
    return drawn


def _cut(image: Image, labels: Labels) -> Int[ndarray, "4"]:
    """The part of the picture to show: around all points and boxes; else the whole picture."""
    height, width = image.shape[:2]
    corners = np.concatenate([labels.xy_px.reshape(-1, 2), labels.box_xyxy_px.reshape(-1, 2)])
    box = boxes_from_keypoints(corners, margin_px=0.0)
    if not np.isfinite(box).all():
        return np.array([0, 0, width, height])
    center, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    half = np.maximum(half + MARGIN * half.max(), LEAST_EXTENT * max(width, height) / 2)
    low = np.clip(np.floor(center - half), 0, [width - 1, height - 1])
    high = np.clip(np.ceil(center + half), low + 1, [width, height])
    return np.concatenate([low, high]).astype(np.int64)


def _mark(
    image: Image, xy: Float[ndarray, "2"], color: tuple[int, int, int], is_hollow: bool
) -> None:
    draw_disks(image, xy[None], 4.6, [DARK])
    draw_disks(image, xy[None], 3.4, [color])
    if is_hollow:
        draw_disks(image, xy[None], 1.9, [DARK])
