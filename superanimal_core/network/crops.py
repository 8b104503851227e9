"""Crops: the part of an image that a pose network sees, both directions.

The one owner of their geometry: training, early stopping and inference cut with `CropGeometry`. A
crop is an affine map from image pixels to crop pixels, both in the convention of pose.arrays. Sizes
are (width, height).
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

Affine = Float[ndarray, "2 3"]
Image = UInt8[ndarray, "_height _width 3"]


@dataclass(frozen=True)
class CropChange:
    """A change to the plain crop around a box; those of training are random.

    `scale` enlarges the animal, `shift` moves it by parts of the crop, `rotation_rad` turns it
    clockwise as seen, `is_mirrored` flips it left to right.
    """

    rotation_rad: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    is_mirrored: bool = False


PLAIN = CropChange()


@dataclass(frozen=True)
class Crop:
    """The pixels that a network is given, and the map from image pixels to its positions."""

    pixels: UInt8[ndarray, "height width 3"]
    to_network: Affine

    @cached_property
    def to_image(self) -> Affine:
        """From the network's positions to image pixels."""
        return invert_affine(self.to_network)


@dataclass(frozen=True)
class CropGeometry:
    """How a pose network wants to see an animal: crop size, margin around the box, colors.

    The box, extended to the crop's aspect ratio and times `margin`, fills the crop. `mean` and
    `std` normalize colors of 0-1. With `in_whole_pixels` the crop is DeepLabCut's: its edges are
    rounded to pixels, and the network counts pixel centers from 0, as its labels did.
    """

    size_px: tuple[int, int]
    margin: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    in_whole_pixels: bool

    def to_network(self, to_crop: Affine) -> Affine:
        """Image -> the network's positions, for a crop that was cut by the map `to_crop`.

        The one place of the half pixel. A network that counts pixel centers from 0 says half an
        image pixel less than the convention of pose.arrays, along the crop's own axes, also where
        the crop is turned or mirrored.
        """
        lacks_px = 0.5 if self.in_whole_pixels else 0.0
        crop_px_per_image_px = np.linalg.norm(to_crop[:, :2], axis=1)
        return np.column_stack([to_crop[:, :2], to_crop[:, 2] - lacks_px * crop_px_per_image_px])

    def cut(
        self, image: Image, box_xyxy_px: Float[ndarray, "4"], change: CropChange = PLAIN
    ) -> Crop:
        """The crop around a box. A changed one has no edges on whole pixels."""
        pixels, to_crop = self._cut(image, box_xyxy_px, change)
        return Crop(pixels, self.to_network(to_crop))

    def cut_and_mirror(self, image: Image, box_xyxy_px: Float[ndarray, "4"]) -> list[Crop]:
        """The plain crop around a box and its mirror image, which shows the same pixels."""
        pixels, to_crop = self._cut(image, box_xyxy_px, PLAIN)
        mirrored = np.array([[-1.0], [1.0]]) * to_crop + [[0, 0, self.size_px[0]], [0, 0, 0]]
        both = (pixels, to_crop), (np.ascontiguousarray(pixels[:, ::-1]), mirrored)
        return [Crop(crop, self.to_network(affine)) for crop, affine in both]

    def _cut(
        self, image: Image, box_xyxy_px: Float[ndarray, "4"], change: CropChange
    ) -> tuple[UInt8[ndarray, "height width 3"], Affine]:
        """The crop around a box, and the map from image pixels to pixels of the crop."""
        if self.in_whole_pixels and change == PLAIN:
            window = whole_pixel_window(box_xyxy_px, self.size_px, self.margin)
            return cut_window(image, window, self.size_px), window_affine(window, self.size_px)
        to_crop = crop_affine(box_xyxy_px, self.size_px, self.margin, change)
        return cut_crop(image, to_crop, self.size_px), to_crop

    def normalize(
        self, crops: UInt8[Tensor, "batch *window height width 3"]
    ) -> Float[Tensor, "batch *window 3 height width"]:
        """What the network takes, from uint8 crops; channels last in memory."""
        return normalize_colors(crops, self.mean, self.std)


