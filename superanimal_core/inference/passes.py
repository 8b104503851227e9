"""Crops through a network: batches, precision, and what happens when memory does not suffice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.inference.views import cut_views, merge_views, output_of_keypoint
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Crop, Image, apply_affine
from superanimal_core.network.devices import autocast
from superanimal_core.network.pose_network import PoseNetwork, ready_network

Pose = tuple[Float[ndarray, "keypoint 2"], Float[ndarray, "keypoint"]]


@dataclass(frozen=True)
class Ensemble:
    """Networks that share space and crop geometry, and how they are shown an animal.

    `scales` and `flip`: see inference.views; `compiled`: by torch.compile; `batch` crops go through
    a network at once.
    """

    bundles: Sequence[ModelBundle]
    batch: int
    precision: str
    device: torch.device
    scales: Sequence[float] = (1.0,)
    flip: bool = False
    compiled: bool = False

    @cached_property
    def _networks(self) -> list[PoseNetwork]:
        return [ready_network(b.network, self.device, self.compiled) for b in self.bundles]

    def views_of(self, image: Image, box_xyxy_px: Float[ndarray, "4"]) -> list[Crop]:
        """The crops around a box."""
        crop = self.bundles[0].crop
        return cut_views(crop, image, box_xyxy_px, tuple(self.scales), self.flip)

    def poses(self, animals: Sequence[list[Crop]]) -> Iterator[list[Pose]]:
        """Of each network, one pose (image pixels) with its scores for the views of each animal.

        A keypoint that the network was not taught has no position (NaN) and score 0: all that asks
        networks for poses comes through here.
        """
        for network, bundle in zip(self._networks, self.bundles, strict=True):
            yield self._poses_in(network, bundle, animals)

    def _poses_in(
        self, network: PoseNetwork, bundle: ModelBundle, animals: Sequence[list[Crop]]
    ) -> list[Pose]:
        """A compiled network is given whole batches only: it would be compiled again otherwise."""
        flat = [view for views in animals for view in views]
        xy_px: list[Float[ndarray, "keypoint 2"]] = []
        score: list[Float[ndarray, "keypoint"]] = []
        for start in range(0, len(flat), self.batch):
            some = flat[start : start + self.batch]
            pixels = [view.pixels for view in some]
            pixels += [np.zeros_like(pixels[0])] * (self.batch - len(some) if self.compiled else 0)
            crops = torch.from_numpy(np.stack(pixels))
            positions, heights = _run(network, bundle, crops, self.precision, self.device)
            pairs = zip(some, positions[: len(some)], strict=True)
            xy_px += [apply_affine(view.to_image, xy) for view, xy in pairs]
            score += list(heights[: len(some)])
        poses, place, is_taught = [], 0, bundle.is_taught
        for views in animals:
            outputs = output_of_keypoint(len(views), self.flip, bundle.space.mirror_permutation())
            rows = range(place, place + len(views))
            xy = np.stack([xy_px[row][output] for row, output in zip(rows, outputs, strict=True)])
            heights = np.stack(
                [score[row][output] for row, output in zip(rows, outputs, strict=True)]
            )
            taught = is_taught & is_taught[outputs]  # of a mirror image both sides
            xy, heights = np.where(taught[..., None], xy, np.nan), np.where(taught, heights, 0.0)
            poses.append(merge_views(xy, heights))
            place += len(views)
        return poses


@torch.inference_mode()
def _run(
    network: PoseNetwork,
    bundle: ModelBundle,
    crops: UInt8[Tensor, "batch height width 3"],
    precision: str,
    device: torch.device,
) -> tuple[Float[ndarray, "batch keypoint 2"], Float[ndarray, "batch keypoint"]]:
    """Positions in crop pixels and scores. Halves the batch where memory does not suffice."""
    try:
        pixels = bundle.crop.normalize(crops.to(device))
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with autocast(device, precision):
            outputs = network(pixels)
        xy_px, score = network.decode(outputs)
        return xy_px.cpu().numpy().astype(np.float64), score.cpu().numpy().astype(np.float64)
    except torch.OutOfMemoryError:
        if len(crops) == 1:
            raise
    half = len(crops) // 2
    print(f"out of memory with {len(crops)} crops at once: now {half}; lower inference.batch")
    torch.cuda.empty_cache()
    halves = [_run(network, bundle, c, precision, device) for c in (crops[:half], crops[half:])]
    return np.concatenate([xy for xy, _ in halves]), np.concatenate([s for _, s in halves])
