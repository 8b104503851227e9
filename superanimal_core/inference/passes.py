"""Crops through a network: batches, precision, and what happens when memory does not suffice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.inference.views import cut_views, merge_views, output_of_keypoint
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.context import REACH, WINDOW, ContextNetwork
from superanimal_core.network.crops import Crop, CropGeometry, Image, apply_affine
from superanimal_core.network.devices import autocast
from superanimal_core.network.engines import TORCH, EngineNetwork, engine_network
from superanimal_core.network.pose_network import PoseNetwork, ready_network

Pose = tuple[Float[ndarray, "keypoint 2"], Float[ndarray, "keypoint"]]
Features = Float[Tensor, "view channel rows columns"]  # of an animal


@dataclass(frozen=True)
class Ensemble:
    """Networks that share space and crop geometry, and how they are shown an animal.

    `scales` and `flip`: see inference.views; `compiled`: by torch.compile; `engine`: who computes
    (network.engines); `batch` crops go through a network at once.
    """

    bundles: Sequence[ModelBundle]
    batch: int
    precision: str
    device: torch.device
    scales: Sequence[float] = (1.0,)
    flip: bool = False
    compiled: bool = False
    engine: str = TORCH

    @cached_property
    def _networks(self) -> list[PoseNetwork | EngineNetwork]:
        ready = [ready_network(b.network, self.device, self.compiled) for b in self.bundles]
        if self.engine == TORCH:
            return [*ready]
        how = self.device, self.precision
        return [
            network  # which only torch computes
            if isinstance(network, ContextNetwork)
            else engine_network(network, self.engine, b.crop.size_px, *how)
            for network, b in zip(ready, self.bundles, strict=True)
        ]

    @cached_property
    def in_context(self) -> tuple[int, ...]:
        """The places of the networks that look at neighboring frames."""
        return tuple(i for i, b in enumerate(self.bundles) if isinstance(b.network, ContextNetwork))

    def views_of(self, image: Image, box_xyxy_px: Float[ndarray, "4"]) -> list[Crop]:
        """The crops around a box."""
        crop = self.bundles[0].crop
        return cut_views(crop, image, box_xyxy_px, tuple(self.scales), self.flip)

    def poses(self, animals: Sequence[list[Crop]]) -> Iterator[list[Pose]]:
        """Of each network, one pose (image pixels) with its scores for the views of each animal.

        A keypoint that the network was not taught has no position (NaN) and score 0: all that asks
        networks for poses comes through here. One that looks at neighboring frames sees the animal
        as if it stood still.
        """
        for member in range(len(self.bundles)):
            poses, features = self.first_look(member, animals)
            still = [[of_animal] * WINDOW for of_animal in features]
            yield self.poses_in_context(member, animals, still) if features else poses

    def poses_in_windows(self, windows: Sequence[Sequence[list[Crop]]]) -> Iterator[list[Pose]]:
        """The same, from the views of each animal in a window of frames; poses in the middle."""
        middles = [window[REACH] for window in windows]
        flat = [views for window in windows for views in window]
        for member in range(len(self.bundles)):
            if member not in self.in_context:
                yield self.first_look(member, middles)[0]
                continue
            _, features = self.first_look(member, flat)
            whole = [features[at : at + WINDOW] for at in range(0, len(features), WINDOW)]
            yield self.poses_in_context(member, middles, whole)

    def first_look(
        self, member: int, animals: Sequence[list[Crop]]
    ) -> tuple[list[Pose], list[Features]]:
        """The poses of a network as `poses` gives them, and what its backbone has seen.

        Poses of one that looks at neighboring frames are those of the frame alone; only such a one
        gives features, an entry per animal.
        """
        network, bundle = self._networks[member], self.bundles[member]
        see = partial(_see_crops, network, bundle.crop, self.precision, self.device)
        seen = self._in_batches(see, [view for views in animals for view in views])
        poses = self._merged(bundle, animals, *seen[:2]) if seen else []
        return poses, [f for kept in seen[2:] for f in kept.split([*map(len, animals)])]

    def poses_in_context(
        self, member: int, animals: Sequence[list[Crop]], windows: Sequence[Sequence[Features]]
    ) -> list[Pose]:
        """The poses of a network that looks at neighboring frames, from all that it has seen.

        `windows` has for each animal its features in the frames of a window; those of `animals` are
        the views of the frame in the middle.
        """
        network, bundle = self._networks[member], self.bundles[member]
        assert isinstance(network, ContextNetwork)
        see = partial(_see_windows, network, self.precision, self.device)
        # in float32, which holds all precisions, since some may come from the disk
        flat = [view for frames in windows for view in _in_rows(frames)]
        parts = [
            _in_halves(see, torch.stack(flat[start : start + self.batch]))
            for start in range(0, len(flat), self.batch)
        ]
        return self._merged(bundle, animals, *_joined(parts)) if parts else []

    def _in_batches(
        self, see: Callable[[Tensor], tuple[Tensor, ...]], views: Sequence[Crop]
    ) -> tuple[Tensor, ...]:
        """A compiled network is given whole batches only: it would be compiled again otherwise."""
        parts = []
        for start in range(0, len(views), self.batch):
            pixels = [view.pixels for view in views[start : start + self.batch]]
            count = len(pixels)
            pixels += [np.zeros_like(pixels[0])] * (self.batch - count if self.compiled else 0)
            seen = _in_halves(see, torch.from_numpy(np.stack(pixels)))
            parts.append(tuple(part[:count] for part in seen))
        return _joined(parts) if parts else ()

    def _merged(
        self,
        bundle: ModelBundle,
        animals: Sequence[list[Crop]],
        xy_px: Float[Tensor, "shown keypoint 2"],
        score: Float[Tensor, "shown keypoint"],
    ) -> list[Pose]:
        """One pose of the views of each animal, from positions in crops."""
        poses, place, is_taught = [], 0, bundle.is_taught
        for views in animals:
            outputs = output_of_keypoint(len(views), self.flip, bundle.space.mirror_permutation())
            found = []
            for row, (view, output) in enumerate(zip(views, outputs, strict=True), start=place):
                xy = apply_affine(view.to_image, xy_px[row].numpy().astype(np.float64))
                found.append((xy[output], score[row].numpy().astype(np.float64)[output]))
            xy, heights = map(np.stack, zip(*found, strict=True))
            taught = is_taught & is_taught[outputs]  # of a mirror image both sides
            xy, heights = np.where(taught[..., None], xy, np.nan), np.where(taught, heights, 0.0)
            poses.append(merge_views(xy, heights))
            place += len(views)
        return poses


def _in_rows(frames: Sequence[Features]) -> Float[Tensor, "view window channel rows columns"]:
    """The features of a window's frames, view by view, in one layout of memory."""
    return torch.stack([features.float().contiguous() for features in frames], dim=1)


