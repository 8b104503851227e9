"""Stick animals with a known gait, seen by ensembles that err by a known law."""

import sys
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy import ndarray
from smoothing_truth import labeled_animals
from trust_counts import missed_or_unknown, pairs_of_strides

from superanimal_core.behavior.actions import (
    BoutTable,
    definitions_from_mapping,
    predict_bouts,
)
from superanimal_core.behavior.bout_intervals import bout_intervals, bouts_of_draws
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_intervals import stride_intervals, strides_of_draws
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.expected_error import ExpectedError, unknown_error
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.behavior import AnatomySettings, StrideSettings
from superanimal_core.settings.smoothing import DrawSettings, SmoothingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import fit_calibration, predict_error
from superanimal_core.smoothing.labeled_errors import (
    LabeledErrors,
    errors_at_labels,
)
from superanimal_core.smoothing.sampling import lasting_noise, sample_poses
from superanimal_core.study.overlay import CONFIG, read_config

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "behavior"))
sticks = import_module("stick_animals")
BODY, LIMBS = sticks.BODY, sticks.LIMBS


@dataclass(frozen=True)
class Law:
    """Standard deviations (px) of what members share, of their own, and of their own in one frame.

    Shared and own errors last `lasting_s`; `tail` is the standard deviation of the logarithm of
    their size, which changes within half a second: 0 is Gaussian.
    """

    shared_px: float
    own_px: float
    white_px: float
    lasting_s: float
    tail: float = 0.0
    jumps: float = 0.0  # part of each member's frames in which it is JUMP_PX off


LAWS = {
    "half shared": Law(1.0, 1.0, 0.3, 0.3),
    "mostly shared": Law(2.0, 0.5, 0.3, 0.3),
    "shared, own in each frame": Law(2.0, 0.0, 0.7, 0.2),
    "slow": Law(2.0, 1.0, 0.3, 1.0),
    "fast": Law(1.0, 0.5, 0.3, 0.05),
    "heavy tails": Law(1.5, 1.0, 0.5, 0.2, 0.7),
    "independent": Law(0.0, 1.0, 0.3, 0.3),
    "new in each frame": Law(0.0, 0.0, 3.0, 0.1),
    "large": Law(4.0, 3.0, 1.0, 0.3),
    "half shared, with jumps": Law(1.0, 1.0, 0.3, 0.3, jumps=0.05),
}
HARD = (
    ("new in each frame", 2, 60.0),
    ("new in each frame", 5, 60.0),
    ("new in each frame", 2, 30.0),
    ("large", 2, 30.0),
    ("large", 5, 60.0),
    ("large", 2, 100.0),
    ("half shared, with jumps", 5, 30.0),
    ("half shared, with jumps", 5, 60.0),
    ("half shared, with jumps", 3, 60.0),
)
QUICK = ("half shared", "mostly shared", "heavy tails", "slow")
SETTINGS = read_config(ROOT / CONFIG)
SMOOTHING = SmoothingSettings(**SETTINGS["smoothing"])
STRIDES = StrideSettings(
    **{
        k: v
        for k, v in SETTINGS["gait"].items()
        if k not in ("limbs", "body", "draws", "seen_from_above")
    },
    limbs=[*LIMBS],
    body=[*BODY],
    cm_per_px=None,
)
ANATOMY = AnatomySettings(front="nose", neck="back", center="back", rear="tail_base")
WALK = {"feature": "speed_bl_per_s", "above": 0.35, "below": None}
PAUSE = {"feature": "speed_bl_per_s", "above": None, "below": 0.3}
BEHAVIORS = definitions_from_mapping(
    {
        "walk": {"conditions": [WALK], "min_duration_s": 0.25, "max_gap_s": 0.2},
        "pause": {"conditions": [PAUSE], "min_duration_s": 0.4, "max_gap_s": 0.1},
    }
)
HOW = {"window_s": SETTINGS["features"]["window_s"], "cm_per_px": None}
SECONDS, JUMP_PX = 8.0, 100.0
LABELED_ANIMALS, LABELS_PER_S = 6, 5


