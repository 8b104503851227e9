"""Which animals a batch is made of: every data set gets its share, whatever its size."""

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

BAG = 2**31  # beside the seed, where the generators of steps have the step


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


def bagged_rows(
    source: Shaped[ndarray, "animal"], image: Shaped[ndarray, "animal"], seed: int
) -> Int[ndarray, "drawn"]:
    """Animals of pictures drawn with replacement, as many of each data set as it has.

    Members of an ensemble that learn from other draws err less alike (Breiman 1996). About a third
    of the pictures is left out of each draw.
    """
    generator = np.random.default_rng([seed, BAG])
    rows: list[Int[ndarray, "_animal"]] = []
    for name in np.unique(source.astype(str)):
        own = np.flatnonzero(source == name)
        pictures, picture = np.unique(image[own].astype(str), return_inverse=True)
        drawn = generator.integers(0, len(pictures), size=len(pictures))
        rows += [own[picture == one] for one in np.sort(drawn)]
    return np.concatenate(rows)
