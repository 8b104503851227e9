"""What unlabeled video teaches beside labels, and what an ensemble and smoothing add.

    python benchmarks/semisupervised.py [--quick] [--recording camera] [--parts 5] [--seeds 3]
        [--keep FOLDER]

Two recordings: Lightning Pose's own example, mirror mouse (90 labeled images, a video of 994
frames; SUPERANIMAL_SHARED), and a drawn camera that is none of the labs whose pictures are labeled,
with truth on every frame. 20 and 75 labels; of five parts of the images one is held out in turn.
Each line is a set of losses, with the same number of steps from the same start, an ImageNet
backbone. Figures: error on held-out images, error on the video where its truth is known, and on the
video how far keypoints jump from a frame to the next, and how far poses and views are from the
subspaces of all labels: means over parts, with the range of the seeds, and the difference to labels
alone, seed by seed. Networks that differ in their seed alone make an ensemble: their median, and
what the ensemble Kalman smoother makes of it.
--quick: one part, one seed, 75 labels, two lines, fewer steps; some hours for all. --keep: what a
network saw is kept in the folder, and one that is there is not trained again.
"""

import argparse
import pickle
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from semisupervised_recordings import ROOT, SHARED, Recording, recording
from semisupervised_told import tell

from superanimal_core.inference.frames import predict_frames
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.media.images import cached_reader
from superanimal_core.media.video import read_frames
from superanimal_core.media.windows import read_window
from superanimal_core.models.initial_weights import read_initial_weights
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.settings.unlabeled import UnlabeledSettings
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.pose_pca import PoseSubspace
from superanimal_core.training.unlabeled_training import fit_labels_and_videos, fit_subspaces

WEIGHTS = SHARED / "backbones" / "mobilenet_v2_imagenet.npz"
SETTINGS = read_config(ROOT / CONFIG)
EKS = SmoothingSettings(**SETTINGS["smoothing"]).of("eks")
LOSSES = {
    "labels alone": (),
    "temporal": ("temporal",),
    "pose PCA": ("pose_pca",),
    "multi-view PCA": ("view_pca",),
    "all": ("temporal", "pose_pca", "view_pca"),
}
PARTS, SEEDS = 5, 3
SIDE_PX, FEW = 192, 30
CPU = torch.device("cpu")


class Task(NamedTuple):
    """One training; `folder` is where a drawn recording lies."""

    recording: str
    folder: str
    losses: str
    labels: int
    part: int
    seed: int
    steps: int
    log_weight: float


class Seen(NamedTuple):
    """What a network sees of held-out images (px), and of the whole video; seconds of training."""

    held_px: np.ndarray
    video: Poses
    seconds: float


class Figures(NamedTuple):
    """Pixels of the images and of the video, and seconds of training; NaN where there is none."""

    error_px: float
    video_error_px: float
    jump_px: float
    pose_px: float
    view_px: float
    seconds: float


def main() -> None:
    """Train, print a line for each set of losses and number of labels, and write all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two lines, at most five minutes")
    parser.add_argument("--recording", choices=("mirror_mouse", "camera"), default="mirror_mouse")
    parser.add_argument("--parts", type=int, default=PARTS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--log-weight", type=float, default=9.0)
    parser.add_argument("--keep", type=Path, help="where networks' results stay, or are found")
    chosen = parser.parse_args()
    if not WEIGHTS.is_file():
        print(f"{WEIGHTS}: no such file; SUPERANIMAL_SHARED names the folder of recordings")
        return
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        recording(chosen.recording, folder)
        tasks = list(all_tasks(chosen, folder))
        seen = dict(zip(tasks, pool.map(partial(kept, chosen.keep), tasks), strict=True))
        for members in ensembles(tasks):
            for task in members:
                rows.append(row_of(task, task.losses, figures_of(task, seen[task])))
            together = [seen[task] for task in members]
            if len(members) > 1:
                for name, joined in joined_members(together).items():
                    line = f"{members[0].losses}, {name} of {len(members)}"
                    rows.append(row_of(members[0], line, figures_of(members[0], joined)))
    tell(rows, Figures._fields)
    results = ROOT / "benchmarks" / "results"
    results.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.Table.from_pylist(rows), results / f"semisupervised_{chosen.recording}.parquet"
    )


def all_tasks(chosen: argparse.Namespace, folder: str) -> Iterator[Task]:
    """The trainings, those of one line beside each other."""
    lines = ("labels alone", "all") if chosen.quick else tuple(LOSSES)
    if chosen.recording == "camera":
        lines = tuple(name for name in lines if name != "multi-view PCA")
    parts, seeds = (1, 1) if chosen.quick else (chosen.parts, chosen.seeds)
    steps = chosen.steps or (100 if chosen.quick else 600)
    for labels in (75,) if chosen.quick else (20, 75):
        for losses in lines:
            for part in range(parts):
                for seed in range(seeds):
                    what = (chosen.recording, folder, losses, labels, part, seed)
                    yield Task(*what, steps, chosen.log_weight)


def ensembles(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Trainings that differ in their seed alone."""
    for first in dict.fromkeys(task._replace(seed=0) for task in tasks):
        yield [task for task in tasks if task._replace(seed=0) == first]


def kept(folder: Path | None, task: Task) -> Seen:
    """What the network of a task sees, from the folder if it is there."""
    if folder is None:
        return trained_and_seen(task)
    name = "_".join(str(part) for part in task._replace(folder="")).replace(" ", "-")
    file = folder / f"{name}.pickle"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(pickle.dumps(trained_and_seen(task)))
        unfinished.replace(file)
    return pickle.loads(file.read_bytes())  # written by this program


