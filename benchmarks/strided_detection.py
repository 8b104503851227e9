"""What it costs to detect in some frames only, with a finished study's networks.

    python benchmarks/strided_detection.py [STUDY] [--every auto 5 10 25] [--quick] [--record]

For each video of STUDY (demo-study, after `make demo`; real-study, after `make real`), and for each
of one animal beside itself, backwards, which makes two: frames for each that the detector looks at,
those looked at again counted; the share of keypoints within 2 px of those that detection on every
frame gives; their error where the truth is known (on DeepLabCut's open field, where published
networks agree: see published_poses), and as a part of that of every frame; frames per second. The
limit of the share is the detector's own repeatability: what is left of it when the detector sees
every frame, moved by 3 px.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
import yaml
from machine_rows import add_record_option, keep_row
from published_poses import open_field_poses

from superanimal_core.errors import VideoError
from superanimal_core.inference.detect import BoxedFrame
from superanimal_core.inference.detect_where_needed import detected_boxes
from superanimal_core.inference.predict import Redetection, member_poses, predict_batches
from superanimal_core.inference.seen import join_seen
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle, read_detector
from superanimal_core.network.detector import DETECTORS, DetectorBundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.poses import Poses
from superanimal_core.study.study import Study, read_study
from superanimal_core.tables.truth_files import true_positions

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")).resolve() / "data"
OPEN_FIELD_VIDEO = "m3v1mp4.mp4"
OPEN_FIELD = {
    "snout": "nose",
    "leftear": "left_ear",
    "rightear": "right_ear",
    "tailbase": "tail_base",
}
LIMIT_PX = 2.0
MOVED_PX = (3, 2)
NOT_MOVED = (0, 0)


@dataclass(frozen=True)
class Clip:
    """A video, how many animals it may show, and where their keypoints are (px; NaN: unknown)."""

    frames: Callable[[], Iterator[np.ndarray]]
    time_s: np.ndarray
    animals: int
    across: int  # videos side by side in its frames
    truth_px: Callable[[tuple[str, ...]], np.ndarray] | None  # frame, animal, keypoint, 2


@dataclass(frozen=True)
class Seen:
    """What detection in some frames gives, and what it costs."""

    poses: Poses
    seconds: float
    looks: int


def main() -> None:
    """Print one line per video and stride."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default="demo-study")
    parser.add_argument("--every", nargs="+", default=["auto", "5", "10", "25"])
    parser.add_argument("--quick", action="store_true", help="200 frames of each video")
    parser.add_argument("--threads", type=int, default=2)
    add_record_option(parser)
    options = parser.parse_args()
    os.chdir(options.study)
    study = read_study(yaml.safe_load(Path("config/config.yaml").read_text()), ROOT)
    device, most = use_device(options.threads, seed=0), 200 if options.quick else None
    for video, row in study.videos.items():
        try:
            alone = clip_of(study, video, most)
        except VideoError as error:
            print(f"{video}: {error.reason}")
            continue
        clips = {video: alone}
        if row.max_individuals == 1:
            clips[f"{video} twice"] = twice(alone)
        for name, clip in clips.items():
            compare(study, row.model, name, clip, options, device)


def compare(
    study: Study,
    model: str,
    name: str,
    clip: Clip,
    options: argparse.Namespace,
    device: torch.device,
) -> None:
    """The lines of one video."""
    every_frame = predicted(study, model, clip, 1, device)
    moved = predicted(study, model, clip, 1, device, MOVED_PX)
    repeated = share_within(moved.poses, every_frame.poses)
    print(f"{name}: {len(clip.time_s)} frames; moved: {repeated:.1%} within {LIMIT_PX:.0f} px")
    for every in ("1", *options.every):
        stride = every if every == "auto" else int(every)
        seen = every_frame if stride == 1 else predicted(study, model, clip, stride, device)
        figures = {
            "frames_per_look": len(clip.time_s) / seen.looks,
            "error_px": error_px(clip, seen.poses),
            "error_of_every_frame": error_px(clip, seen.poses) / error_px(clip, every_frame.poses),
            "within_2_px": share_within(seen.poses, every_frame.poses),
            "frames_per_s": len(clip.time_s) / seen.seconds,
        }
        told = ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in figures.items())
        print(f"  {'auto' if stride == 'auto' else f'every {stride}th'}: {told}", flush=True)
        if options.record:
            case = f"{Path.cwd().name}, {name}, {every}"
            precision = study.settings.inference.precision
            keep_row("strided_detection", case, figures, precision=precision)


