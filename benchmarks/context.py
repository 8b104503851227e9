"""What neighboring frames tell when something passes in front of the animal.

    python benchmarks/context.py [--quick] [--steps 1000] [--seeds 3]

A synthetic camera films a mouse; bars pass in front of it, so that a keypoint is covered for 2 to 8
frames. Networks learn from labeled frames of some mice, also where a keypoint is covered, from the
same ImageNet backbone and in the same steps: one sees each frame alone, one its neighbors too. The
truth is known in every frame of other mice. Boxes are known. Figures: error of keypoints during
planted occlusions and outside, seconds of a processor for a step and for a frame. The backbone is
in SUPERANIMAL_SHARED. --quick: one seed and 300 steps, after which both have much to learn.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from superanimal_core.inference.predict import predict_video
from superanimal_core.models.initial_weights import read_initial_weights
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.context import REACH
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.devices import use_device
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.synthetic.casting import mouse_video_scene
from superanimal_core.synthetic.scene import Frame, render_frames
from superanimal_core.training.label_training import fit_labels

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", ROOT.parent / "shared")) / "data"
WEIGHTS = SHARED / "backbones" / "mobilenet_v2_imagenet.npz"
SETTINGS = read_config(ROOT / CONFIG)
ARCHITECTURES = ("pyramid", "pyramid_context")
CPU = torch.device("cpu")
FPS, SIDE_PX, SIGMA_PX = 30, 96, 3.75
TAUGHT_SCENES, TESTED_SCENES = (range(8), range(100, 104))
FRAMES, LABELED = 240, 30  # of each scene; labeled ones only of those that are learned from
EVERY_FRAMES = (14, 24)  # from one passing bar to the next
COVERED_FRAMES = (2, 8)
BAR_PX = (26, 60)  # its thickness


class Clip(NamedTuple):
    """Frames of a camera with bars in them, the truth, and which keypoints a bar covers."""

    images: list[np.ndarray]
    xy_px: np.ndarray
    is_visible: np.ndarray
    is_covered: np.ndarray
    covered_frames: np.ndarray  # how long a keypoint is covered around a frame; 0 outside
    boxes_xyxy_px: np.ndarray


def main() -> None:
    """Train both networks with each seed, print a line for each, and write all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, at most five minutes")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int)
    chosen = parser.parse_args()
    if not WEIGHTS.is_file():
        print(f"{WEIGHTS}: no such weights; SUPERANIMAL_SHARED names their folder")
        return
    steps = chosen.steps or (300 if chosen.quick else 1000)
    seeds = chosen.seeds or (1 if chosen.quick else 3)
    taught, tested = ([film(s) for s in scenes] for scenes in (TAUGHT_SCENES, TESTED_SCENES))
    rows = []
    for seed in range(seeds):
        for architecture in ARCHITECTURES:
            rows.append(measured(architecture, seed, steps, taught, tested))
            tell(rows[-1:], architecture)
    for architecture in ARCHITECTURES:
        tell([row for row in rows if row["architecture"] == architecture], "all seeds")
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "context.parquet")


def film(seed: int) -> Clip:
    """A mouse that bars pass in front of."""
    scene = mouse_video_scene(seed, FRAMES / FPS + 1)
    frames = [*render_frames(scene, (np.arange(FRAMES) + 0.5) / FPS)]
    xy_px = np.stack([frame.xy_px for frame in frames])
    is_covered = np.zeros(xy_px.shape[:2], bool)
    generator = np.random.default_rng([seed, 21])
    start = int(generator.integers(*EVERY_FRAMES))
    while start < FRAMES:
        pass_bar(frames, start, generator, is_covered)
        start += int(generator.integers(*EVERY_FRAMES))
    is_seen = np.stack([frame.is_visible for frame in frames])
    boxes = np.stack([frame.box_xyxy_px for frame in frames])
    lengths = np.stack([run_lengths(column) for column in is_covered.T], axis=1)
    return Clip([f.image for f in frames], xy_px, is_seen, is_covered, lengths, boxes)


