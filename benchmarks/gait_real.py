"""Footfalls on recordings: steps that a person marked (autogaita), a belt of known speed (alma)."""

import csv
from pathlib import Path

import numpy as np
from gait_measures import SMOOTHING, footfalls, settings_of
from numpy import ndarray

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.baselines import SMOOTHERS

MICE = ("14", "15", "17")
SHIFTS = range(-5, 6)  # frames by which all marks may lie beside the detected events
FINE_SHIFTS = np.arange(-1, 5, 0.25)  # the same, for lifts and for strikes by themselves
BELT_PX_PER_S = 2050.0  # alma: the most frequent speed of a toe on the belt


def read(file: Path, fps: float) -> SmoothedPoses:
    """A DeepLabCut table, as it was before it was smoothed."""
    rows = list(csv.reader(file.open()))
    skip = len(rows[1]) % 3  # a first column of frame numbers
    names = tuple(dict.fromkeys(rows[1][skip:]))
    values = np.array([[float(v) if v else np.nan for v in row[skip:]] for row in rows[3:]])
    values = values.reshape(len(values), 1, len(names), 3)
    time_s = np.arange(len(values)) / fps
    space = KeypointSpace(file.stem, names)
    poses = Poses(space, ("animal0",), time_s, values[..., :2], values[..., 2])
    return unsmoothed(SMOOTHERS["eks"]([poses], SMOOTHING))


def on_the_beam(folder: Path) -> dict[str, float]:
    """Agreement per frame with the marks after the best constant shift; strides too many or few.

    Beside it the ceiling: what the best two constants would make of these events, one for all lifts
    and one for all strikes, chosen on the marks themselves. And how long before its mark each event
    was found: the median, and the one that is farthest from its mark.
    """
    swings = {mouse: _swings(folder, mouse) for mouse in MICE}
    marks = {mouse: _marks(folder, mouse) for mouse in MICE}

    def agreement(lift: float, strike: float) -> list[ndarray]:
        return [_agreement(marks[m], swings[m], lift, strike) for m in MICE]

    best = max(SHIFTS, key=lambda shift: np.mean(np.concatenate(agreement(shift, shift))))
    ceiling = max(
        float(np.mean(np.concatenate(agreement(lift, strike))))
        for lift in FINE_SHIFTS
        for strike in FINE_SHIFTS
    )
    missed = invented = 0
    for mouse in MICE:
        real, claimed = marks[mouse][:, 1], swings[mouse][1] + best / 100
        near = np.abs(claimed[:, None] - real) < 0.06
        inside = np.zeros(len(claimed), bool)
        for start, _, stop in marks[mouse]:
            inside |= (claimed > start + 0.02) & (claimed < stop - 0.02)
        missed += int((~near.any(axis=0)).sum())
        invented += int((inside & ~near.any(axis=1)).sum()) + int((near.sum(axis=0) > 1).sum())
    found = agreement(best, best)
    each = {f"mouse {m}": float(np.mean(a)) for m, a in zip(MICE, found, strict=True)}
    figures = {"agreement": float(np.mean(np.concatenate(found))), "ceiling": ceiling}
    figures |= {**each, "shift frames": float(best)}
    for mouse, same in zip(MICE, found, strict=True):
        figures |= {f"mouse {mouse} {k}": n for k, n in _wrong_frames(marks[mouse], same).items()}
    for event, name in enumerate(("lifts", "strikes")):
        early = np.concatenate([_early_frames(marks[m], swings[m], event) for m in MICE])
        figures[f"{name} early frames"] = float(np.median(early))
        figures[f"{name} early at most"] = float(early.max())
    return figures | {"missed": float(missed), "invented": float(invented)}


def on_the_belt(folder: Path) -> dict[str, float]:
    """Stride length times frequency over the belt's speed, minus 1; with wrong belts, strides."""
    poses = read(folder / "treadmill_30cm_s_pose.csv", 120)
    found = {}
    for name, belt in (("", BELT_PX_PER_S), (" at belt 0", 0.0), (" backwards", -BELT_PX_PER_S)):
        settings = settings_of(("toe",), ("hip", "iliac crest"), belt_speed_px_per_s=belt)
        table = measure_strides(poses, settings)
        found[f"strides{name}"] = float(len(table))
        if not name:
            speed = float(np.median(table.stride_length_px / table.stride_time_s))
            found["length x frequency"] = speed / BELT_PX_PER_S - 1
    return found


def _swings(folder: Path, mouse: str) -> tuple[ndarray, ndarray]:
    poses = read(folder / f"mouse{mouse}_pose.csv", 100)
    limb, body = "Hind paw tao", ("Ear base", "Iliac Crest", "Tail base")
    return footfalls(poses, settings_of((limb,), body))[limb]


def _marks(folder: Path, mouse: str) -> ndarray:
    rows = csv.DictReader((folder / "steps.csv").open())
    names = ("swing_start_s", "swing_end_s", "stance_end_s")
    return np.array([[float(r[n]) for n in names] for r in rows if r["mouse"] == mouse])


def _wrong_frames(marks: ndarray, is_same: ndarray) -> dict[str, float]:
    """How many of the frames of `_agreement` disagree nearer to a strike than to a lift, or not."""
    nearer = []
    for start, strike_s, stop in np.round(marks * 100):
        frame = np.arange(start, stop + 1)
        nearer.append(np.abs(frame - strike_s) < np.minimum(frame - start, stop + 1 - frame))
    at_strike = np.concatenate(nearer)
    return {
        "wrong at lifts": float((~is_same & ~at_strike).sum()),
        "wrong at strikes": float((~is_same & at_strike).sum()),
    }


def _early_frames(marks: ndarray, swings: tuple[ndarray, ndarray], event: int) -> ndarray:
    """How many frames before each marked lift (0) or strike (1) the nearest one was found."""
    apart = marks[:, event][:, None] - swings[event]
    return 100 * apart[np.arange(len(marks)), np.abs(apart).argmin(axis=1)]


def _agreement(
    marks: ndarray, swings: tuple[ndarray, ndarray], lift_later: float, strike_later: float
) -> ndarray:
    """For each frame of the marked cycles, whether both call it swing or both call it stance.

    The detected lifts and strikes are taken to be so many frames later.
    """
    lift = np.sort(swings[0]) + lift_later / 100
    strike = np.sort(swings[1]) + strike_later / 100
    same = []
    for start, strike_s, stop in marks:
        frame_s = np.arange(round(start * 100), round(stop * 100) + 1) / 100
        lifts, strikes = (np.searchsorted(t, frame_s + 1e-6, side="right") for t in (lift, strike))
        last_lift = np.append(-np.inf, lift)[lifts]
        last_strike = np.append(-np.inf, strike)[strikes]
        same.append((last_lift > last_strike) == (frame_s < strike_s - 1e-6))
    return np.concatenate(same)