def measure(case: tuple[str, int, float], animals: int) -> dict[str, float]:
    """What the circles and intervals of one law hold, and how many are unknown."""
    name, members, fps = case
    law = LAWS[name]
    calibration = fit_calibration(labeled(law, members, fps))
    found: dict[str, list[float]] = {}
    for seed in range(animals):
        truth, seen = simulated(law, members, fps, seed)
        smoothed = SMOOTHERS["eks"](seen, SMOOTHING.of("eks"))
        expected = predict_error(calibration, smoothed)
        apart = smoothed.poses.xy_px - truth.poses.xy_px
        apart_px = np.hypot(apart[..., 0], apart[..., 1])
        inside = apart_px <= expected.radius_90_px
        found.setdefault("positions", []).extend(inside.ravel().tolist())
        less = expected.probability - (apart_px <= expected.within_px)
        found.setdefault("probability of near, said more than happened", []).extend(less.ravel())
        for what, values in (
            *strides_held(truth, smoothed, expected).items(),
            *bouts_held(truth, smoothed, expected).items(),
        ):
            found.setdefault(what, []).extend(values)
    return {what: float(np.mean(values)) for what, values in found.items() if values}


def walk(seed: int, fps: float) -> SmoothedPoses:
    """An animal of its own pace that rests once."""
    lot = np.random.default_rng([seed, 5])
    rest_s = lot.uniform(2, 3)
    return sticks.walker(
        frequency_hz=lot.uniform(1.8, 3.2),
        duty_factor=lot.uniform(0.5, 0.65),
        speed_px_per_s=lot.uniform(120, 300),
        fps=fps,
        seconds=SECONDS,
        pause_s=(rest_s, rest_s + 1.5),
        seed=seed,
    )


def simulated(law: Law, members: int, fps: float, seed: int) -> tuple[SmoothedPoses, list[Poses]]:
    """A walk, and what the members of an ensemble say about it."""
    truth = walk(seed, fps)
    return truth, with_errors(truth.poses, law, members, seed)


def with_errors(poses: Poses, law: Law, members: int, seed: int) -> list[Poses]:
    """What the members of an ensemble say about an animal."""
    lot = np.random.default_rng([seed, 77])

    def error(size_px: float) -> ndarray:
        count = poses.score[0].size
        size = np.exp(law.tail * lasting_noise(poses.time_s, 0.5, count, lot) - law.tail**2)
        noise = lasting_noise(poses.time_s, law.lasting_s, 2 * count, lot)
        noise = noise.reshape(-1, count, 2) * size[..., None]
        return size_px * noise.reshape(poses.xy_px.shape)

    def jump() -> ndarray:
        turn = lot.uniform(0, 2 * np.pi, poses.score.shape)
        far = JUMP_PX * (lot.random(poses.score.shape) < law.jumps)
        return far[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)

    shared = error(law.shared_px)
    return [
        replace(
            poses,
            xy_px=poses.xy_px
            + shared
            + error(law.own_px)
            + law.white_px * lot.normal(size=poses.xy_px.shape)
            + (jump() if law.jumps else 0.0),
            score=np.clip(lot.normal(0.8, 0.08, poses.score.shape), 0.2, 1.0),
        )
        for _ in range(members)
    ]


def labeled(law: Law, members: int, fps: float) -> LabeledErrors:
    """Errors at single frames of other animals: what a person would have labeled."""
    every = max(round(fps / LABELS_PER_S), 1)
    made = [simulated(law, members, fps, 100 + seed) for seed in range(LABELED_ANIMALS)]
    return errors_of_labels([(truth.poses, seen) for truth, seen in made], every)


def errors_of_labels(made: list[tuple[Poses, list[Poses]]], every: int) -> LabeledErrors:
    """Errors in every so many-th frame of animals: their true poses, and what members say."""
    label = np.concatenate([truth.xy_px[::every, 0] for truth, _ in made])
    counts = [len(truth.xy_px[::every]) for truth, _ in made]
    group = np.repeat(np.arange(len(made)), counts).astype(str)
    names = tuple(map(str, range(len(label))))
    frames = [
        Poses(
            made[0][0].space,
            names,
            np.zeros(1),
            np.concatenate([seen[m].xy_px[::every, 0] for _, seen in made])[None],
            np.concatenate([seen[m].score[::every, 0] for _, seen in made])[None],
        )
        for m in range(len(made[0][1]))
    ]
    smoothed = SMOOTHERS["eks"](frames, SMOOTHING.of("eks"))
    return errors_at_labels(smoothed, labeled_animals(label, group))


