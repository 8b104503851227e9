"""Walking animals with known footfalls, as a network sees them: errors that last, and worse."""

from dataclasses import dataclass, replace

import numpy as np
from numpy import ndarray

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.sampling import lasting_noise
from superanimal_core.synthetic.gait_generator import (
    LIMBS,
    TROT_PHASES,
    WALK_PHASES,
    Gait,
    Timeline,
    footfalls_of,
    plan_timeline,
)
from superanimal_core.synthetic.mouse import Mouse, wander
from superanimal_core.synthetic.quadruped import Quadruped

GALLOP_PHASES = (0.55, 0.65, 0.0, 0.1)
BODY = {
    "quadruped": ("back_base", "back_middle", "back_end", "tail_base"),
    "mouse": ("neck", "mid_back", "mouse_center", "tail_base"),
}
GAITS = {
    "quadruped": {
        "walk": Gait(1.1, 0.62, 0.62, WALK_PHASES),
        "trot": Gait(1.7, 0.45, 0.85, TROT_PHASES),
        "gallop": Gait(2.2, 0.32, 1.15, GALLOP_PHASES),
    },
    "mouse": {
        "walk": Gait(2.7, 0.66, 0.45, WALK_PHASES),
        "trot": Gait(5.9, 0.5, 0.8, TROT_PHASES),
        "gallop": Gait(9.8, 0.4, 1.1, GALLOP_PHASES),
    },
}
PX_PER_BL = 200.0
STRIDES, PAUSE_S = 12, 1.5
LASTING_S, LASTING_PART = 0.2, 0.9  # of the variance of an error; the rest is new in each frame
JUMPS, EXCHANGED, IN_GAPS = 0.02, 0.05, 0.05  # parts of the frames
JUMP_PX = 100.0
PAIRS = ((LIMBS[0], LIMBS[1]), (LIMBS[2], LIMBS[3]))
DISTURBANCES = ("jumps", "exchanged", "gaps")


@dataclass(frozen=True)
class Case:
    """What is simulated: an animal, its gait, the camera, and how its network errs."""

    animal: str
    gait: str
    fps: float
    noise_px: float
    disturbed_by: tuple[str, ...] = ()
    faces_left: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Seen:
    """What a network says, when each limb truly lifts and strikes, and where it is at fault."""

    truth: Poses
    poses: Poses
    timeline: Timeline
    is_exchanged: dict[str, ndarray]
    is_gap: dict[str, ndarray]

    def events(self, limb: str) -> tuple[ndarray, ndarray]:
        """Lifts and strikes (s), in order."""
        steps = footfalls_of(self.timeline, limb)
        return steps.lift_s, steps.strike_s

    def strides(self, limb: str) -> ndarray:
        """Rows (strike, lift, next strike) of the strides within a walk."""
        lift, strike = self.events(limb)
        rows = np.stack([strike[:-1], lift[1:], strike[1:]], axis=1)
        return rows[rows[:, 2] - rows[:, 0] < 1.3 / self.timeline.gait.stride_frequency_hz]


def simulate(case: Case) -> Seen:
    """One animal that walks, rests and walks on."""
    gait = GAITS[case.animal][case.gait]
    strides = max(STRIDES, round(5 * gait.stride_frequency_hz))
    program = (("pause", 0.5), ("walk", strides), ("pause", PAUSE_S), ("walk", strides))
    timeline = plan_timeline(gait, (*program, ("pause", 0.5)))
    time_s = np.arange(int(timeline.duration_s * case.fps)) / case.fps
    truth = _poses(case, timeline, time_s)
    rng = np.random.default_rng([case.seed, 21])
    exchanged, gaps = ({limb: np.zeros(len(time_s), bool) for limb in LIMBS} for _ in range(2))
    xy = truth.xy_px.copy()
    names = truth.space.keypoints
    if "exchanged" in case.disturbed_by:
        for pair in PAIRS:
            where = stretches(rng, time_s, EXCHANGED, 0.2, 1.0)
            sides = [names.index(limb) for limb in pair]
            xy[:, 0, sides] = np.where(where[:, None, None], xy[:, 0, sides[::-1]], xy[:, 0, sides])
            exchanged |= dict.fromkeys(pair, where)
    xy += case.noise_px * error_of(rng, time_s, xy.shape)
    if "jumps" in case.disturbed_by:
        turn = rng.uniform(0, 2 * np.pi, xy.shape[:3])
        far = JUMP_PX * (rng.random(turn.shape) < JUMPS)
        xy += far[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    if "gaps" in case.disturbed_by:
        for limb in LIMBS:
            gaps[limb] = stretches(rng, time_s, IN_GAPS, 0.05, 0.5)
            xy[gaps[limb], 0, names.index(limb)] = np.nan
    score = np.where(np.isfinite(xy[..., 0]), 0.9, 0.0)
    return Seen(truth, replace(truth, xy_px=xy, score=score), timeline, exchanged, gaps)


def stretches(
    rng: np.random.Generator, time_s: ndarray, part: float, least_s: float, most_s: float
) -> ndarray:
    """True in stretches of that length (uniform) that fill about that part of the time."""
    chosen = np.zeros(len(time_s), bool)
    while chosen.mean() < part:
        start, length = rng.uniform(0, time_s[-1]), rng.uniform(least_s, most_s)
        chosen |= (time_s >= start) & (time_s < start + length)
    return chosen


def error_of(rng: np.random.Generator, time_s: ndarray, shape: tuple[int, ...]) -> ndarray:
    """Errors of standard deviation 1; most of them last."""
    slow = lasting_noise(time_s, LASTING_S, int(np.prod(shape[1:])), rng).reshape(shape)
    return np.sqrt(LASTING_PART) * slow + np.sqrt(1 - LASTING_PART) * rng.normal(size=shape)


def _poses(case: Case, timeline: Timeline, time_s: ndarray) -> Poses:
    if case.animal == "quadruped":
        figure = Quadruped(timeline, case.faces_left, -2.0).figure(time_s)
        names, xy = Quadruped.keypoints, figure.keypoints
    else:
        rng = np.random.default_rng([case.seed, 3])
        length = float(timeline.distance_bl(time_s[-1:])[0]) + 1
        path = wander(rng, length, (5.0, 5.0), (0.0, 0.0), np.pi if case.faces_left else 0.0)
        figure = Mouse(timeline, path).figure(time_s)
        names = (*Mouse.keypoints, *LIMBS)
        xy = np.concatenate([figure.keypoints, figure.points["paws"]], axis=1)
    wanted = (*LIMBS, *BODY[case.animal])
    xy = xy[:, None, [names.index(name) for name in wanted]] * PX_PER_BL + 1000
    space = KeypointSpace(case.animal, wanted)
    return Poses(space, ("animal0",), time_s, xy, np.ones(xy.shape[:3]))
