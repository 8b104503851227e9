"""Training on labels and on video that nobody labeled: two streams, and their objectives."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from superanimal_core.errors import TrainingError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.context import ContextNetwork
from superanimal_core.network.pose_network import HeatmapNetwork
from superanimal_core.pose.keypoints import KeypointSpace, shared_stems
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.unlabeled import LearnedLosses, UnlabeledSettings
from superanimal_core.training.batches import Neighbors, ReadImage
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels, training_part
from superanimal_core.training.pose_pca import PoseSubspace, fit_pose, fit_views
from superanimal_core.training.processes import processes_here
from superanimal_core.training.state import Checkpoints
from superanimal_core.training.unlabeled import ReadWindow, window_stream
from superanimal_core.training.unlabeled_objectives import POSE, VIEWS, unlabeled_objectives

UNLABELED = "unlabeled"


def fit_labels_and_videos(
    bundle: ModelBundle,
    labels: Labels,
    read_image: ReadImage,
    training: TrainingSettings,
    augment: AugmentSettings,
    *,
    unlabeled: UnlabeledSettings,
    subspaces: Mapping[str, PoseSubspace],
    videos: Sequence[str],
    read_window: ReadWindow,
    seed: int,
    device: torch.device,
    tell: Callable[[int, str], None],
    checkpoints: Checkpoints | None = None,
    neighbors: Neighbors | None = None,
) -> History:
    """Train as `fit_labels` does, with the losses on windows of unlabeled videos beside.

    `subspaces` are those of `fit_subspaces`. TrainingError also for a network without heatmaps.
    """
    network = bundle.network
    if not isinstance(network, HeatmapNetwork):
        raise TrainingError(
            f"unlabeled video teaches networks with heatmaps only, and '{bundle.architecture}' has "
            "none; write unlabeled.enabled: false"
        )
    windows = window_stream(
        videos,
        read_window,
        bundle.crop,
        augment,
        keypoints=len(bundle.space),
        frames=unlabeled.frames,
        windows=unlabeled.windows,
        seed=seed,
        processes=processes_here(),
        has_context=isinstance(network, ContextNetwork),
    )
    objectives = unlabeled_objectives(
        UNLABELED,
        network,
        unlabeled,
        subspaces,
        frames=unlabeled.frames,
        is_taught=torch.from_numpy(bundle.is_taught).to(device),
        steps=training.steps,
    )
    return fit_labels(
        bundle,
        labels,
        read_image,
        training,
        augment,
        seed=seed,
        device=device,
        tell=tell,
        checkpoints=checkpoints,
        neighbors=neighbors,
        streams={UNLABELED: windows},
        objectives=objectives,
    )


def fit_subspaces(
    labels: Labels,
    training: TrainingSettings,
    losses: LearnedLosses,
    *,
    taught: Sequence[str],
    mirrors: Sequence[str],
) -> dict[str, PoseSubspace]:
    """The subspaces that the chosen losses need, of the labels of people that steps learn from.

    In pixels of the labeled images. Pose PCA is of the keypoints that the settings name for the
    space, or of all that are taught and that people labeled; `mirrors` are the endings of the names
    of one part of the body in several views. TrainingError for too few labels, and for mirrors that
    are not there.
    """
    learned, _ = training_part(labels, training)
    is_seen = learned.is_located & (learned.state != LabelState.TAUGHT)
    xy_px = np.where(is_seen[..., None], learned.xy_px, np.nan)
    space, found = labels.space, {}
    seen = [name for name in taught if is_seen[:, space.index(name)].any()]
    if pose := losses.pose_pca:
        names = pose.keypoints.get(space.name, seen)
        chosen, how = [space.index(name) for name in names], pose.components
        found[POSE] = fit_pose(xy_px, chosen, components=how, centering=pose.centering)
        found[POSE] = found[POSE].allowing(pose.epsilon_px)
    if losses.view_pca:
        fitted = fit_views(xy_px, keypoints_of_views(space, mirrors, seen))
        found[VIEWS] = fitted.allowing(losses.view_pca.epsilon_px)
    return found


def keypoints_of_views(
    space: KeypointSpace, mirrors: Sequence[str], seen: Sequence[str]
) -> list[list[int]]:
    """For each mirror the keypoints that it shows, in the same order of parts of the body."""
    stems = shared_stems(seen, mirrors) if mirrors else ()
    if not stems:
        raise TrainingError(
            f"unlabeled.view_pca: no keypoint of '{space.name}' that labels teach is there in "
            "several mirrors; name them in smoothing.views.mirrors, or write view_pca: null"
        )
    return [[space.index(f"{stem}_{mirror}") for stem in stems] for mirror in mirrors]