def _joined(parts: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(map(torch.cat, zip(*parts, strict=True)))


def _in_halves(see: Callable[[Tensor], tuple[Tensor, ...]], batch: Tensor) -> tuple[Tensor, ...]:
    """What is seen in a batch; of one that does not fit into memory, half by half."""
    try:
        return see(batch)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
    half = len(batch) // 2
    print(f"out of memory with {len(batch)} crops at once: now {half}; lower inference.batch")
    torch.cuda.empty_cache()
    return _joined([_in_halves(see, part) for part in (batch[:half], batch[half:])])


@torch.inference_mode()
def _see_crops(
    network: PoseNetwork | EngineNetwork,
    crop: CropGeometry,
    precision: str,
    device: torch.device,
    crops: UInt8[Tensor, "batch height width 3"],
) -> tuple[Tensor, ...]:
    """Positions in crop pixels and scores; where there is context, features on the device too."""
    pixels = crop.normalize(crops.to(device)).contiguous(memory_format=torch.channels_last)
    if not isinstance(network, ContextNetwork):
        with autocast(device, precision):
            outputs = network(pixels)
        xy_px, score = network.decode(outputs)
        return xy_px.cpu(), score.cpu()
    with autocast(device, precision):
        features = network.features(pixels)
        maps = network.heatmaps(features)
    xy_px, score = network.decode_alone(maps)
    return xy_px.cpu(), score.cpu(), features


@torch.inference_mode()
def _see_windows(
    network: ContextNetwork,
    precision: str,
    device: torch.device,
    windows: Float[Tensor, "batch window channel rows columns"],
) -> tuple[Tensor, ...]:
    """Positions in crop pixels and scores."""
    with autocast(device, precision):
        outputs = network.heatmaps_in_context(windows.to(device))
    xy_px, score = network.decode(outputs)
    return xy_px.cpu(), score.cpu()
