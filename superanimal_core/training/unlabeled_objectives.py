"""The losses on video as objectives: what each adds to the sum that a training descends."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from superanimal_core.network.pose_network import HeatmapNetwork, Outputs
from superanimal_core.network.soft_argmax import (
    as_probabilities,
    probability_maps,
    sub_pixel_maxima,
)
from superanimal_core.settings.unlabeled import AnnealSettings, LearnedLosses, UnimodalSettings
from superanimal_core.training.batches import Batch
from superanimal_core.training.masking import SumAndWeight
from superanimal_core.training.objectives import Objective
from superanimal_core.training.pose_pca import PoseSubspace
from superanimal_core.training.semisupervised import (
    annealed,
    pose_pca,
    temporal_difference,
    unimodal_kl,
    unimodal_mse,
    weight_of,
)

POSE, VIEWS = "pose", "views"
# Our loss on labels over the published one, of the same relative error of a Gaussian of 1.25 cells:
# peaks are 1 and not 1 / (2 pi sigma^2), errors count in units of sigma^2, and the weight is 1 and
# not 1/2. What is multiplied by it has the published share beside the labels.
LABELS_SCALE = 2 * (2 * math.pi * 1.25) ** 2


@dataclass(frozen=True)
class Seen:
    """What a network sees in the frames of a batch: positions are pixels of the image."""

    maps: Float[Tensor, "frame keypoint height width"]
    xy_in_crop_px: Float[Tensor, "frame keypoint 2"]
    xy_px: Float[Tensor, "frame keypoint 2"]
    confidence: Float[Tensor, "frame keypoint"]

    @property
    def shares(self) -> Float[Tensor, "frame keypoint height width"]:
        """The maps over their own sums."""
        above = self.maps.clamp(min=0)
        return above / above.sum(dim=(2, 3), keepdim=True).clamp(min=torch.finfo(above.dtype).eps)


def see(network: HeatmapNetwork, outputs: Outputs, batch: Batch) -> Seen:
    """Sub-pixel maxima of the heatmaps of a batch, in the image; of several heads one by one.

    What the second head sees in the batch's frames comes behind all that the first one sees.
    """
    heads = network.heatmaps_of_heads(outputs)
    maps = as_probabilities(torch.cat(heads), network.stride_px, network.sigma_px)
    enlargements = round(math.log2(network.stride_px))
    xy_px, confidence = sub_pixel_maxima(maps, network.stride_px, enlargements=enlargements)
    to_image = batch.to_image.repeat(len(heads), 1, 1)
    in_image = xy_px @ to_image[:, :, :2].mT + to_image[:, None, :, 2]
    return Seen(maps, xy_px, in_image, confidence)


Entries = Callable[[Seen], Float[Tensor, "*entries"]]


@dataclass
class SeenOnce:
    """`see`, done once for the objectives on the same outputs."""

    network: HeatmapNetwork
    of: Outputs | None = None
    seen: list[Seen] = field(default_factory=list)

    def __call__(self, outputs: Outputs, batch: Batch) -> Seen:
        """What the network sees."""
        if self.of is not outputs:
            self.of, self.seen = outputs, [see(self.network, outputs, batch)]
        return self.seen[0]


def unlabeled_objectives(
    stream: str,
    network: HeatmapNetwork,
    losses: LearnedLosses,
    subspaces: Mapping[str, PoseSubspace],
    *,
    frames: int,
    is_taught: Bool[Tensor, "keypoint"],
    steps: int,
) -> list[Objective]:
    """The chosen losses on a stream of windows of so many frames, in a training of so many steps.

    `subspaces` has those of the losses that need one: POSE, VIEWS. Of keypoints that labels do not
    teach nothing is asked.
    """
    see_once = SeenOnce(network)

    def objective(log_weight: float, entries: Entries) -> Objective:
        def measure(outputs: Outputs, batch: Batch) -> SumAndWeight:
            found = entries(see_once(outputs, batch))
            return found.sum(), found.new_tensor(float(found.numel()))

        def importance(step: int) -> float:
            share = annealed_share(step / steps, losses.anneal)
            return LABELS_SCALE * weight_of(log_weight) * share

        return Objective(stream, importance, measure)

    chosen = chosen_losses(network, losses, subspaces, frames, is_taught)
    return [objective(log_weight, entries) for log_weight, entries in chosen]


def chosen_losses(
    network: HeatmapNetwork,
    losses: LearnedLosses,
    subspaces: Mapping[str, PoseSubspace],
    frames: int,
    is_taught: Bool[Tensor, "keypoint"],
) -> Iterator[tuple[float, Entries]]:
    """The log weight of each chosen loss, and the loss of every entry of what is seen."""
    if temporal := losses.temporal:
        how = {"epsilon_px": temporal.epsilon_px, "min_confidence": temporal.min_score}
        yield temporal.log_weight, lambda seen: _jumps(seen, is_taught, frames, **how)
    if poses := losses.pose_pca:
        yield poses.log_weight, lambda seen: pose_pca(seen.xy_px, subspaces[POSE])
    if views := losses.view_pca:
        yield views.log_weight, lambda seen: pose_pca(seen.xy_px, subspaces[VIEWS])
    if unimodal := losses.unimodal:
        yield unimodal.log_weight, lambda seen: _apart(seen, network, unimodal)[:, is_taught]


def annealed_share(progress: float, anneal: AnnealSettings) -> float:
    """How much losses on video count when a part of the training (0-1) is done."""
    frozen, increase = anneal.frozen_until, anneal.increase
    return annealed(progress, frozen_until=frozen, initial=0.0, increase=increase, final=1.0)


def _jumps(
    seen: Seen,
    is_taught: Bool[Tensor, "keypoint"],
    frames: int,
    *,
    epsilon_px: float,
    min_confidence: float,
) -> Float[Tensor, "pair taught"]:
    """Temporal differences within each window, none from one window to the next."""
    how = {"epsilon_px": epsilon_px, "min_confidence": min_confidence}
    positions = seen.xy_px[:, is_taught].split(frames)
    confidence = seen.confidence[:, is_taught].split(frames)
    pairs = zip(positions, confidence, strict=True)
    return torch.cat([temporal_difference(xy_px, sure, **how) for xy_px, sure in pairs])


def _apart(
    seen: Seen, network: HeatmapNetwork, unimodal: UnimodalSettings
) -> Float[Tensor, "frame keypoint"]:
    """How far heatmaps are from the one Gaussian at their maximum."""
    rows, columns = seen.maps.shape[2:]
    sized = (rows, columns), network.stride_px, network.sigma_px
    ideal = probability_maps(seen.xy_in_crop_px, *sized)
    loss = {"mse": unimodal_mse, "kl": unimodal_kl}[unimodal.divergence]
    return loss(seen.shares, ideal, seen.confidence, min_confidence=unimodal.min_score)
