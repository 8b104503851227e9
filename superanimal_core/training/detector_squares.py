"""What a detector learns from: squares with animals and their boxes, and squares without any."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float, Shaped, UInt8
from numpy import ndarray

from superanimal_core.errors import TrainingError
from superanimal_core.network.crops import Affine, CropChange, apply_affine, crop_affine, cut_crop
from superanimal_core.pose.boxes import clip_boxes
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import change_light, random_change
from superanimal_core.training.batches import ReadImage
from superanimal_core.training.negatives import (
    Place,
    whole_pixels,
    with_patches,
    without_animals,
)
from superanimal_core.training.picture_parts import (
    LEAST_SEEN,
    Picture,
    beside_animals,
    common,
    part_with_animals,
    seen_parts,
)

EMPTY = 0.125  # of the squares show no animal
BESIDE = 0.4  # of these are what lies beside the animals; from the others they are cut out
PART = 0.25  # of the others are parts of pictures
RECOMPRESSED = 0.25  # of all
JPEG_QUALITY = (20, 95)
SAME_PLACE = 0.8  # of the fillings by another picture are of the same group, where it has others


class Square(NamedTuple):
    """What the detector is shown, the boxes in it (px), and the picture it was made from."""

    pixels: UInt8[ndarray, "size size 3"]
    boxes_xyxy_px: Float[ndarray, "box 4"]
    image: str


@dataclass(frozen=True)
class LabeledPictures:
    """Pictures whose animals have boxes (px); `is_whole`: all that are labeled have one."""

    names: Shaped[ndarray, "picture"]
    groups: Shaped[ndarray, "picture"]
    boxes_xyxy_px: list[Float[ndarray, "_box 4"]]
    is_whole: Bool[ndarray, "picture"]

    @classmethod
    def of(cls, labels: Labels) -> "LabeledPictures":
        """Those of some labels. TrainingError where no animal has a box."""
        if not labels.has_box.any():
            raise TrainingError("no labeled animal has a box: the detector has nothing to learn")
        names, first, image_of = np.unique(labels.image, return_index=True, return_inverse=True)
        rows = [np.flatnonzero(image_of == number) for number in range(len(names))]
        boxes = [labels.box_xyxy_px[some][labels.has_box[some]] for some in rows]
        is_boxed = np.array([len(each) > 0 for each in boxes])
        is_whole = np.array([bool(labels.has_box[some].all()) for some in rows])
        group = np.array(
            [f"{s}/{g}" for s, g in zip(labels.source, labels.group, strict=True)], dtype=object
        )
        return cls(
            names[is_boxed],
            group[first][is_boxed],
            [each for each in boxes if len(each)],
            is_whole[is_boxed],
        )

    def another(self, row: int, generator: np.random.Generator) -> int | None:
        """Another picture by lot, mostly one of the same group; None where there is no other."""
        is_other = np.arange(len(self.names)) != row
        alike = np.flatnonzero(is_other & (self.groups == self.groups[row]))
        choices = alike if generator.random() < SAME_PLACE and len(alike) else is_other.nonzero()[0]
        return int(generator.choice(choices)) if len(choices) else None


@dataclass(frozen=True)
class DetectorSquares:
    """The squares of each step: pictures and parts of them, scaled, moved and mirrored, by lot.

    A part of each batch, never all of it, shows no animal: see negatives. Their patches take the
    place of `augment.cutout`, which does not know where animals are.
    """

    pictures: LabeledPictures
    read_image: ReadImage
    augment: AugmentSettings
    batch: int
    seed: int
    size_px: int

    def at(self, step: int) -> list[Square]:
        """What a step learns from: it follows from the seed and the step alone."""
        generator = np.random.default_rng([self.seed, step])
        rows = generator.integers(0, len(self.pictures.names), size=self.batch).tolist()
        empty = min(int(self.batch * EMPTY + generator.random()), self.batch - 1)
        return [self._square(row, i < empty, generator) for i, row in enumerate(rows)]

    def _square(self, row: int, is_empty: bool, generator: np.random.Generator) -> Square:
        picture, change = self._picture(row), random_change(self.augment, generator)
        is_empty &= bool(self.pictures.is_whole[row])
        if is_empty and generator.random() < BESIDE:
            picture = beside_animals(picture, generator)
        elif not is_empty and generator.random() < PART:
            picture = part_with_animals(picture, generator)
        place = _place(picture, change, self.size_px)
        other = partial(self._other, row, change, generator)
        if is_empty and len(place.boxes_xyxy_px):
            pixels, boxes = without_animals(place, other, generator), place.boxes_xyxy_px[:0]
        else:
            pixels = with_patches(place, other, generator)
            boxes = boxes_in_square(place.boxes_xyxy_px, self.size_px)
        light = self.augment.model_copy(update={"cutout": 0.0})
        pixels = recompressed(change_light(pixels, light, generator), generator)
        return Square(pixels, boxes, str(self.pictures.names[row]))

    def _picture(self, row: int) -> Picture:
        return Picture(
            self.read_image(str(self.pictures.names[row])), self.pictures.boxes_xyxy_px[row]
        )

    def _other(self, row: int, change: CropChange, generator: np.random.Generator) -> Place | None:
        """Another picture in the same square; None where there is none, or not all is labeled."""
        number = self.pictures.another(row, generator)
        if number is None or not self.pictures.is_whole[number]:
            return None
        return _place(self._picture(number), change, self.size_px)


def boxes_in_square(
    boxes_xyxy_px: Float[ndarray, "box 4"], size_px: int
) -> Float[ndarray, "kept 4"]:
    """Boxes clipped to the square; those of which less than LEAST_SEEN is in it are left out."""
    square = np.array([0, 0, size_px, size_px])
    clipped = common(boxes_xyxy_px, square)
    is_seen = seen_parts(boxes_xyxy_px, square) >= LEAST_SEEN
    return clipped[is_seen & (clipped[:, 2:] - clipped[:, :2] > 2).all(axis=1)]


def recompressed(
    pixels: UInt8[ndarray, "size size 3"], generator: np.random.Generator
) -> UInt8[ndarray, "size size 3"]:
    """Some squares as JPEG gives them back: what the eye does not see must not count."""
    if generator.random() >= RECOMPRESSED:
        return pixels
    options = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(*JPEG_QUALITY))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, options)[1], cv2.IMREAD_COLOR))


def _place(picture: Picture, change: CropChange, size_px: int) -> Place:
    """A picture in the square, as large as fits and then changed; boxes around moved corners."""
    whole = np.array([[0.0, 0.0, *picture.size_px]])
    affine = crop_affine(whole[0], (size_px, size_px), 1.0, change)
    shown = clip_boxes(_moved_boxes(affine, whole), size_px, size_px)[0]
    pixels = cut_crop(picture.pixels, affine, (size_px, size_px))
    return Place(pixels, _moved_boxes(affine, picture.boxes_xyxy_px), whole_pixels(shown))


def _moved_boxes(affine: Affine, boxes: Float[ndarray, "box 4"]) -> Float[ndarray, "box 4"]:
    """Boxes around the moved corners."""
    moved = apply_affine(affine, boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2))
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
