"""Neighboring frames as a member's second source: how it learns from windows of pictures."""

from collections.abc import Callable, Mapping
from functools import partial

from superanimal_core.media.neighbors import neighbors_in
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels


def labels_and_neighbors(
    bundle: ModelBundle, *_: object, pictures: Mapping[str, str]
) -> tuple[ModelBundle, Callable[..., History]]:
    """The model as it is, and how it learns from labels in their context."""
    return bundle, partial(fit_labels, neighbors=neighbors_in(pictures))
