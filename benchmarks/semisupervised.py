"""What unlabeled video teaches beside labels: mirror_mouse, with 20 and 75 labeled images.

    python benchmarks/semisupervised.py [--quick] [--steps 600] [--log-weight 9]

Lightning Pose's own example (90 labeled images, a video of 994 frames; SUPERANIMAL_SHARED). Of five
parts of the images one is held out in turn; each line is a set of losses, with the same number of
steps from the same start, an ImageNet backbone. Figures: error on held-out images, and on the
unlabeled video how far keypoints jump from a frame to the next, and how far poses and views are
from the subspaces of all labels. Mean over parts and seeds. --quick: one part, one seed, 75 labels,
two lines, fewer steps; an hour and more for all.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from superanimal_core.formats.foreign import read_foreign
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.inference.predict import predict_frames
from superanimal_core.media.images import cached_reader
from superanimal_core.media.windows import read_window
from superanimal_core.models.initial_weights import read_initial_weights
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.unlabeled import UnlabeledSettings
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.pose_pca import PoseSubspace
from superanimal_core.training.unlabeled_training import fit_labels_and_videos, fit_subspaces

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", ROOT.parent / "shared")) / "data"
VIDEO = SHARED / "mirror_mouse" / "videos" / "test_vid.mp4"
WEIGHTS = SHARED / "backbones" / "mobilenet_v2_imagenet.npz"
SETTINGS = read_config(ROOT / CONFIG)
MIRRORS = ("top", "bot")
PAWS = tuple(f"paw{paw}_{view}" for view in MIRRORS for paw in ("1LH", "2LF", "3RF", "4RH"))
LOSSES = {
    "labels alone": (),
    "temporal": ("temporal",),
    "pose PCA": ("pose_pca",),
    "multi-view PCA": ("view_pca",),
    "all three": ("temporal", "pose_pca", "view_pca"),
}
PARTS, SEEDS = 5, 3
SIDE_PX, CLIP = 192, 64
CPU = torch.device("cpu")


class Task(NamedTuple):
    """One training."""

    losses: str
    labels: int
    part: int
    seed: int
    steps: int
    log_weight: float


class Figures(NamedTuple):
    """What it gave: px of the video, and seconds of training."""

    error_px: float
    jump_px: float
    pose_px: float
    view_px: float
    seconds: float


def main() -> None:
    """Train, print a line for each set of losses and number of labels, and write all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two lines, at most five minutes")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--log-weight", type=float, default=9.0)
    chosen = parser.parse_args()
    if not VIDEO.is_file():
        print(f"{VIDEO}: no such recording; SUPERANIMAL_SHARED names its folder")
        return
    rows = []
    with ProcessPoolExecutor(2) as pool:
        tasks = list(all_tasks(chosen.quick, chosen.steps, chosen.log_weight))
        for task, figures in zip(tasks, pool.map(measured, tasks), strict=True):
            rows.append(task._asdict() | figures._asdict())
    tell(rows)
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "semisupervised.parquet")


def all_tasks(is_quick: bool, steps: int | None, log_weight: float) -> Iterator[Task]:
    """The trainings, those of one line beside each other."""
    lines = ("labels alone", "all three") if is_quick else tuple(LOSSES)
    for labels in (75,) if is_quick else (20, 75):
        for losses in lines:
            for part in range(1 if is_quick else PARTS):
                for seed in range(1 if is_quick else SEEDS):
                    count = steps or (100 if is_quick else 600)
                    yield Task(losses, labels, part, seed, count, log_weight)


def measured(task: Task) -> Figures:
    """Train a network as the task says, and look at the held-out images and the video."""
    use_device(1, seed=task.seed)
    labels = whole_labels()
    order = np.random.default_rng(0).permutation(len(labels))
    held = order[task.part :: PARTS]
    learned = labels.select(np.sort(np.setdiff1d(order, held)[: task.labels]))
    begun = time.perf_counter()
    bundle = trained(learned, task)
    seconds = time.perf_counter() - begun
    read = cached_reader()
    how = {"batch": 16, "precision": "float32", "device": CPU}
    found, _ = predict_labels([bundle], labels.select(held), read, **how)
    error = np.linalg.norm(found[0] - labels.xy_px[held], axis=2)
    every = subspaces_of(labels, task, ("pose_pca", "view_pca"))
    clips = [read_window(str(VIDEO), place, CLIP) for place in np.linspace(0.1, 1.0, 4)]
    poses = [predict_frames(bundle, clip).xy_px[:, 0] for clip in clips]
    jumps = np.concatenate([np.linalg.norm(np.diff(xy, axis=0), axis=2) for xy in poses])
    seen = torch.from_numpy(np.concatenate(poses))
    pose, view = (float(one.distances(seen).nanmean()) for one in every.values())
    return Figures(float(np.nanmean(error)), float(np.nanmean(jumps)), pose, view, seconds)


