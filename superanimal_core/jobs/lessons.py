"""Unlabeled videos as a member's second source: how it learns from labels and videos."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from superanimal_core.media.windows import read_window
from superanimal_core.models.subspaces import with_subspaces
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import TrainingSettings
from superanimal_core.settings.unlabeled import UnlabeledSettings
from superanimal_core.training.history import History
from superanimal_core.training.unlabeled_training import fit_labels_and_videos, fit_subspaces


def labels_and_videos(
    bundle: ModelBundle,
    labels: Labels,
    training: Mapping[str, Any],
    unlabeled: Mapping[str, Any],
    videos: Sequence[str],
    **_: object,
) -> tuple[ModelBundle, Callable[..., History]]:
    """The model with the subspaces of its labels, and how it is trained.

    `unlabeled` has the settings of that section, and the `mirrors` of the model's space.
    """
    settings = UnlabeledSettings(**{k: v for k, v in unlabeled.items() if k != "mirrors"})
    taught, mirrors = bundle.taught_keypoints, unlabeled["mirrors"]
    subspaces = fit_subspaces(
        labels, TrainingSettings(**training), settings, taught=taught, mirrors=mirrors
    )
    how = {"unlabeled": settings, "videos": videos, "read_window": read_window}
    return with_subspaces(bundle, subspaces), partial(
        fit_labels_and_videos, subspaces=subspaces, **how
    )
