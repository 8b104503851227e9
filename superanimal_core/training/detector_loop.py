"""Training of the detector on the boxes of the labeled images."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.errors import TrainingError
from superanimal_core.network.ahead import ahead
from superanimal_core.network.crops import Affine, apply_affine, crop_affine, cut_crop
from superanimal_core.network.detector import DetectorBundle, as_inputs
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import change_light, random_change
from superanimal_core.training.batches import ReadImage
from superanimal_core.training.history import History
from superanimal_core.training.processes import processes_here
from superanimal_core.training.schedule import learning_rate_factor
from superanimal_core.training.state import Checkpoints, TrainingState

WARMUP = 0.1  # of the steps
GRADIENT_CLIP = 5.0
WEIGHT_DECAY = 0.01
LOG_EVERY_STEPS = 20

Square = tuple[UInt8[ndarray, "size size 3"], Float[ndarray, "box 4"]]


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
    """Train on whole images, randomly scaled, moved and mirrored; changes the network in place.

    Goes on from the last of the `checkpoints`, as `loop.fit` does.
    """
    labels = labels.select(labels.has_box)
    if not len(labels):
        raise TrainingError("no labeled animal has a box: the detector has nothing to learn from")
    images, image_of = np.unique(labels.image, return_inverse=True)
    boxes_of = [labels.box_xyxy_px[image_of == number] for number in range(len(images))]
    size_px = _square_of(detector)

    def chosen(step: int) -> tuple[ndarray, np.random.Generator]:
        generator = np.random.default_rng([seed, step])
        return generator.integers(0, len(images), size=batch), generator

    def make(step: int) -> list[Square]:
        rows, generator = chosen(step)
        pictures = ((read_image(str(images[row])), boxes_of[row]) for row in rows)
        return [_square(*picture, size_px, augment, generator) for picture in pictures]

    state = _start(detector, learning_rate, device)
    if checkpoints and (saved := checkpoints.read()):
        state.restore(saved)
    for squares in ahead(map(make, range(state.step, steps)), depth=1):
        targets = [_target(boxes, device) for _, boxes in squares]
        losses = state.network(as_inputs([pixels for pixels, _ in squares], device), targets)
        loss = torch.stack(list(losses.values())).sum()
        if not torch.isfinite(loss):
            names = ", ".join(str(images[row]) for row in chosen(state.step)[0][:5])
            raise TrainingError(f"the detector's loss became {loss} at step {state.step}: {names}")
        rate = learning_rate * learning_rate_factor(state.step, steps, round(steps * WARMUP))
        state.descend(loss, rate, GRADIENT_CLIP)
        is_entry = state.step % LOG_EVERY_STEPS == 0 or state.step == steps
        state.note(loss.item(), rate, is_entry=is_entry)
        if checkpoints:
            state.keep(checkpoints, processes_here())
        tell(state.step, f"loss {loss.item():.3f}")
    state.network.eval()
    return state.history


def _start(detector: DetectorBundle, learning_rate: float, device: torch.device) -> TrainingState:
    """The training before its first step; the weights are not averaged."""
    network = detector.network.to(device).train()
    return TrainingState.before_the_first_step(
        network, device, learning_rate=learning_rate, weight_decay=WEIGHT_DECAY, ema_decay=0.0
    )


def _square(
    picture: UInt8[ndarray, "height width 3"],
    boxes: Float[ndarray, "box 4"],
    size_px: int,
    augment: AugmentSettings,
    generator: np.random.Generator,
) -> Square:
    """A picture scaled, moved, mirrored and relit, with its boxes."""
    whole = np.array([0.0, 0.0, picture.shape[1], picture.shape[0]])
    affine = crop_affine(whole, (size_px, size_px), 1.0, random_change(augment, generator))
    square = cut_crop(picture, affine, (size_px, size_px))
    return change_light(square, augment, generator), _moved_boxes(affine, boxes, size_px)


def _square_of(detector: DetectorBundle) -> int:
    if detector.size_px is None or detector.architecture != "fcos":
        raise TrainingError(f"a detector '{detector.architecture}' cannot be trained, only used")
    return detector.size_px


def _moved_boxes(
    affine: Affine, boxes: Float[ndarray, "box 4"], size_px: int
) -> Float[ndarray, "kept 4"]:
    """Boxes around the moved corners, clipped; those mostly outside are left out."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    moved = apply_affine(affine, corners)
    moved = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    clipped = np.clip(moved, 0, size_px)
    side, whole = clipped[:, 2:] - clipped[:, :2], moved[:, 2:] - moved[:, :2]
    return clipped[(side.prod(axis=1) > 0.5 * whole.prod(axis=1)) & (side > 2).all(axis=1)]


def _target(boxes: Float[ndarray, "box 4"], device: torch.device) -> dict[str, Tensor]:
    return {
        "boxes": torch.from_numpy(boxes.astype(np.float32).reshape(-1, 4)).to(device),
        "labels": torch.zeros(len(boxes), dtype=torch.int64, device=device),
    }
