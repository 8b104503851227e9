"""Parts of a training set, as if less had been labeled: nested, and the same on every machine."""

import numpy as np

from superanimal_core.datasets.split import stable_hash
from superanimal_core.pose.labels import Labels


def few_shot(labels: Labels, fraction: float, seed: int) -> Labels:
    """The animals of `fraction` of the images, in the order of the labels; at least one image.

    The images are ordered by a hash of source, name and seed, and the first ones are taken: a
    larger fraction holds all that a smaller one does. Fraction 0 has no animals.
    """
    keys = [f"{s}\0{i}" for s, i in zip(labels.source, labels.image, strict=True)]
    images, image = np.unique(np.array(keys, dtype=object), return_inverse=True)
    order = np.argsort([stable_hash(key, seed) for key in images])
    count = max(round(fraction * len(images)), 1) if fraction > 0 else 0
    return labels.select(np.isin(image, order[:count]))
