"""Batches of training crops from labels, made in a thread beside the network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.network.ahead import ahead
from superanimal_core.network.crops import CropGeometry, cut_crop
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import change_light, move_keypoints, random_affine

ReadImage = Callable[[str], UInt8[ndarray, "height width 3"]]


@dataclass(frozen=True)
class Batch:
    """Crops with their keypoints in crop pixels (NaN where unknown), and which animals they are."""

    crops: UInt8[Tensor, "batch height width 3"]
    xy_px: Float[Tensor, "batch keypoint 2"]
    state: Int[Tensor, "batch keypoint"]
    rows: Int[ndarray, "batch"]


def make_batch(
    labels: Labels,
    rows: Int[ndarray, "batch"],
    read_image: ReadImage,
    augment: AugmentSettings,
    crop: CropGeometry,
    generators: Sequence[np.random.Generator],
) -> Batch:
    """Cut, turn and relight the animals at `rows`, each by a random generator of its own."""
    mirror = labels.space.mirror_permutation()
    crops = np.empty((len(rows), *crop.size_px[::-1], 3), np.uint8)
    xy_px = np.empty((len(rows), len(mirror), 2), np.float32)
    state = np.empty((len(rows), len(mirror)), np.int64)
    for i, (row, generator) in enumerate(zip(rows, generators, strict=True)):
        affine, is_mirrored = random_affine(
            labels.box_xyxy_px[row], crop.size_px, crop.margin, augment, generator
        )
        pixels = cut_crop(read_image(str(labels.image[row])), affine, crop.size_px)
        crops[i] = change_light(pixels, augment, generator)
        xy_px[i], state[i] = move_keypoints(
            crop.to_network(affine),
            labels.xy_px[row],
            labels.state[row],
            crop.size_px,
            mirror if is_mirrored else None,
        )
    return Batch(torch.from_numpy(crops), torch.from_numpy(xy_px), torch.from_numpy(state), rows)


def batches_ahead(make: Callable[[int], Batch], start: int, stop: int) -> Iterator[Batch]:
    """Batches `start` to `stop`, the next one being made while the network works on this one."""
    return ahead(map(make, range(start, stop)), depth=1)


def has_positions(labels: Labels) -> Bool[ndarray, "animal"]:
    """True for the animals with at least one known keypoint."""
    return np.asarray(labels.is_located.any(axis=1))
