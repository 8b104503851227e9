"""Early stopping: animals that no step learns from say when a training has learned enough."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool
from numpy import ndarray

from superanimal_core.errors import TrainingError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, EarlyStoppingSettings
from superanimal_core.training.batches import Neighbors, ReadImage, make_batch
from superanimal_core.training.state import TrainingState


def choose_held_out(labels: Labels, fraction: float) -> Bool[ndarray, "animal"]:
    """Whole groups of about a fraction of all groups, the same ones for every seed.

    TrainingError when there are fewer than two groups.
    """
    pairs = zip(labels.source, labels.group, strict=True)
    names, group = np.unique([f"{s}\n{g}" for s, g in pairs], return_inverse=True)
    if len(names) < 2:
        raise TrainingError(
            "training.early_stopping holds whole groups (videos or animals) out, and these labels "
            "are of one; set it to null"
        )
    count = int(np.clip(round(fraction * len(names)), 1, len(names) - 1))
    chosen = np.random.default_rng(0).permutation(len(names))[:count]
    return np.isin(group, chosen)


@dataclass(frozen=True)
class EarlyStopping:
    """Measures the error on held-out animals now and then; keeps the best running mean."""

    settings: EarlyStoppingSettings
    held_out: Labels
    bundle: ModelBundle
    read_image: ReadImage
    batch: int
    neighbors: Neighbors | None = None

    def measure(self, state: TrainingState) -> None:
        """Note the error after a step where it is time, and the weights if they are the best."""
        if state.step % self.settings.every_steps:
            return
        state.held_out_px.append(self._error_px(state))
        if state.held_out_px[-1] == min(state.held_out_px):
            state.best = {name: value.clone() for name, value in state.averaged.state.items()}

    def is_enough(self, state: TrainingState) -> bool:
        """True when so many measurements in a row brought no better error."""
        errors = state.held_out_px
        return len(errors) > self.settings.patience + errors.index(min(errors)) if errors else False

    @torch.no_grad()
    def _error_px(self, state: TrainingState) -> float:
        """Mean distance (crop pixels) of the running mean's keypoints; the network stays as is."""
        network, crop = self.bundle.network, self.bundle.crop
        current = {name: value.clone() for name, value in network.state_dict().items()}
        modes = {module: module.training for module in network.modules()}
        network.load_state_dict(state.averaged.state)
        network.eval()
        distances = []
        for start in range(0, len(self.held_out), self.batch):
            rows = np.arange(start, min(start + self.batch, len(self.held_out)))
            generators = [np.random.default_rng(0)] * len(rows)
            cut = self.read_image, UNCHANGED, crop, generators
            batch = make_batch(self.held_out, rows, *cut, neighbors=self.neighbors)
            outputs = network(crop.normalize(batch.crops.to(state.device)))
            xy_px, _ = network.decode(outputs)
            distance = (xy_px.cpu() - batch.xy_px).norm(dim=2)
            distances.append(distance[distance.isfinite()])
        network.load_state_dict(current)
        for module, mode in modes.items():
            module.training = mode
        return float(torch.cat(distances).mean())


UNCHANGED = AugmentSettings.of_params(
    dict.fromkeys(AugmentSettings.model_fields.keys() - {"patch_mask"}, 0.0)
)
