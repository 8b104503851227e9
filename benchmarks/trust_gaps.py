"""Circles around positions that no network saw, where the truth is known."""

from dataclasses import replace

import numpy as np
from numpy import ndarray
from trust_simulations import LAWS, SMOOTHING, labeled, walk, with_errors

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import fit_calibration, predict_error
from superanimal_core.smoothing.sampling import lasting_noise

LAW = "half shared"
FRAMES = (3, 10, 30)
EVERY_S = (0.5, 1.2)  # from the end of a gap to the next one
MAX_GAP_S = SMOOTHING.eks.max_gap_s
UNSEEN_SCORE = 0.03
WALK_PX2_PER_S = 150.0
VELOCITY_PX_PER_S, VELOCITY_S = 60.0, 0.3


def measure(case: tuple[str, int, float, int], animals: int) -> float:
    """What the circles of 90 % hold in gaps of one length: motion, members, frames per second."""
    motion, members, fps, frames = case
    calibration = fit_calibration(labeled(LAWS[LAW], members, fps))
    inside = []
    for seed in range(animals):
        truth = MOTIONS[motion](seed, fps)
        is_gap = gaps(truth.poses, frames, seed)
        seen = [blind(one, is_gap) for one in with_errors(truth.poses, LAWS[LAW], members, seed)]
        smoothed = SMOOTHERS["eks"](seen, SMOOTHING.of("eks"))
        expected = predict_error(calibration, smoothed)
        apart = smoothed.poses.xy_px - truth.poses.xy_px
        distance = np.hypot(apart[..., 0], apart[..., 1])
        chosen = is_gap & np.isfinite(distance)
        inside.extend((distance <= expected.radius_90_px)[chosen].tolist())
    return float(np.mean(inside))


def walk_at_random(seed: int, fps: float) -> SmoothedPoses:
    """An animal that wanders."""
    still = walk(seed, fps)
    steps = np.random.default_rng([seed, 8]).normal(size=(len(still.poses), 2))
    return _along(still, np.cumsum(steps, axis=0) * np.sqrt(WALK_PX2_PER_S / fps))


def go_smoothly(seed: int, fps: float) -> SmoothedPoses:
    """An animal whose velocity lasts."""
    still = walk(seed, fps)
    lot = np.random.default_rng([seed, 9])
    velocity = VELOCITY_PX_PER_S * lasting_noise(still.poses.time_s, VELOCITY_S, 2, lot)
    return _along(still, np.cumsum(velocity, axis=0) / fps)


def _along(animal: SmoothedPoses, path_px: ndarray) -> SmoothedPoses:
    """An animal in its first posture, carried along a path (frame, 2)."""
    xy_px = animal.poses.xy_px[:1] + path_px[:, None, None]
    return replace(animal, poses=replace(animal.poses, xy_px=xy_px))


MOTIONS = {"random walk": walk_at_random, "smooth": go_smoothly, "walking": walk}


def gaps(poses: Poses, frames: int, seed: int) -> ndarray:
    """Frame, individual, keypoint: stretches of so many frames, seen before and after."""
    lot = np.random.default_rng([seed, 6])
    is_gap = np.zeros(poses.score.shape, bool)
    for i, k in np.ndindex(is_gap.shape[1:]):
        start = round(poses.fps * lot.uniform(*EVERY_S))
        while start + frames < len(is_gap):
            is_gap[start : start + frames, i, k] = True
            start += frames + round(poses.fps * lot.uniform(*EVERY_S))
    return is_gap


def blind(poses: Poses, is_gap: ndarray) -> Poses:
    """A network that sees nothing there, and says so by its score."""
    lost = poses.xy_px + np.where(is_gap[..., None], 50.0, 0.0)
    return replace(poses, xy_px=lost, score=np.where(is_gap, UNSEEN_SCORE, poses.score))
