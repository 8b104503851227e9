"""Training of the detector on the boxes of the labeled images."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from superanimal_core.errors import TrainingError
from superanimal_core.network.ahead import ahead
from superanimal_core.network.detector import DetectorBundle, as_inputs
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.batches import ReadImage
from superanimal_core.training.detector_squares import DetectorSquares, LabeledPictures
from superanimal_core.training.history import History
from superanimal_core.training.processes import processes_here
from superanimal_core.training.schedule import learning_rate_factor
from superanimal_core.training.state import Checkpoints, TrainingState

WARMUP = 0.1  # of the steps
GRADIENT_CLIP = 5.0
WEIGHT_DECAY = 0.01
EMA_DECAY = 0.99  # running mean of the weights
LOG_EVERY_STEPS = 20


def fit_detector(
    detector: DetectorBundle,
    labels: Labels,
    read_image: ReadImage,
    augment: AugmentSettings,
    *,
    steps: int,
    batch: int,
    learning_rate: float,
    seed: int,
    device: torch.device,
    tell: Callable[[int, str], None],
    checkpoints: Checkpoints | None = None,
) -> History:
    """Train on squares with and without animals (detector_squares); changes the network in place.

    Goes on from the last of the `checkpoints`, as `loop.fit` does. TrainingError where no animal
    has a box, and for a network that is only used.
    """
    pictures = LabeledPictures.of(labels)
    size_px = _square_of(detector)
    source = DetectorSquares(pictures, read_image, augment, batch, seed, size_px)
    state = _start(detector, learning_rate, device)
    if checkpoints and (saved := checkpoints.read()):
        state.restore(saved)
    for squares in ahead(map(source.at, range(state.step, steps)), depth=1):
        targets = [_target(square.boxes_xyxy_px, device) for square in squares]
        losses = state.network(as_inputs([each.pixels for each in squares], device), targets)
        loss = torch.stack(list(losses.values())).sum()
        if not torch.isfinite(loss):
            names = ", ".join(square.image for square in squares[:5])
            raise TrainingError(f"the detector's loss became {loss} at step {state.step}: {names}")
        rate = learning_rate * learning_rate_factor(state.step, steps, round(steps * WARMUP))
        state.descend(loss, rate, GRADIENT_CLIP)
        is_entry = state.step % LOG_EVERY_STEPS == 0 or state.step == steps
        state.note(loss.item(), rate, is_entry=is_entry)
        if checkpoints:
            state.keep(checkpoints, processes_here())
        tell(state.step, f"loss {loss.item():.3f}")
    state.network.load_state_dict(state.averaged.state)
    state.network.eval()
    return state.history


def _start(detector: DetectorBundle, learning_rate: float, device: torch.device) -> TrainingState:
    """The training before its first step."""
    network = detector.network.to(device).train()
    return TrainingState.before_the_first_step(
        network, device, learning_rate=learning_rate, weight_decay=WEIGHT_DECAY, ema_decay=EMA_DECAY
    )


def _square_of(detector: DetectorBundle) -> int:
    if detector.size_px is None or detector.architecture != "fcos":
        raise TrainingError(f"a detector '{detector.architecture}' cannot be trained, only used")
    return detector.size_px


def _target(boxes: Float[ndarray, "box 4"], device: torch.device) -> dict[str, Tensor]:
    return {
        "boxes": torch.from_numpy(boxes.astype(np.float32).reshape(-1, 4)).to(device),
        "labels": torch.zeros(len(boxes), dtype=torch.int64, device=device),
    }
