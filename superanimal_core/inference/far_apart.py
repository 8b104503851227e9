"""A few of many that are unlike each other: always the next one that is least like all before."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def far_apart(
    features: Float[ndarray, "row feature"], first: Sequence[int], count: int
) -> Int[ndarray, "chosen"]:
    """So many rows, each farthest from those before it, after the `first` ones; none twice.

    All follows from the features: nothing is drawn by lot.
    """
    chosen = list(first)
    distance = np.min([_apart(features, row) for row in chosen], axis=0)
    distance[chosen] = -1
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, _apart(features, chosen[-1]))
        distance[chosen[-1]] = -1
    return np.array(chosen)


def _apart(features: Float[ndarray, "row feature"], row: int) -> Float[ndarray, "row"]:
    return np.square(features - features[row]).sum(axis=1)
