"""A drawn quadruped that walks for minutes, as an ensemble sees it, and a calibration."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy import ndarray
from smoothing_truth import Video, labeled_animals, labeled_images, predicted

from superanimal_core.media.frame_index import FrameIndex
from superanimal_core.pose.boxes import boxes_from_keypoints
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import fit_calibration
from superanimal_core.smoothing.calibration_check import check_calibration
from superanimal_core.smoothing.labeled_errors import errors_at_labels
from superanimal_core.smoothing.sampling import lasting_noise
from superanimal_core.synthetic.gait_generator import WALK_PHASES, Gait, plan_timeline
from superanimal_core.synthetic.quadruped import Quadruped
from superanimal_core.tables.calibration_files import write_calibration
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import poses_to_table
from superanimal_core.tables.video_tables import boxes_to_table, frames_record, frames_to_table

SPACE, ANIMAL = "superanimal_quadruped", ("animal0",)
BETWEEN = ("body_middle_left", "back_middle", "belly_bottom")  # a 27th keypoint, between two others
KEYPOINTS = (*Quadruped.keypoints, BETWEEN[0])
WALK = Gait(1.1, 0.62, 0.62, WALK_PHASES)
PROGRAM = (("pause", 1.0), ("walk", 8), ("pause", 1.5), ("rear", 1.2), ("pause", 1.0))
PX_PER_BL, CENTER_PX, SIZE_PX = 200.0, (640.0, 360.0), (1280, 720)
TURN_S = 0.3  # nobody sees the animal while it turns around
HIDDEN_EVERY_S, HIDDEN_S = 4.0, 0.3
SHARED_PX, SHARED_S = 0.7, 0.3
CALIBRATED_VIDEOS, CALIBRATED_S = 8, 20.0


def truth_of(time_s: ndarray) -> ndarray:
    """True positions (px), frame by keypoint: one crossing after the other, there and back."""
    timeline = plan_timeline(WALK, PROGRAM)
    length_bl = float(timeline.distance_bl(np.array([timeline.duration_s]))[0])
    lap, within_s = np.divmod(time_s, timeline.duration_s)
    ways = [Quadruped(timeline, left, -length_bl / 2).figure(within_s) for left in (False, True)]
    names, xy_bl = Quadruped.keypoints, np.where(
        (lap % 2 == 1)[:, None, None], ways[1].keypoints, ways[0].keypoints
    )  # fmt: skip
    middle = xy_bl[:, [names.index(name) for name in BETWEEN[1:]]].mean(axis=1, keepdims=True)
    xy_px = np.concatenate([xy_bl, middle], axis=1) * PX_PER_BL + CENTER_PX
    return np.where((within_s < TURN_S)[:, None, None], np.nan, xy_px)


def seen_by(members: int, seconds: float, fps: float, seed: int) -> Video:
    """A video of so many seconds: errors that members share and own, jumps, hidden keypoints."""
    rng = np.random.default_rng([seed, 23])
    time_s = np.arange(round(seconds * fps)) / fps
    truth = truth_of(time_s)
    phase_s = rng.uniform(0, HIDDEN_EVERY_S, truth.shape[1])
    is_hidden = (time_s[:, None] + phase_s) % HIDDEN_EVERY_S < HIDDEN_S
    noise = lasting_noise(time_s, SHARED_S, truth[0].size, rng).reshape(truth.shape)
    space, poses = KeypointSpace(SPACE, KEYPOINTS), []
    for _ in range(members):
        xy, score = predicted(truth, is_hidden, SHARED_PX * noise, fps, rng)
        score = np.where(np.isfinite(xy[..., 0]), score, 0.0)
        poses.append(Poses(space, ANIMAL, time_s, xy[:, None], score[:, None]))
    return Video(f"seed{seed}", truth, is_hidden, poses)


def write_video(folder: Path, members: int, seconds: float, fps: float) -> None:
    """What lies beside a video before its poses are smoothed."""
    seen = seen_by(members, seconds, fps, seed=0).members
    time_s, frames = seen[0].time_s, len(seen[0])
    index = FrameIndex(
        np.arange(frames, dtype=np.int32), time_s, np.ones(frames, bool), np.zeros(frames, bool),
        *SIZE_PX, fps, frames, 0, 0, 0, 0, 0.0, False, 0, False, 1,
    )  # fmt: skip
    write_parquet(frames_to_table(index), folder / "frames.parquet", frames_record(index))
    boxes = boxes_from_keypoints(seen[0].xy_px, margin_px=20.0)
    score, again = seen[0].score.max(axis=2), np.zeros((frames, len(ANIMAL)), bool)
    write_parquet(boxes_to_table(boxes, score, time_s, again), folder / "boxes.parquet", {})
    for number, poses in enumerate(seen):
        path = folder / f"predicted/member-{number}.parquet"
        write_parquet(poses_to_table(poses), path, {"space": asdict(poses.space)})


def write_ensembles_calibration(path: Path, members: int, smoothing: EksSmoothing) -> None:
    """A calibration on single pictures of other videos of the same ensemble."""
    videos = [seen_by(members, CALIBRATED_S, 30.0, 1 + i) for i in range(CALIBRATED_VIDEOS)]
    images, label_px, group = labeled_images(videos)
    errors = errors_at_labels(SMOOTHERS["eks"](images, smoothing), labeled_animals(label_px, group))
    write_calibration(fit_calibration(errors), check_calibration(errors), path, {})
