"""What it costs to detect on every n-th frame only, with a finished study's networks.

    python benchmarks/strided_detection.py [STUDY] [--every 5 10 25] [--quick]

For each video of STUDY (demo-study, after `make demo`; real-study, after `make real`): the share of
keypoints within 2 px of those that detection on every frame gives, their error where the truth is
known, the frames per second, and how many boxes were found again. The limit of the share is the
detector's own repeatability: what is left of it when the detector sees every frame, moved by 3 px.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
import yaml

from superanimal_core.errors import VideoError
from superanimal_core.inference.detect import BoxedFrame, DetectedBoxes
from superanimal_core.inference.predict import Redetection, member_poses, predict_batches
from superanimal_core.inference.seen import join_seen
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle, read_detector
from superanimal_core.network.devices import use_device
from superanimal_core.pose.poses import Poses
from superanimal_core.study.study import Study, read_study
from superanimal_core.tables.truth_files import true_positions

ROOT = Path(__file__).resolve().parents[1]
LIMIT_PX = 2.0
MOVED_PX = (3, 2)


def main() -> None:
    """Print one line per video and stride."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default="demo-study")
    parser.add_argument("--every", nargs="+", type=int, default=[5, 10, 25])
    parser.add_argument("--quick", action="store_true", help="200 frames of each video")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    os.chdir(options.study)
    study = read_study(yaml.safe_load(Path("config/config.yaml").read_text()), ROOT)
    device = use_device(options.threads, seed=0)
    most = 200 if options.quick else None
    for video in study.videos:
        try:
            expected, seconds, _ = predicted(study, video, 1, False, most, device)
        except VideoError as error:
            print(f"{video}: {error.reason}")
            continue
        frames = len(expected)
        error = error_told(study, video, expected)
        print(f"{video}: {frames} frames, {frames / seconds:.1f} frames/s, every frame seen{error}")
        poses, *_ = predicted(study, video, 1, False, most, device, moved_px=MOVED_PX)
        print(f"  every frame, moved for the detector: {share_within(poses, expected):.2%}")
        for every in options.every:
            for redetect in (False, True):
                poses, seconds, again = predicted(study, video, every, redetect, most, device)
                print(
                    f"  every {every}th, {'with' if redetect else 'without'} a second look: "
                    f"{share_within(poses, expected):.2%} within {LIMIT_PX} px, "
                    f"{frames / seconds:.1f} frames/s, {again} boxes found again"
                    f"{error_told(study, video, poses)}"
                )


def predicted(
    study: Study,
    video: str,
    every: int,
    redetect: bool,
    most: int | None,
    device: torch.device,
    moved_px: tuple[int, int] = (0, 0),
) -> tuple[Poses, float, int]:
    """Poses of the first member, seconds, and the number of boxes that were found again.

    The detector sees the frames moved to the right and down; its boxes are moved back.
    """
    row, settings = study.videos[video], study.settings
    models = Path("results/models") / row.model
    detector = read_detector(models / "detector")
    seed = settings.models[row.model].seeds[0]
    bundle = read_bundle(models / f"member-{seed}")
    times = index_frames(row.path, row.fps).time_s[:most]
    start = time.perf_counter()
    source = DetectedBoxes(
        detector,
        times,
        max_individuals=row.max_individuals,
        min_score=settings.detector.min_score,
        every_frames=every,
        max_gap_s=settings.detector.max_gap_s,
        batch=settings.inference.batch,
        device=device,
    )
    found = source.boxed(moved(read_frames(row.path), moved_px), 0)
    frames = (
        BoxedFrame(image, boxed.boxes_xyxy_px - np.tile(moved_px, 2), boxed.is_detected)
        for boxed, image in zip(found, read_frames(row.path), strict=False)
    )
    seen = join_seen(
        [
            *predict_batches(
                [bundle],
                frames,
                batch=settings.inference.batch,
                precision=settings.inference.precision,
                device=device,
                redetection=Redetection(source.detect_again) if redetect else None,
            )
        ]
    )
    [poses] = member_poses(bundle.space, times, seen.xy_px, seen.score)
    return poses, time.perf_counter() - start, int(seen.is_found_again.sum())


def moved(frames: Iterator[np.ndarray], by_px: tuple[int, int]) -> Iterator[np.ndarray]:
    """Frames moved to the right and down; what leaves on one side comes in on the other."""
    for image in frames:
        yield np.roll(image, by_px[::-1], axis=(0, 1)) if any(by_px) else image


def error_told(study: Study, video: str, poses: Poses) -> str:
    """Mean and median error of the first animal against the truth, where the sheet names it."""
    path = study.videos[video].columns.get("truth")
    if not path:
        return ""
    true_px, is_visible = true_positions(pq.read_table(path), poses.space.keypoints, len(poses))
    error = np.linalg.norm(poses.xy_px[:, 0] - true_px, axis=2)[is_visible]
    return f"; error {np.nanmean(error):.2f} px, median {np.nanmedian(error):.2f} px"


def share_within(poses: Poses, expected: Poses) -> float:
    """Of the keypoints that detection on every frame sees well (score 0.5)."""
    seen = expected.score >= 0.5
    distance = np.linalg.norm(poses.xy_px - expected.xy_px, axis=3)
    return share(distance[seen] <= LIMIT_PX)


def share(hits: Sequence[bool] | np.ndarray) -> float:
    """Part that is true; NaN (an absent pose) is a miss."""
    return float(np.mean(hits)) if len(hits) else float("nan")


if __name__ == "__main__":
    main()