def pass_bar(
    frames: Sequence[Frame], start: int, generator: np.random.Generator, is_covered: np.ndarray
) -> None:
    """A bar that crosses the animal from frame `start` on, painted into the frames."""
    angle, thick_px = generator.uniform(0, 2 * np.pi), generator.uniform(*BAR_PX)
    along = np.array([np.cos(angle), np.sin(angle)])
    step_px = thick_px / generator.uniform(COVERED_FRAMES[0], COVERED_FRAMES[1])
    color = generator.uniform(40, 215, 3)
    reach_px = 75 + thick_px / 2
    for count, frame in enumerate(frames[start : start + int(2 * reach_px / step_px) + 1], start):
        middle = frame.box_xyxy_px.reshape(2, 2).mean(axis=0)
        place = (count - start) * step_px - reach_px
        side = np.array([-along[1], along[0]])
        corners = [
            middle + along * (place + a * thick_px / 2) + side * b * 400
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        paint = np.zeros(frame.image.shape[:2], np.uint8)
        cv2.fillConvexPoly(paint, np.round(corners).astype(np.int32), 255)
        noise = generator.normal(0, 6, (*paint.shape, 1))
        bar = np.clip(color + noise, 0, 255).astype(np.uint8)
        frame.image[paint > 0] = bar[paint > 0]
        away = np.abs((frame.xy_px - middle) @ along - place)
        is_covered[count] |= away < thick_px / 2


def run_lengths(is_true: np.ndarray) -> np.ndarray:
    """How long the run is that each true entry is part of; 0 where false."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_true.astype(int), [0]])))
    lengths = np.zeros(len(is_true), int)
    for low, high in edges.reshape(-1, 2):
        lengths[low:high] = high - low
    return lengths


def measured(
    architecture: str, seed: int, steps: int, taught: Sequence[Clip], tested: Sequence[Clip]
) -> dict[str, object]:
    """Errors (px of the video) and times of a network after the steps."""
    use_device(1, seed=seed)
    begun = time.process_time()
    bundle = trained(architecture, seed, steps, taught)
    step_s = (time.process_time() - begun) / steps
    covered, seen, lengths, begun = [], [], [], time.process_time()
    for clip in tested:
        error = errors_in(bundle, clip)
        covered.append(error[clip.is_covered])
        lengths.append(clip.covered_frames[clip.is_covered])
        seen.append(error[~clip.is_covered & clip.is_visible])
    frame_s = (time.process_time() - begun) / sum(len(clip.images) for clip in tested)
    errors, runs = np.concatenate(covered), np.concatenate(lengths)
    return {
        "architecture": architecture,
        "seed": seed,
        "covered_px": float(errors.mean()),
        "covered_median_px": float(np.median(errors)),
        "covered_2_to_4_px": float(errors[runs <= 4].mean()),
        "covered_5_to_8_px": float(errors[(runs > 4) & (runs <= 8)].mean()),
        "seen_px": float(np.concatenate(seen).mean()),
        "step_s": step_s,
        "frame_s": frame_s,
    }


def errors_in(bundle: ModelBundle, clip: Clip) -> np.ndarray:
    """Distance from the truth, of each frame and keypoint; half a box where nothing is said."""
    times = np.arange(len(clip.images)) / FPS
    boxes = clip.boxes_xyxy_px[:, None]
    how = {"batch": 16, "precision": "float32", "device": CPU}
    [poses] = predict_video([bundle], clip.images, boxes, times, **how)
    return np.nan_to_num(np.linalg.norm(poses.xy_px[:, 0] - clip.xy_px, axis=2), nan=50.0)


def trained(architecture: str, seed: int, steps: int, clips: Sequence[Clip]) -> ModelBundle:
    """A network from an ImageNet backbone after the steps."""
    own = SETTINGS["models"]["mouse"]
    colors = tuple(own["mean"]), tuple(own["std"])
    labels = labels_of(clips)
    network = {"backbone": "mobilenetv2_100", "stride_px": 4, "decoder_channels": 32}
    bundle = new_bundle(
        labels.space,
        architecture=architecture,
        parameters=network | {"sigma_px": SIGMA_PX, "is_subpixel": True},
        crop=CropGeometry((SIDE_PX, SIDE_PX), 1.25, *colors, in_whole_pixels=False),
        trained_on=("camera",),
        weights=read_initial_weights(str(WEIGHTS)),
    )
    training = TrainingSettings(
        **SETTINGS["training"] | {"steps": steps, "batch": 8, "warmup_steps": 20}
        | {"ema_decay": 0.98}
    )  # fmt: skip
    augment = AugmentSettings(**SETTINGS["augment"] | {"flip": 0.0, "cutout": 0.0})
    fit_labels(
        bundle,
        labels,
        lambda name: clips[int(name.split("#")[0])].images[int(name.split("#")[1])],
        training,
        augment,
        seed=seed,
        device=CPU,
        tell=lambda *_: None,
        neighbors=window_of if architecture.endswith("_context") else None,
    )
    return bundle


def window_of(name: str) -> list[str]:
    """The frames around a labeled one, as they are beside it in the folder of a data set."""
    clip, frame = map(int, name.split("#"))
    numbers = np.clip(np.arange(frame - REACH, frame + REACH + 1), 0, FRAMES - 1)
    return [f"{clip}#{number}" for number in numbers]


def labels_of(clips: Sequence[Clip]) -> Labels:
    """Some frames of each clip as a person labels them, who knows where a covered keypoint is."""
    rows = [
        (number, int(frame))
        for number in range(len(clips))
        for frame in np.random.default_rng(number).permutation(FRAMES)[:LABELED]
    ]
    xy_px = np.stack([clips[c].xy_px[f] for c, f in rows])
    is_visible = np.stack([clips[c].is_visible[f] & ~clips[c].is_covered[f] for c, f in rows])
    boxes = np.stack([clips[c].boxes_xyxy_px[f] for c, f in rows])
    names = tuple(f"k{i}" for i in range(xy_px.shape[1]))
    count = len(rows)
    return Labels(
        space=KeypointSpace("mouse", names),
        source=np.full(count, "camera", dtype=object),
        image=np.array([f"{c}#{f}" for c, f in rows], dtype=object),
        image_size_px=np.tile([320, 240], (count, 1)),
        individual=np.full(count, "animal0", dtype=object),
        group=np.array([str(c) for c, _ in rows], dtype=object),
        split=np.full(count, "train", dtype=object),
        box_xyxy_px=boxes,
        xy_px=xy_px,
        state=np.where(is_visible, int(LabelState.VISIBLE), int(LabelState.OCCLUDED)),
        score=np.ones(xy_px.shape[:2]),
    )


def tell(rows: Sequence[dict[str, Any]], what: str) -> None:
    """The means of some rows."""
    names = [name for name in rows[0] if name not in ("architecture", "seed")]
    means = [f"{name} {np.mean([row[name] for row in rows]):.4f}" for name in names]
    print(f"{rows[0]['architecture']}, {what}: {', '.join(means)}", flush=True)


if __name__ == "__main__":
    main()
