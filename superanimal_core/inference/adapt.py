"""Video adaptation (Ye et al. 2024): a network learns from its own confident predictions.

Predict, select pseudo-labels, train a little with frozen normalization statistics, predict again.
Unlike the paper's software, low-confidence keypoints are masked (no gradient) instead of trained as
absent, and the adapted network is kept only if frames that it did not learn from speak for it.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.evaluation.stability import dropped_keypoints
from superanimal_core.inference.keypoint_complaints import keypoint_complaints
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import TrainingSettings


@dataclass(frozen=True)
class Verdict:
    """Whether the adapted network is kept, and the figures that decided.

    Ratios are after / before on held-out frames: jitter (mean displacement from frame to frame),
    dropped keypoints (`stability.dropped_keypoints`), and the displacement of confident keypoints
    by the adaptation over the jitter before.
    """

    is_kept: bool
    reason: str
    jitter_ratio: float
    dropped_before: float
    dropped_after: float
    displacement_ratio: float


def adaptation_training(**settings: Any) -> TrainingSettings:
    """How a network learns from its own predictions; `settings` are the others of a training.

    Whatever a pretraining does: keypoints that are not sure stay masked, since to train them as
    absent would teach the network its own doubts; there is no warm-up, which the few steps might
    not outlast; the normalization's statistics stay those of the labels (Ye et al. 2024); and no
    frames are held out to stop early, since the verdict has its own.
    """
    return TrainingSettings(
        **settings,
        masking=True,
        bagging=False,
        warmup_steps=0,
        frozen_batch_norm=True,
        early_stopping=None,
    )


def held_out_block(frames: int, fraction: float) -> slice:
    """What adaptation must not see: one block of frames in the middle of a video."""
    length = max(round(frames * fraction), 2)
    start = max((frames - length) // 2, 0)
    return slice(start, min(start + length, frames))


def poses_in_block(poses: Poses, block: slice) -> Poses:
    """The poses of some frames in a row."""
    return replace(
        poses, time_s=poses.time_s[block], xy_px=poses.xy_px[block], score=poses.score[block]
    )


def frame_name(video: str, frame: int) -> str:
    """What a frame of a video is called among labels."""
    return f"{video}#frame={frame}"


def labeled_frames(labels: Labels) -> list[int]:
    """The numbers of the frames that pseudo-labels are in, one for each animal."""
    return [int(str(name).rpartition("=")[2]) for name in labels.image]


def select_pseudo_labels(
    poses: Poses,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    image_size_px: tuple[int, int],
    *,
    video: str,
    min_score: float,
    every_frames: int,
    max_frames: int,
    held: slice,
) -> Labels:
    """Confident predictions as labels in state TAUGHT; the others of an animal are masked.

    `image` names the frame as `video#frame=i`. Every `every_frames`-th frame is looked at, at most
    `max_frames` evenly spread; those in `held` are left alone. Without a confident one there
    are no labels.
    """
    candidates = np.setdiff1d(
        np.arange(0, len(poses), every_frames), np.arange(held.start, held.stop)
    )
    is_sure = (poses.score >= min_score) & np.isfinite(poses.xy_px).all(axis=3)
    is_sure = is_sure[candidates]
    has_box = np.isfinite(boxes_xyxy_px[candidates]).all(axis=2)
    at, individual = np.nonzero(is_sure.any(axis=2) & has_box)
    if len(at) > max_frames:
        spread = np.linspace(0, len(at) - 1, max_frames).round().astype(int)
        at, individual = at[spread], individual[spread]
    frame, sure = candidates[at], is_sure[at, individual]
    n = len(frame)
    return Labels(
        space=poses.space,
        source=np.full(n, video),
        image=np.array([frame_name(video, f) for f in frame.tolist()]),
        image_size_px=np.tile(np.array(image_size_px), (n, 1)),
        individual=np.array(poses.individuals)[individual],
        group=np.full(n, video),
        split=np.full(n, "train"),
        box_xyxy_px=boxes_xyxy_px[frame, individual],
        xy_px=np.where(sure[..., None], poses.xy_px[frame, individual], np.nan),
        state=np.where(sure, LabelState.TAUGHT, LabelState.NOT_IN_DATASET).astype(int),
        score=np.where(sure, poses.score[frame, individual], 0.0),
    )


def judge_adaptation(
    before: Poses,
    after: Poses,
    is_taught: Bool[ndarray, "keypoint"],
    *,
    min_score: float,
    max_jitter_ratio: float,
    max_displacement_ratio: float,
) -> Verdict:
    """Keep the adapted network unless it jitters more, drops more or wanders off, in any keypoint.

    Both poses are of the same held-out consecutive frames, of a network that was taught the
    keypoints where `is_taught`. What cannot be measured, and a position
    that is no number, speaks against the network.
    """
    is_known = [np.isfinite(p.xy_px).all(axis=3) for p in (before, after)]
    sure = [k & (p.score >= min_score) for k, p in zip(is_known, (before, after), strict=True)]
    both = sure[0] & sure[1]
    pairs = both[1:] & both[:-1]
    jitter_before = _mean_step(before.xy_px, pairs)
    jitter = _mean_step(after.xy_px, pairs) / max(jitter_before, 1e-9)
    moved = np.linalg.norm(after.xy_px - before.xy_px, axis=-1)[both]
    displacement = float(np.median(moved)) / max(jitter_before, 1e-9) if both.any() else np.inf
    dropped = [
        float(dropped_keypoints(p.xy_px, p.score, is_taught, min_score=min_score).mean())
        for p in (before, after)
    ]
    complaints = []
    if not both.any():
        complaints.append(f"no keypoint has a score of {min_score} before and after")
    elif np.isnan(jitter):
        complaints.append("jitter cannot be measured, no keypoint is sure in two frames in a row")
    elif jitter > max_jitter_ratio:
        complaints.append(f"jitter grew to {jitter:.2f} of what it was")
    elif displacement > max_displacement_ratio:
        complaints.append(f"keypoints moved by {displacement:.1f} times the jitter")
    is_absent = ~is_known[1] & (after.score == 0)  # out of view, which counts as dropped
    lost = int((is_known[0] & ~is_absent & ~(is_known[1] & np.isfinite(after.score))).sum())
    if lost:
        complaints.append(f"{lost} keypoints have no position or score any more")
    complaints += keypoint_complaints(before, after, both, max_displacement_ratio)
    if dropped[1] > dropped[0] + 0.5:
        complaints.append(f"{dropped[1]:.1f} keypoints per frame dropped, {dropped[0]:.1f} before")
    kept = f"jitter {jitter:.2f} of what it was, {dropped[1]:.1f} keypoints dropped per frame"
    return Verdict(
        not complaints, "; ".join(complaints) or kept, jitter, dropped[0], dropped[1], displacement
    )


def _mean_step(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    pairs: Bool[ndarray, "step individual keypoint"],
) -> float:
    """Mean displacement (px) from frame to frame over the chosen pairs of positions."""
    steps = np.linalg.norm(np.diff(xy_px, axis=0), axis=-1)[pairs]
    return float(steps.mean()) if len(steps) else np.nan