def strides_held(
    truth: SmoothedPoses, smoothed: SmoothedPoses, expected: ExpectedError
) -> dict[str, list[float]]:
    """For each stride that the truth has too: whether its intervals hold what is found there."""
    true, strides = measure_strides(truth, STRIDES), measure_strides(unsmoothed(smoothed), STRIDES)
    settings = DrawSettings(keypoints=[*LIMBS, *BODY], draws=SETTINGS["gait"]["draws"], seed=0)
    drawn = strides_of_draws(sample_poses(smoothed, expected, settings, sharpen=True), STRIDES)
    intervals = stride_intervals(strides, drawn)
    names = {"stride time": "stride_time_s", "stride length": "stride_length_px",
             "duty factor": "duty_factor"}  # fmt: skip
    held: dict[str, list[float]] = {what: [] for what in (*names, "strides unknown")}
    pairs = pairs_of_strides(strides, true)
    known = np.isfinite(intervals["stride_time_s_low"])
    held["strides missed or unknown"] = parts_missed(len(true), pairs, known)
    for row, same in pairs:
        is_known = bool(known[row])
        held["strides unknown"].append(float(not is_known))
        for what, column in names.items() if is_known else ():
            low, high = (intervals[f"{column}_{end}"][row] for end in ("low", "high"))
            held[what].append(float(low <= getattr(true, column)[same] <= high))
    return held


def parts_missed(true: int, pairs: list[tuple[int, int]], is_known: ndarray) -> list[float]:
    """1 for each of the true ones that nobody found with an interval, 0 for each other."""
    missed = missed_or_unknown(true, pairs, [bool(is_known[row]) for row, _ in pairs])
    return [1.0] * missed + [0.0] * (true - missed)


def bouts_held(
    truth: SmoothedPoses, smoothed: SmoothedPoses, expected: ExpectedError
) -> dict[str, list[float]]:
    """For each bout that the truth has too: whether the intervals of its ends hold those there."""
    unknown = unknown_error(truth.poses.score.shape)
    true, bouts = (
        predict_bouts(frame_features(poses.poses, unknown, ANATOMY, **HOW), BEHAVIORS)
        for poses in (truth, smoothed)
    )
    settings = DrawSettings(keypoints=[*BODY], draws=SETTINGS["behavior"]["draws"], seed=0)
    errors = expected.of_keypoints(smoothed.poses.space, BODY)
    draws = sample_poses(smoothed.of_keypoints(BODY), errors, settings, sharpen=False)
    drawn = bouts_of_draws(draws, errors, BEHAVIORS, ANATOMY, **HOW)
    intervals = bout_intervals(bouts, drawn)
    held: dict[str, list[float]] = {"bout times": [], "bouts unknown": []}
    frame_s = 1 / truth.poses.fps
    pairs = _pairs_of_bouts(bouts, true)
    known = np.isfinite(intervals["start_s_low"])
    held["bouts missed or unknown"] = parts_missed(len(true), pairs, known)
    for row, same in pairs:
        held["bouts unknown"].append(float(np.isnan(intervals["start_s_low"][row])))
        for end in ("start_s", "stop_s"):
            time_s = getattr(true, end)[same]
            low, high = (intervals[f"{end}_{side}"][row] for side in ("low", "high"))
            if frame_s < time_s < SECONDS - frame_s and np.isfinite(low):
                held["bout times"].append(float(low - frame_s / 2 <= time_s <= high + frame_s / 2))
    return held


def _pairs_of_bouts(bouts: BoutTable, true: BoutTable) -> list[tuple[int, int]]:
    """Rows of the same bout in both tables: the same behavior, and the longest overlap."""
    pairs = []
    for row in range(len(bouts)):
        same = np.flatnonzero(true.behavior == bouts.behavior[row])
        stop = np.minimum(true.stop_s[same], bouts.stop_s[row])
        overlap = stop - np.maximum(true.start_s[same], bouts.start_s[row])
        if len(same) and overlap.max() > 0:
            pairs.append((row, int(same[overlap.argmax()])))
    return pairs