def trained_and_seen(task: Task) -> Seen:
    """Train a network as the task says, and look at the held-out images and the video."""
    use_device(1, seed=task.seed)
    given = recording(task.recording, task.folder)
    held, order = held_out(given, task)
    learned = given.labels.select(np.sort(np.setdiff1d(order, held)[: task.labels]))
    begun = time.perf_counter()
    bundle = trained(given, learned, task)
    seconds = time.perf_counter() - begun
    how = {"batch": 16, "precision": "float32", "device": CPU}
    found, _ = predict_labels([bundle], given.labels.select(held), cached_reader(), **how)
    return Seen(found[0], predict_frames(bundle, list(read_frames(given.video))), seconds)


def held_out(given: Recording, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """The images that are held out in this part, and the order of all."""
    order = np.random.default_rng(0).permutation(len(given.labels))
    return order[task.part :: PARTS], order


def figures_of(task: Task, seen: Seen) -> Figures:
    """The figures of a network, or of several together."""
    given = recording(task.recording, task.folder)
    held, _ = held_out(given, task)
    error = np.linalg.norm(seen.held_px - given.labels.xy_px[held], axis=2)
    xy_px = seen.video.xy_px[:, 0]
    jumps = np.linalg.norm(np.diff(xy_px, axis=0), axis=2)
    off = np.full(1, np.nan)
    if given.truth_px is not None:
        off = np.linalg.norm(xy_px - given.truth_px, axis=2)
    every = subspaces_of(given, given.labels, task, ("pose_pca", "view_pca"))
    far = {name: one.distances(torch.from_numpy(xy_px)).nanmean() for name, one in every.items()}
    return Figures(
        mean_of(error),
        mean_of(off),
        mean_of(jumps),
        pose_px=float(far.get("pose_pca", np.nan)),
        view_px=float(far.get("view_pca", np.nan)),
        seconds=seen.seconds,
    )


def mean_of(values: np.ndarray) -> float:
    """The mean of what is known."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def joined_members(members: Sequence[Seen]) -> dict[str, Seen]:
    """Several networks as one: their median, and what the ensemble Kalman smoother makes of it.

    Single images cannot be smoothed: there the smoothed line has no error.
    """
    held_px = np.median([seen.held_px for seen in members], axis=0)
    seconds = sum(seen.seconds for seen in members)
    smoothed = smooth_ensemble([seen.video for seen in members], EKS)
    median = replace(smoothed.poses, xy_px=smoothed.raw_xy_px)
    nowhere = np.full_like(held_px, np.nan)
    return {
        "ensemble": Seen(held_px, median, seconds),
        "EKS": Seen(nowhere, smoothed.poses, seconds),
    }


def trained(given: Recording, labels: Labels, task: Task) -> ModelBundle:
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
        trained_on=(task.recording,),
        weights=read_initial_weights(str(WEIGHTS)),
    )
    training = TrainingSettings(
        **SETTINGS["training"] | {"steps": task.steps, "batch": 8, "warmup_steps": 20}
        | {"ema_decay": 0.98}
    )  # fmt: skip
    augment = AugmentSettings(**SETTINGS["augment"] | {"flip": 0.0, "rotation_deg": 10.0})
    how = {"seed": task.seed, "device": CPU, "tell": lambda *_: None}
    read, losses = cached_reader(), LOSSES[task.losses]
    if not losses:
        fit_labels(bundle, labels, read, training, augment, **how)
        return bundle
    how |= {"unlabeled": unlabeled_settings(given, task, losses)}
    how |= {"subspaces": subspaces_of(given, labels, task, losses)}
    how |= {"videos": [given.video], "read_window": read_window}
    fit_labels_and_videos(bundle, labels, read, training, augment, **how)
    return bundle


def unlabeled_settings(given: Recording, task: Task, losses: Sequence[str]) -> UnlabeledSettings:
    """The shipped settings with these losses, as far as the recording has views."""
    shipped = SETTINGS["unlabeled"]
    pose = given.pose_of_few if task.labels < FEW else given.pose
    keypoints = {given.labels.space.name: [*pose]}
    chosen = {
        "temporal": shipped["temporal"] | {"log_weight": task.log_weight},
        "pose_pca": shipped["pose_pca"] | {"log_weight": task.log_weight, "keypoints": keypoints},
        "view_pca": {"log_weight": task.log_weight, "epsilon_px": None},
    }
    used = [name for name in losses if given.mirrors or name != "view_pca"]
    own = {name: chosen[name] if name in used else None for name in chosen}
    return UnlabeledSettings(**shipped | own | {"enabled": True, "frames": 16})


def subspaces_of(
    given: Recording, labels: Labels, task: Task, losses: Sequence[str]
) -> dict[str, PoseSubspace]:
    """Subspaces of labels for the losses that need one."""
    training = TrainingSettings(**SETTINGS["training"])
    settings = unlabeled_settings(given, task, losses)
    names = labels.space.keypoints
    return fit_subspaces(labels, training, settings, taught=names, mirrors=given.mirrors)


def row_of(task: Task, line: str, figures: Figures) -> dict[str, object]:
    """A row of the table."""
    what = {name: getattr(task, name) for name in ("recording", "labels", "part", "seed", "steps")}
    return {"line": line, **what, **figures._asdict()}


if __name__ == "__main__":
    main()
