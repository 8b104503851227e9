"""Annotated animals as arrays, with the state of every keypoint said aloud."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.keypoints import KeypointSpace


class LabelState(IntEnum):
    """What is known about one keypoint of one animal. Zero is the state that can do no harm."""

    NOT_IN_DATASET = 0  # the source vocabulary lacks it -> no position, no gradient
    NOT_LABELED = 1  # the annotator left it -> no position, weight from the settings
    OCCLUDED = 2  # position known, hidden
    VISIBLE = 3  # position known, seen
    TAUGHT = 4  # position from a teacher network; `score` says how sure


@dataclass(frozen=True)
class Labels:
    """Annotated animals, one row per animal and image.

    `source` is the data set, `image` the path of the picture, `image_size_px` (width, height),
    `individual` the animal's name in its image, `group` what must never be torn apart by a split
    (the video or the animal), `split` 'train', 'test' or '' (not split yet). `xy_px` is NaN exactly
    where state < OCCLUDED; `box_xyxy_px` is NaN where the source has no box; `score` is 1 for hand
    labels. `weight` (0-1) is how much each position counts in a training; None: each counts 1.
    """

    space: KeypointSpace
    source: Shaped[ndarray, "animal"]
    image: Shaped[ndarray, "animal"]
    image_size_px: Int[ndarray, "animal 2"]
    individual: Shaped[ndarray, "animal"]
    group: Shaped[ndarray, "animal"]
    split: Shaped[ndarray, "animal"]
    box_xyxy_px: Float[ndarray, "animal 4"]
    xy_px: Float[ndarray, "animal keypoint 2"]
    state: Int[ndarray, "animal keypoint"]
    score: Float[ndarray, "animal keypoint"]
    weight: Float[ndarray, "animal keypoint"] | None = None

    def __post_init__(self) -> None:
        n, k = len(self.image), len(self.space)
        shapes = {
            "source": (n,),
            "image_size_px": (n, 2),
            "individual": (n,),
            "group": (n,),
            "split": (n,),
            "box_xyxy_px": (n, 4),
            "xy_px": (n, k, 2),
            "state": (n, k),
            "score": (n, k),
        } | ({} if self.weight is None else {"weight": (n, k)})
        for field, shape in shapes.items():
            if getattr(self, field).shape != shape:
                raise DatasetError(
                    f"labels: {field} has shape {getattr(self, field).shape}, expected {shape}"
                )
        if not np.array_equal(np.isfinite(self.xy_px).all(axis=2), self.is_located):
            raise DatasetError(
                "labels: positions must be finite exactly where the state is OCCLUDED or above"
            )

    def __len__(self) -> int:
        return len(self.image)

    @property
    def is_located(self) -> Bool[ndarray, "animal keypoint"]:
        """True where a position is known."""
        return self.state >= LabelState.OCCLUDED

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the data sets, each once."""
        return tuple(str(name) for name in np.unique(self.source.astype(str)))

    @property
    def has_box(self) -> Bool[ndarray, "animal"]:
        """True for the animals with a box."""
        return np.asarray(np.isfinite(self.box_xyxy_px).all(axis=1))

    def select(self, rows: Shaped[ndarray, "row"]) -> "Labels":
        """The animals at `rows` (a boolean mask or indices), in that order."""
        per_animal = {f: getattr(self, f)[rows] for f in _PER_ANIMAL}
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, **per_animal, weight=weight)


_PER_ANIMAL = (
    "source",
    "image",
    "image_size_px",
    "individual",
    "group",
    "split",
    "box_xyxy_px",
    "xy_px",
    "state",
    "score",
)


def string_array(values: Sequence[str]) -> Shaped[ndarray, "animal"]:
    """Python strings as an array (never of a fixed width, which would cut a longer one)."""
    return np.array(values, dtype=object).reshape(len(values))


def concatenate_labels(parts: Sequence[Labels]) -> Labels:
    """All animals of several label sets, in order. DatasetError when their spaces differ."""
    if not parts:
        raise DatasetError("no labels to join: no data set has the needed role")
    space = parts[0].space
    for part in parts[1:]:
        if part.space.keypoints != space.keypoints:
            raise DatasetError(
                f"labels in '{part.space.name}' and '{space.name}' cannot be joined; "
                "unify them first"
            )
    joined = [np.concatenate([getattr(p, f) for p in parts]) for f in _PER_ANIMAL]
    if all(part.weight is None for part in parts):
        return Labels(space, *joined)
    weights = [np.ones(p.state.shape) if p.weight is None else p.weight for p in parts]
    return Labels(space, *joined, weight=np.concatenate(weights))


def fill_boxes(labels: Labels, margin: float) -> Labels:
    """Labels in which an animal without a box has one around its known keypoints.

    `margin` widens that box on every side, as a part of its longer side. Animals without a known
    keypoint stay without a box.
    """
    tight = boxes_from_keypoints(labels.xy_px, margin_px=0.0)
    side = longer_side_px(tight)[:, None] * margin
    wide = tight + np.concatenate([-side, -side, side, side], axis=1)
    boxes = np.where(labels.has_box[:, None], labels.box_xyxy_px, wide)
    return replace(labels, box_xyxy_px=boxes)


def some_labels(labels: Labels, count: int) -> Labels:
    """At most so many of the animals that have a box and a position, evenly over the set."""
    usable = np.flatnonzero(labels.has_box & labels.is_located.any(axis=1))
    chosen = np.unique(np.linspace(0, len(usable) - 1, min(count, len(usable))).round())
    return labels.select(usable[chosen.astype(np.int64)])


def held_out_labels(labels: Labels) -> Labels:
    """The animals that no training has seen and that have a box."""
    return labels.select((labels.split == "test") & labels.has_box)
