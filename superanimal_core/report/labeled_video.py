"""Poses drawn into video frames: bones, keypoints, uncertainty, box, frame and time."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import colormaps
from numpy import ndarray

from superanimal_core.pose.poses import SmoothedPoses

Image = UInt8[ndarray, "height width 3"]
FRACTION_BITS = 4  # OpenCV draws at 1/16 px
MIN_SIDE_PX = 480  # smaller videos are enlarged, so that marks do not cover the animal


def draw_poses(
    frames: Iterable[Image],
    smoothed: SmoothedPoses,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    *,
    min_score: float,
) -> Iterator[Image]:
    """The frames with the smoothed poses; keypoints below the score are left out."""
    colors = keypoint_colors(len(smoothed.poses.space))
    for frame, image in zip(range(len(smoothed.poses)), frames, strict=False):
        zoom = max(1, -(-MIN_SIDE_PX // min(image.shape[:2])))
        drawn = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
        for individual in range(len(smoothed.poses.individuals)):
            _draw_box(drawn, boxes_xyxy_px[frame, individual] * zoom)
            _draw_animal(drawn, smoothed, frame, individual, zoom, colors, min_score)
        _write_line(drawn, f"frame {frame}  {smoothed.poses.time_s[frame]:.2f} s")
        yield drawn


def keypoint_colors(keypoints: int) -> list[tuple[int, int, int]]:
    """One RGB color per keypoint, evenly spread over a colormap."""
    spread = colormaps["turbo"](np.linspace(0.05, 0.95, keypoints))[:, :3] * 255
    return [(int(r), int(g), int(b)) for r, g, b in spread]


def _draw_animal(
    image: Image,
    smoothed: SmoothedPoses,
    frame: int,
    individual: int,
    zoom: int,
    colors: list[tuple[int, int, int]],
    min_score: float,
) -> None:
    xy = smoothed.poses.xy_px[frame, individual] * zoom
    sure = np.isfinite(xy).all(axis=1) & (smoothed.poses.score[frame, individual] >= min_score)
    deviation = np.sqrt(smoothed.variance_px2[frame, individual]) * zoom
    space = smoothed.poses.space
    for first, second in space.bones:
        a, b = space.index(first), space.index(second)
        if sure[a] and sure[b]:
            cv2.line(
                image,
                fixed_point(xy[a]),
                fixed_point(xy[b]),
                (235, 235, 235),
                1,
                cv2.LINE_AA,
                FRACTION_BITS,
            )
    for keypoint in np.flatnonzero(sure):
        axes = fixed_point(np.maximum(2 * deviation[keypoint], 0.1) + 0.5)
        _ellipse(image, fixed_point(xy[keypoint]), axes, colors[keypoint])
        cv2.circle(
            image,
            fixed_point(xy[keypoint]),
            int(2.5 * 2**FRACTION_BITS),
            colors[keypoint],
            -1,
            cv2.LINE_AA,
            FRACTION_BITS,
        )


def _ellipse(
    image: Image, center: tuple[int, int], axes: tuple[int, int], color: tuple[int, int, int]
) -> None:
    """Two standard deviations of the posterior."""
    cv2.ellipse(image, center, axes, 0, 0, 360, color, 1, cv2.LINE_AA, FRACTION_BITS)


def _draw_box(image: Image, box: Float[ndarray, "4"]) -> None:
    if np.isfinite(box).all():
        corners = fixed_point(box[:2]), fixed_point(box[2:])
        cv2.rectangle(image, *corners, (255, 255, 255), 1, cv2.LINE_AA, FRACTION_BITS)


def _write_line(image: Image, text: str) -> None:
    for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(image, text, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, width, cv2.LINE_AA)


def fixed_point(xy: Float[ndarray, "2"]) -> tuple[int, int]:
    """Fixed-point position for OpenCV, whose pixel centers are whole numbers."""
    x, y = np.round((xy - 0.5) * 2**FRACTION_BITS)
    return int(x), int(y)
