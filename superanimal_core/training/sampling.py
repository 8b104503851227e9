"""Which animals a batch is made of: every data set gets its share, whatever its size."""

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray


def sampling_weights(
    source: Shaped[ndarray, "animal"], temperature: float
) -> Float[ndarray, "animal"]:
    """Probability of drawing each animal; data set d gets a share ~ n_d ** (1 / temperature).

    Temperature 1 draws animals uniformly, a high one gives every data set the same share (the
    temperature sampling of multilingual models, Arivazhagan et al. 2019).
    """
    _, index, count = np.unique(source, return_inverse=True, return_counts=True)
    share = count ** (1 / temperature)
    per_animal = (share / share.sum() / count)[index]
    return per_animal / per_animal.sum()


def draw_batch(
    weights: Float[ndarray, "animal"], batch: int, generator: np.random.Generator
) -> Int[ndarray, "batch"]:
    """Indices of a batch, drawn with replacement."""
    return generator.choice(len(weights), size=batch, p=weights)
