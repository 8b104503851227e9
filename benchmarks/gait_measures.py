"""What is found of the footfalls of a simulated animal, against the truth."""

from pathlib import Path

import numpy as np
from gait_truth import BODY, LIMBS, PAUSE_S, Case, Seen, simulate
from numpy import ndarray

from superanimal_core.behavior.footfalls import detect_footfalls
from superanimal_core.behavior.gait import StrideTable, measure_strides
from superanimal_core.behavior.kinematics import runs_of
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.study.overlay import CONFIG, read_config

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = read_config(ROOT / CONFIG)
SMOOTHING = SmoothingSettings(**SETTINGS["smoothing"]).of("eks")
OWN = ("limbs", "body", "draws", "seen_from_above")
GAIT = {key: value for key, value in SETTINGS["gait"].items() if key not in OWN}


def settings_of(limbs: tuple[str, ...], body: tuple[str, ...], **changed: object) -> StrideSettings:
    """The settings of config.yaml, for these keypoints."""
    return StrideSettings(**GAIT | {"cm_per_px": None} | changed, limbs=[*limbs], body=[*body])


def footfalls(poses: SmoothedPoses, settings: StrideSettings) -> dict[str, tuple[ndarray, ndarray]]:
    """Lifts and strikes (s) of each limb."""
    walk = detect_footfalls(poses, 0, settings)
    found = {}
    for limb, falls in zip(settings.limbs, walk.footfalls, strict=True):
        lift, strike = (t[np.isfinite(t)] for t in (falls.lift_s, falls.strike_s))
        found[limb] = lift, strike
    return found


def told_exchanges(poses: SmoothedPoses, settings: StrideSettings) -> dict[str, ndarray]:
    """Frames in which each limb is told to be exchanged with the one beside it."""
    walk = detect_footfalls(poses, 0, settings)
    return dict(zip(settings.limbs, walk.is_exchanged, strict=True))


def measure(case: Case) -> dict[str, float]:
    """Events, strides, lengths and duty factors of one animal against the truth."""
    seen = simulate(case)
    settings = settings_of(LIMBS, BODY[case.animal])
    poses = unsmoothed(SMOOTHERS["eks"]([seen.poses], SMOOTHING))
    return (
        events_found(case, seen, footfalls(poses, settings))
        | strides_found(seen, measure_strides(poses, settings))
        | exchanges_found(seen, told_exchanges(poses, settings))
    )


def events_found(
    case: Case, seen: Seen, found: dict[str, tuple[ndarray, ndarray]]
) -> dict[str, float]:
    """F1 and median error of lifts and strikes where the limb is seen and not exchanged."""
    within_s = max(1 / case.fps, 0.010) + 1e-6
    hits = told = true = 0
    errors: list[float] = []
    for limb in LIMBS:
        hidden = seen.is_gap[limb] | seen.is_exchanged[limb]
        for real, claimed in zip(seen.events(limb), found[limb], strict=True):
            is_fair = ~_at(hidden, seen.truth.time_s, real)
            apart = _nearest(claimed, real)
            hits += int((np.abs(apart) <= within_s)[is_fair].sum())
            true += int(is_fair.sum())
            told += int((~_at(hidden, seen.truth.time_s, claimed)).sum())
            errors += apart[is_fair & (np.abs(apart) <= 5 * within_s)].tolist()
    return {"event F1": 2 * hits / max(true + told, 1), "event error ms": _median(errors) * 1000}


def strides_found(seen: Seen, table: StrideTable) -> dict[str, float]:
    """Counts, lengths, frequencies and duty factors, relative to the truth."""
    gait = seen.timeline.gait
    true = sum(len(seen.strides(limb)) for limb in LIMBS)
    rest = seen.timeline.bouts_of("pause")[1]
    resting = (table.next_strike_s > rest.start_s + 0.25 * PAUSE_S) & (
        table.strike_s < rest.stop_s - 0.25 * PAUSE_S
    )
    in_gap = 0
    for limb in LIMBS:
        mine = table.limb == limb
        for start, stop in runs_of(seen.is_gap[limb]):
            first_s, last_s = seen.truth.time_s[start], seen.truth.time_s[stop - 1]
            inside = (table.strike_s > first_s) & (table.next_strike_s < last_s)
            in_gap += int((inside & mine).sum())
    length_px = gait.stride_length_bl * 200.0
    return {
        "strides": len(table) / true - 1,
        "stride length": _median(table.stride_length_px) / length_px - 1,
        "stride frequency": 1 / _median(table.stride_time_s) / gait.stride_frequency_hz - 1,
        "duty factor": _median(table.duty_factor) - gait.duty_factor,
        "strides at rest or in a gap": float(resting.sum() + in_gap),
    }


def exchanges_found(seen: Seen, told: dict[str, ndarray]) -> dict[str, float]:
    """F1 of the frames that are told to be exchanged."""
    if not any(seen.is_exchanged[limb].any() for limb in LIMBS):
        return {}
    real = np.stack([seen.is_exchanged[limb] for limb in LIMBS])
    claimed = np.stack([told[limb] for limb in LIMBS])
    return {"exchange F1": 2 * float((real & claimed).sum() / (real.sum() + claimed.sum()))}


def _at(is_true: ndarray, time_s: ndarray, when_s: ndarray) -> ndarray:
    frame = np.clip(np.round(np.interp(when_s, time_s, np.arange(len(time_s)))), 0, None)
    return is_true[frame.astype(int)] | is_true[np.maximum(frame.astype(int) - 1, 0)]


def _nearest(claimed: ndarray, real: ndarray) -> ndarray:
    """From each real event to the nearest claimed one (s); inf where there is none."""
    if not len(claimed):
        return np.full(len(real), np.inf)
    apart = claimed[None] - real[:, None]
    return apart[np.arange(len(real)), np.abs(apart).argmin(axis=1)]


def _median(values: ndarray | list[float]) -> float:
    return float(np.median(values)) if len(values) else float("nan")
