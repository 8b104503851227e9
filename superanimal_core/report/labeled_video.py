"""Poses drawn into video frames: bones, keypoints, circles of 90 %, box, frame and time."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import colormaps
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses

Image = UInt8[ndarray, "height width 3"]
FRACTION_BITS = 4  # OpenCV draws at 1/16 px
MIN_SIDE_PX = 480  # smaller videos are enlarged, so that marks do not cover the animal


def draw_poses(
    frames: Iterable[Image],
    smoothed: SmoothedPoses,
    expected: ExpectedError,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    *,
    min_score: float,
) -> Iterator[Image]:
    """The frames with the smoothed poses; keypoints below the score are left out.

    Around a keypoint the circle that should hold 90 % of the true positions, where it is known.
    """
    colors = keypoint_colors(len(smoothed.poses.space))
    for frame, image in zip(range(len(smoothed.poses)), frames, strict=False):
        zoom = max(1, -(-MIN_SIDE_PX // min(image.shape[:2])))
        drawn = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
        for individual in range(len(smoothed.poses.individuals)):
            _draw_box(drawn, boxes_xyxy_px[frame, individual] * zoom)
            radius_px = expected.radius_90_px[frame, individual] * zoom
            _draw_animal(drawn, smoothed, radius_px, frame, individual, zoom, colors, min_score)
        _write_line(drawn, frame_line(smoothed, expected, frame))
        yield drawn


def frame_line(smoothed: SmoothedPoses, expected: ExpectedError, frame: int) -> str:
    """Number and time of a frame, and which animals in it are unlike anything labeled."""
    line = f"frame {frame}  {smoothed.poses.time_s[frame]:.2f} s"
    names = smoothed.poses.individuals
    strange = [names[i] for i in np.flatnonzero(expected.is_extrapolated[frame])]
    if not strange:
        return line
    return f"{line}  extrapolated{': ' + ', '.join(strange) if len(names) > 1 else ''}"


def keypoint_colors(keypoints: int) -> list[tuple[int, int, int]]:
    """One RGB color per keypoint, evenly spread over a colormap."""
    spread = colormaps["turbo"](np.linspace(0.05, 0.95, keypoints))[:, :3] * 255
    return [(int(r), int(g), int(b)) for r, g, b in spread]


def _draw_animal(
    image: Image,
    smoothed: SmoothedPoses,
    radius_px: Float[ndarray, "keypoint"],
    frame: int,
    individual: int,
    zoom: int,
    colors: list[tuple[int, int, int]],
    min_score: float,
) -> None:
    xy = smoothed.poses.xy_px[frame, individual] * zoom
    sure = np.isfinite(xy).all(axis=1) & (smoothed.poses.score[frame, individual] >= min_score)
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
        _circle(image, xy[keypoint], 2.5, colors[keypoint], -1)
        if np.isfinite(radius_px[keypoint]):
            _circle(image, xy[keypoint], radius_px[keypoint], colors[keypoint], 1)


def _circle(
    image: Image,
    center: Float[ndarray, "2"],
    radius_px: float,
    color: tuple[int, int, int],
    width: int,
) -> None:
    """A circle, or a disk with the width -1; what is larger than the image is not seen of it."""
    radius = round(min(float(radius_px), sum(image.shape[:2])) * 2**FRACTION_BITS)
    cv2.circle(image, fixed_point(center), radius, color, width, cv2.LINE_AA, FRACTION_BITS)


def _draw_box(image: Image, box: Float[ndarray, "4"]) -> None:
    if np.isfinite(box).all():
        corners = fixed_point(box[:2]), fixed_point(box[2:])
        cv2.rectangle(image, *corners, (255, 255, 255), 1, cv2.LINE_AA, FRACTION_BITS)


def _write_line(image: Image, text: str) -> None:
    """White with a black rim: shifted, since thicker letters of some OpenCV are wider, too."""
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)):
        color = (0, 0, 0) if x or y else (255, 255, 255)
        place = 8 + x, 20 + y
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, 1, cv2.LINE_AA)


def fixed_point(xy: Float[ndarray, "2"]) -> tuple[int, int]:
    """Fixed-point position for OpenCV, whose pixel centers are whole numbers."""
    x, y = np.round((xy - 0.5) * 2**FRACTION_BITS)
    return int(x), int(y)