def normalize_colors(
    images: UInt8[Tensor, "batch *window height width 3"],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> Float[Tensor, "batch *window 3 height width"]:
    """uint8 images -> floats of the given mean and deviation, channels last in memory."""
    floats = images.to(torch.float32).div(255).movedim(-1, -3)
    shape = (3, 1, 1)
    return (floats - floats.new_tensor(mean).view(shape)) / floats.new_tensor(std).view(shape)


def crop_affine(
    box_xyxy_px: Float[ndarray, "4"],
    size_px: tuple[int, int],
    margin: float,
    change: CropChange = PLAIN,
) -> Affine:
    """Image -> crop: the box, extended to the crop's aspect and times `margin`, fills the crop."""
    center = (box_xyxy_px[:2] + box_xyxy_px[2:]) / 2
    size = np.asarray(size_px, dtype=np.float64)
    sides = np.maximum((box_xyxy_px[2:] - box_xyxy_px[:2]) * margin, 1.0)
    zoom = float((size / sides).min()) * change.scale
    cosine, sine = np.cos(change.rotation_rad) * zoom, np.sin(change.rotation_rad) * zoom
    linear = np.array([[cosine, -sine], [sine, cosine]])
    if change.is_mirrored:
        linear[0] *= -1
    middle = size * (0.5 + np.asarray(change.shift))
    return np.column_stack([linear, middle - linear @ center])


def apply_affine(affine: Affine, xy_px: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape 2"]:
    """Positions through an affine map; NaN stays NaN."""
    return xy_px @ affine[:, :2].T + affine[:, 2]


def invert_affine(affine: Affine) -> Affine:
    """The map back."""
    inverse = np.linalg.inv(affine[:, :2])
    return np.column_stack([inverse, -inverse @ affine[:, 2]])


def cut_crop(
    image: Image, affine: Affine, size_px: tuple[int, int]
) -> UInt8[ndarray, "height width 3"]:
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
    return cv2.warpAffine(image, shifted, size_px, flags=cv2.INTER_LINEAR)


def whole_pixel_window(
    box_xyxy_px: Float[ndarray, "4"], size_px: tuple[int, int], margin: float
) -> tuple[int, int, int, int]:
    """The box, extended to the crop's aspect and times `margin`, with edges on whole pixels.

    Edges are rounded one by one, halves to even, so that a window can be one pixel from the
    crop's aspect (DeepLabCut 3, top-down crop). It is at least one pixel wide.
    """
    center = (box_xyxy_px[:2] + box_xyxy_px[2:]) / 2
    width, height = box_xyxy_px[2:] - box_xyxy_px[:2]
    aspect = size_px[0] / size_px[1]
    half = np.array([max(width, height * aspect), max(height, width / aspect)]) / 2 * margin
    x0, y0 = np.round(center - half).astype(int)
    x1, y1 = np.round(center + half).astype(int)
    return int(x0), int(y0), int(max(x1, x0 + 1)), int(max(y1, y0 + 1))


def window_affine(window_xyxy_px: tuple[int, int, int, int], size_px: tuple[int, int]) -> Affine:
    """Image -> crop, for a window that is resized to a crop."""
    x0, y0, x1, y1 = window_xyxy_px
    zoom_x, zoom_y = size_px[0] / (x1 - x0), size_px[1] / (y1 - y0)
    return np.array([[zoom_x, 0.0, -x0 * zoom_x], [0.0, zoom_y, -y0 * zoom_y]])


def cut_window(
    image: Image, window_xyxy_px: tuple[int, int, int, int], size_px: tuple[int, int]
) -> UInt8[ndarray, "height width 3"]:
    """A window of whole pixels, zero outside the image, resized (bilinear, no antialiasing)."""
    x0, y0, x1, y1 = window_xyxy_px
    height, width = image.shape[:2]
    left, top = min(max(x0, 0), width), min(max(y0, 0), height)
    right, bottom = min(max(x1, left), width), min(max(y1, top), height)
    window = image[top:bottom, left:right]
    if (left, top, right, bottom) != window_xyxy_px:
        whole = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
        whole[top - y0 : bottom - y0, left - x0 : right - x0] = window
        window = whole
    return cv2.resize(window, size_px, interpolation=cv2.INTER_LINEAR)
