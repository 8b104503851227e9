"""Training of the detector on the boxes of the labeled images."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor, nn

from superanimal_core.errors import TrainingError
from superanimal_core.network.crops import Affine, apply_affine, cut_crop
from superanimal_core.network.detector import DetectorBundle, as_inputs
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import change_light, random_affine
from superanimal_core.training.batches import ReadImage
from superanimal_core.training.history import History
from superanimal_core.training.schedule import learning_rate_factor

WARMUP = 0.1  # of the steps


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
) -> History:
    """Train on whole images, randomly scaled, moved and mirrored; changes the network in place."""
    labels = labels.select(labels.has_box)
    if not len(labels):
        raise TrainingError("no labeled animal has a box: the detector has nothing to learn from")
    images, image_of = np.unique(labels.image, return_inverse=True)
    size_px = _square_of(detector)
    network = detector.network.to(device).train()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=learning_rate, fused=device.type in ("cpu", "cuda")
    )
    history, losses = History(), []
    for step in range(steps):
        generator = np.random.default_rng([seed, step])
        chosen = generator.integers(0, len(images), size=batch)
        squares, targets = [], []
        for image in chosen:
            picture = read_image(str(images[image]))
            whole = np.array([0.0, 0.0, picture.shape[1], picture.shape[0]])
            affine, _ = random_affine(whole, (size_px, size_px), 1.0, augment, generator)
            square = cut_crop(picture, affine, (size_px, size_px))
            squares.append(change_light(square, augment, generator))
            boxes = _moved_boxes(affine, labels.box_xyxy_px[image_of == image], size_px)
            targets.append(_target(boxes, device))
        factor = learning_rate_factor(step, steps, round(steps * WARMUP))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * factor
        losses_of = network(as_inputs(squares, device), targets)
        loss = torch.stack(list(losses_of.values())).sum()
        if not torch.isfinite(loss):
            names = ", ".join(str(images[i]) for i in chosen[:5])
            raise TrainingError(f"the detector's loss became {loss} at step {step}: {names}")
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % 20 == 0 or step + 1 == steps:
            history.add(step + 1, losses, learning_rate * factor)
        tell(step + 1, f"loss {loss.item():.3f}")
    network.eval()
    return history


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
