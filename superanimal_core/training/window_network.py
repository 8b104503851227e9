"""The classifier of Sturman et al. 2020 (Neuropsychopharmacology): a small network on a window.

Two hidden layers with ReLU and dropout, cross-entropy, RMSprop. Unlike theirs, windows are in
seconds, classes are balanced by weights, and scales are those of the training frames alone.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import nn


def fit_network(
    inputs: Float[ndarray, "frame value"],
    label: Int[ndarray, "frame"],
    weight: Float[ndarray, "frame"],
    *,
    classes: int,
    hidden: Sequence[int],
    dropout: Sequence[float],
    epochs: int,
    batch: int,
    learning_rate: float,
    seed: int,
) -> Mapping[str, ndarray]:
    """Train the network; its weights as `behavior.classifier.network_scores` takes them."""
    scaled, mean, sd = _standardized(inputs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = nn.Sequential(
            *(nn.Linear(inputs.shape[1], hidden[0]), nn.ReLU(), nn.Dropout(dropout[0])),
            *(nn.Linear(hidden[0], hidden[1]), nn.ReLU(), nn.Dropout(dropout[1])),
            nn.Linear(hidden[1], classes),
        )
        optimizer = torch.optim.RMSprop(layers.parameters(), lr=learning_rate)
        given = (torch.from_numpy(a) for a in (scaled, label, weight.astype(np.float32)))
        seen, true, counts = given
        for _ in range(epochs):
            for rows in torch.randperm(len(seen)).split(batch):
                loss = nn.functional.cross_entropy(layers(seen[rows]), true[rows], reduction="none")
                optimizer.zero_grad()
                (loss * counts[rows]).mean().backward()
                optimizer.step()
    return {"mean": mean, "sd": sd, **_as_arrays(layers)}


def _standardized(inputs: ndarray) -> tuple[ndarray, ndarray, ndarray]:
    """Inputs with mean 0 and standard deviation 1, unknown ones 0; and both figures."""
    known = np.isfinite(inputs)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, inputs, 0.0).sum(axis=0) / count
    sd = np.sqrt(np.where(known, (inputs - mean) ** 2, 0.0).sum(axis=0) / count)
    sd = np.where(sd > 0, sd, 1.0)
    return np.nan_to_num((inputs - mean) / sd, nan=0.0).astype(np.float32), mean, sd


def _as_arrays(layers: nn.Sequential) -> dict[str, ndarray]:
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    return {
        f"{name}_{part}": getattr(layer, part).detach().double().numpy()
        for name, layer in zip(("first", "second", "last"), linear, strict=True)
        for part in ("weight", "bias")
    }
