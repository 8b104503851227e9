"""Neighboring frames and unlabeled videos together as a member's sources."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from superanimal_core.jobs.lessons import labels_and_videos
from superanimal_core.media.neighbors import neighbors_in
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.training.history import History


def neighbors_and_videos(
    *given: Any, pictures: Mapping[str, str]
) -> tuple[ModelBundle, Callable[..., History]]:
    """As `labels_and_videos`, with the labels in their context."""
    bundle, fit = labels_and_videos(*given)
    return bundle, partial(fit, neighbors=neighbors_in(pictures))
