"""One plain training loop for pose networks: pretraining, fine-tuning and adaptation use it."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from superanimal_core.errors import TrainingError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.pose_network import freeze_batch_norm
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.batches import (
    Batch,
    ReadImage,
    batches_ahead,
    has_positions,
    make_batch,
)
from superanimal_core.training.history import History
from superanimal_core.training.masking import keypoint_weights, masked_loss
from superanimal_core.training.sampling import draw_batch, sampling_weights
from superanimal_core.training.schedule import AveragedWeights, learning_rate_factor


def fit(
    bundle: ModelBundle,
    labels: Labels,
    read_image: ReadImage,
    training: TrainingSettings,
    augment: AugmentSettings,
    *,
    seed: int,
    device: torch.device,
    tell: Callable[[int, str], None],
) -> History:
    """Train the bundle's network on labels in its space; changes the network in place.

    Animals without a known keypoint or without a box are left out; when none is left the network
    stays as it is. TrainingError when the spaces differ or when the loss stops being finite (the
    images of that batch are named).
    """
    labels = _usable(labels, bundle)
    if not len(labels):
        return History()
    weights = sampling_weights(labels.source, training.sampling_temperature)

    def make(step: int) -> Batch:
        generator = np.random.default_rng([seed, step])
        rows = draw_batch(weights, training.batch, generator)
        return make_batch(labels, rows, read_image, augment, bundle.crop, generator)

    network = bundle.network.to(device).to(memory_format=torch.channels_last).train()
    if training.frozen_batch_norm:
        freeze_batch_norm(network)
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=training.learning_rate,
        weight_decay=training.weight_decay,
        fused=device.type in ("cpu", "cuda"),
    )
    averaged = AveragedWeights(network, training.ema_decay)
    history, losses = History(), []
    for step, batch in enumerate(batches_ahead(make, 0, training.steps)):
        factor = learning_rate_factor(step, training.steps, training.warmup_steps)
        for group in optimizer.param_groups:
            group["lr"] = training.learning_rate * factor
        loss = _loss(batch, bundle, training, device)
        if not torch.isfinite(loss):
            images = sorted({str(labels.image[row]) for row in batch.rows})
            raise TrainingError(
                f"the loss became {loss.item()} at step {step}; lower training.learning_rate or "
                f"look at these images: {', '.join(images[:5])}"
            )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), training.gradient_clip)
        optimizer.step()
        averaged.update(network)
        losses.append(loss.item())
        if (step + 1) % training.log_every_steps == 0 or step + 1 == training.steps:
            history.add(step + 1, losses, training.learning_rate * factor)
        tell(step + 1, f"loss {loss.item():.4f}")
    network.load_state_dict(averaged.state)
    network.eval()
    return history


def _loss(
    batch: Batch,
    bundle: ModelBundle,
    training: TrainingSettings,
    device: torch.device,
) -> Float[Tensor, ""]:
    """Masked loss of one batch."""
    crops = bundle.crop.normalize(batch.crops.to(device))
    is_reduced = training.precision == "bfloat16"
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_reduced):
        outputs = bundle.network(crops.contiguous(memory_format=torch.channels_last))
    losses = bundle.network.keypoint_losses(outputs, batch.xy_px.to(device))
    weight = keypoint_weights(
        batch.state.to(device),
        not_labeled_weight=training.not_labeled_weight,
        masking=training.masking,
    )
    return masked_loss(losses, weight)


def _usable(labels: Labels, bundle: ModelBundle) -> Labels:
    if labels.space.keypoints != bundle.space.keypoints:
        raise TrainingError(
            f"labels in '{labels.space.name}' cannot train a network of '{bundle.space.name}'"
        )
    return labels.select(has_positions(labels) & labels.has_box)
