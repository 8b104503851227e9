"""Crops: the square part of an image that a pose network sees, both directions.

A crop is an affine map from image pixels to crop pixels, both in the convention of pose.arrays.
"""

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

Affine = Float[ndarray, "2 3"]


def crop_affine(
    box_xyxy_px: Float[ndarray, "4"],
    size_px: int,
    margin: float,
    *,
    rotation_rad: float = 0.0,
    scale: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    is_mirrored: bool = False,
) -> Affine:
    """Image -> crop: the box's longer side, times `margin`, fills the crop; the aspect is kept.

    `scale` enlarges the animal, `shift` moves it by parts of the crop, `rotation_rad` turns it
    clockwise as seen, `is_mirrored` flips it left to right: the random changes of training.
    """
    center = (box_xyxy_px[:2] + box_xyxy_px[2:]) / 2
    side = max(float((box_xyxy_px[2:] - box_xyxy_px[:2]).max()) * margin, 1.0)
    zoom = size_px / side * scale
    cosine, sine = np.cos(rotation_rad) * zoom, np.sin(rotation_rad) * zoom
    linear = np.array([[cosine, -sine], [sine, cosine]])
    if is_mirrored:
        linear[0] *= -1
    middle = size_px * (0.5 + np.asarray(shift))
    return np.column_stack([linear, middle - linear @ center])


def apply_affine(affine: Affine, xy_px: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape 2"]:
    """Positions through an affine map; NaN stays NaN."""
    return xy_px @ affine[:, :2].T + affine[:, 2]


def invert_affine(affine: Affine) -> Affine:
    """The map back."""
    inverse = np.linalg.inv(affine[:, :2])
    return np.column_stack([inverse, -inverse @ affine[:, 2]])


def cut_crop(
    image: UInt8[ndarray, "height width 3"], affine: Affine, size_px: int
) -> UInt8[ndarray, "size size 3"]:
    """The crop's pixels, bilinear, zero outside the image. Shrinks by area to avoid aliasing."""
    zoom = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    shrink = int(1 / zoom) if zoom < 0.5 else 1
    if shrink > 1:
        height, width = image.shape[0] // shrink, image.shape[1] // shrink
        image = cv2.resize(
            image[: height * shrink, : width * shrink],
            (width, height),
            interpolation=cv2.INTER_AREA,
        )
        affine = np.column_stack([affine[:, :2] * shrink, affine[:, 2]])
    # OpenCV counts pixel centers from 0, we from 0.5
    half = np.array([0.5, 0.5])
    shifted = np.column_stack([affine[:, :2], affine[:, :2] @ half + affine[:, 2] - half])
    return cv2.warpAffine(image, shifted, (size_px, size_px), flags=cv2.INTER_LINEAR)