def trained(labels: Labels, task: Task) -> ModelBundle:
    """A network from an ImageNet backbone after the task's steps."""
    own = SETTINGS["models"]["mouse"]
    crop = CropGeometry(
        (SIDE_PX, SIDE_PX), 1.0, tuple(own["mean"]), tuple(own["std"]), in_whole_pixels=False
    )
    network = {"backbone": "mobilenetv2_100", "stride_px": 4, "decoder_channels": 64}
    bundle = new_bundle(
        labels.space,
        architecture="pyramid",
        parameters=network | {"sigma_px": 8.0, "is_subpixel": True},
        crop=crop,
        trained_on=("mirror_mouse",),
        weights=read_initial_weights(str(WEIGHTS)),
    )
    training = TrainingSettings(
        **SETTINGS["training"] | {"steps": task.steps, "batch": 8, "warmup_steps": 20}
        | {"ema_decay": 0.98}
    )  # fmt: skip
    augment = AugmentSettings(**SETTINGS["augment"] | {"flip": 0.0, "rotation_deg": 10.0})
    how = {"seed": task.seed, "device": CPU, "tell": lambda *_: None}
    read = cached_reader()
    if not LOSSES[task.losses]:
        fit_labels(bundle, labels, read, training, augment, **how)
        return bundle
    settings = unlabeled_settings(task, LOSSES[task.losses])
    how |= {"unlabeled": settings, "subspaces": subspaces_of(labels, task, LOSSES[task.losses])}
    how |= {"videos": [str(VIDEO)], "read_window": read_window}
    fit_labels_and_videos(bundle, labels, read, training, augment, **how)
    return bundle


def unlabeled_settings(task: Task, losses: Sequence[str]) -> UnlabeledSettings:
    """The shipped settings with these losses; of few labels, the subspace of the paws."""
    shipped = SETTINGS["unlabeled"]
    pose = shipped["pose_pca"] | {"log_weight": task.log_weight}
    pose |= {"keypoints": {"mirror_mouse": [*PAWS]} if task.labels < 30 else animal_alone()}
    chosen = {
        "temporal": shipped["temporal"] | {"log_weight": task.log_weight},
        "pose_pca": pose,
        "view_pca": {"log_weight": task.log_weight, "epsilon_px": None},
    }
    own = {name: chosen[name] if name in losses else None for name in chosen}
    return UnlabeledSettings(**shipped | own | {"enabled": True, "frames": 16})


def subspaces_of(labels: Labels, task: Task, losses: Sequence[str]) -> dict[str, PoseSubspace]:
    """Subspaces of labels for the losses that need one."""
    training = TrainingSettings(**SETTINGS["training"])
    settings = unlabeled_settings(task, losses)
    names = labels.space.keypoints
    return fit_subspaces(labels, training, settings, taught=names, mirrors=MIRRORS)


def animal_alone() -> dict[str, list[str]]:
    """The keypoints of the animal, without those of the obstacle."""
    names = whole_labels().space.keypoints
    return {"mirror_mouse": [name for name in names if not name.startswith("obs")]}


def whole_labels() -> Labels:
    """The labels, each image a group of its own, the whole image its box."""
    labels = read_foreign("mirror_mouse", str(SHARED / "mirror_mouse"), "lightning_pose")
    labels = labels.select(labels.is_located.any(axis=1))
    size = labels.image_size_px.astype(float)
    labels.box_xyxy_px[:] = np.concatenate([np.zeros_like(size), size], axis=1)
    return labels


def tell(rows: Sequence[dict[str, object]]) -> None:
    """Means of each line, and in how far they differ from those of labels alone."""
    names = Figures._fields
    alone: dict[object, np.ndarray] = {}
    for losses, labels in dict.fromkeys((row["losses"], row["labels"]) for row in rows):
        chosen = [row for row in rows if (row["losses"], row["labels"]) == (losses, labels)]
        mean = np.array([np.mean([row[name] for row in chosen]) for name in names])
        alone.setdefault(labels, mean)
        change = 100 * (mean / alone[labels] - 1)
        parts = [
            f"{name} {value:.2f} ({more:+.0f} %)"
            for name, value, more in zip(names, mean, change, strict=True)
        ]
        print(f"{labels} labels, {losses}: {', '.join(parts)}", flush=True)


if __name__ == "__main__":
    main()