def predicted(
    study: Study,
    model: str,
    clip: Clip,
    every: int | str,
    device: torch.device,
    moved_px: tuple[int, int] = NOT_MOVED,
) -> Seen:
    """Poses of the first member; animals are looked for again where the setting says so.

    The detector sees the frames moved to the right and down; its boxes are moved back.
    """
    settings, models = study.settings, Path("results/models") / model
    detector = read_detector(models / "detector")
    if detector.size_px is not None and clip.across > 1:
        detector = enlarged(detector, detector.size_px * clip.across)
    bundle = read_bundle(models / f"member-{settings.models[model].seeds[0]}")
    start = time.perf_counter()
    source = detected_boxes(
        detector,
        clip.time_s,
        max_individuals=clip.animals,
        min_score=settings.detector.min_score,
        every_frames=every,
        max_gap_s=settings.detector.max_gap_s,
        batch=settings.inference.batch,
        device=device,
        precision=settings.inference.precision,
    )
    found = source.boxed(moved_by(clip.frames(), moved_px), 0)
    frames = (
        BoxedFrame(image, boxed.boxes_xyxy_px - np.tile(moved_px, 2), boxed.is_detected)
        for boxed, image in zip(found, clip.frames(), strict=False)
    )
    is_doubted = settings.detector.redetect and every != 1
    how = {"precision": settings.inference.precision, "device": device}
    how["redetection"] = Redetection(source.detect_again) if is_doubted else None
    seen = join_seen([*predict_batches([bundle], frames, batch=settings.inference.batch, **how)])
    seconds = time.perf_counter() - start
    [poses] = member_poses(bundle.space, clip.time_s, seen.xy_px, seen.score)
    return Seen(poses, seconds, int((source.is_looked_at | seen.is_looked_again).sum()))


def enlarged(detector: DetectorBundle, size_px: int) -> DetectorBundle:
    """The same detector for larger squares: animals keep their size in its pixels."""
    network = DETECTORS[detector.architecture](**{**detector.parameters, "size_px": size_px})
    network.load_state_dict(detector.network.state_dict())
    return replace(detector, network=network, size_px=size_px)


def clip_of(study: Study, video: str, most: int | None) -> Clip:
    """A video of the study. VideoError when it cannot be read."""
    row = study.videos[video]
    times, path = index_frames(row.path, row.fps).time_s[:most], row.columns.get("truth")

    def truth_px(keypoints: tuple[str, ...]) -> np.ndarray:
        true_px, is_visible = true_positions(pq.read_table(path), keypoints, len(times))
        return np.where(is_visible[..., None], true_px, np.nan)[:, None]

    def agreed_px(keypoints: tuple[str, ...]) -> np.ndarray:
        middle, own = open_field_poses(SHARED)
        places = [keypoints.index(OPEN_FIELD[name]) for name in middle.space.keypoints]
        found = np.full((len(times), 1, len(keypoints), 2), np.nan)
        found[:, :, places] = own[: len(times)]
        return found

    def frames() -> Iterator[np.ndarray]:
        return (image for image, _ in zip(read_frames(row.path), times, strict=False))

    has_poses = SHARED.is_dir() and Path(row.path).name == OPEN_FIELD_VIDEO
    truth = truth_px if path else agreed_px if has_poses else None
    return Clip(frames, times, row.max_individuals, 1, truth)


def twice(clip: Clip) -> Clip:
    """The video with itself to the right, backwards: two animals in one picture."""
    images = [*clip.frames()]
    width_px = images[0].shape[1]

    def truth_px(keypoints: tuple[str, ...]) -> np.ndarray:
        own = clip.truth_px(keypoints)
        return np.concatenate([own, own[::-1] + np.array([width_px, 0])], axis=1)

    def frames() -> Iterator[np.ndarray]:
        return (np.concatenate(pair, axis=1) for pair in zip(images, reversed(images), strict=True))

    return Clip(frames, clip.time_s, 2, 2, truth_px if clip.truth_px else None)


def moved_by(frames: Iterator[np.ndarray], by_px: tuple[int, int]) -> Iterator[np.ndarray]:
    """Frames moved to the right and down; what leaves on one side comes in on the other."""
    for image in frames:
        yield np.roll(image, by_px[::-1], axis=(0, 1)) if any(by_px) else image


def error_px(clip: Clip, poses: Poses) -> float:
    """Mean error of visible keypoints, each of the animal that is nearest on the whole; or NaN."""
    if clip.truth_px is None:
        return float("nan")
    truth_px = clip.truth_px(poses.space.keypoints)
    off = np.linalg.norm(poses.xy_px[:, :, None] - truth_px[:, None], axis=-1)
    own = np.nan_to_num(np.nanmean(off, axis=(0, 3)), nan=np.inf).argmin(axis=0)  # of each truth
    return float(np.mean([np.nanmean(off[:, own[i], i]) for i in range(truth_px.shape[1])]))


def share_within(poses: Poses, expected: Poses) -> float:
    """Of the keypoints that detection on every frame sees well (score 0.5)."""
    seen = expected.score >= 0.5
    distance = np.linalg.norm(poses.xy_px - expected.xy_px, axis=3)
    hits = distance[seen] <= LIMIT_PX  # an absent pose (NaN) is a miss
    return float(np.mean(hits)) if len(hits) else float("nan")


if __name__ == "__main__":
    main()
