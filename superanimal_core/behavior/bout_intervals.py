"""How sure the bouts of behavior are, from trajectories that are as likely as the smoothed one.

The behaviors are predicted on every draw. Where a bout's frames show the behavior in most draws the
measurement is sure of it, whatever one thinks of the definition; how its start and its end vary
over the draws are their intervals. Draws err twice, in what was measured and in what is added:
where errors are large, a bout may be there and still be found in few draws.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.actions import BoutTable, predict_bouts
from superanimal_core.behavior.arena import Arena
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.gait_intervals import LEVEL, MIN_FOUND, NO_DRAWS, SELDOM_FOUND
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import AnatomySettings, DefinitionSettings, groups_of

OF_ALL_KEYPOINTS = ("motion_", "hull_area_", "elongation", "bridged_")  # all take part in them

Columns = dict[str, Shaped[ndarray, "bout"]]


def keypoints_of_behaviors(
    definitions: Mapping[str, DefinitionSettings], anatomy: AnatomySettings, space: KeypointSpace
) -> list[str]:
    """The keypoints that the features of all conditions are made of, in the space's order."""
    features = [c.feature for definition in definitions.values() for c in definition.conditions]
    parts = {*anatomy.model_dump().values()}
    is_of_all = any(feature.startswith(OF_ALL_KEYPOINTS) for feature in features)
    if is_of_all or groups_of(features):
        return [*space.keypoints]
    return [
        name
        for name in space.keypoints
        if name in parts or any(f.startswith(f"speed_{name}_") for f in features)
    ]


def bouts_of_draws(
    draws: Iterable[SmoothedPoses],
    expected: ExpectedError,
    definitions: Mapping[str, DefinitionSettings],
    anatomy: AnatomySettings,
    *,
    window_s: float,
    cm_per_px: float | None,
    arena: Arena | None = None,
) -> list[BoutTable]:
    """The bouts of every draw; the other arguments are as in `frame_features`.

    The keypoints that the definitions rest on are enough (keypoints_of_behaviors).
    """
    features = {c.feature for of in definitions.values() for c in of.conditions}
    how = {"window_s": window_s, "cm_per_px": cm_per_px, "arena": arena}
    how |= {"groups": groups_of(features), "only": features}
    return [
        predict_bouts(frame_features(draw.poses, expected, anatomy, **how), definitions)
        for draw in draws
    ]


def bout_intervals(bouts: BoutTable, drawn: Sequence[BoutTable]) -> Columns:
    """Columns beside bouts.parquet: probability, and the 90 % intervals of start and stop (s).

    The probability is the part of the bout that shows the behavior in a draw, its mean over the
    draws. In a draw a bout is the one of the same behavior of the same animal that overlaps it
    longest; `draws` counts those that have one. Without a draw everything is NaN, and so are the
    intervals of a bout that is found in less than half of the draws: `no_interval_because`.
    """
    count = len(bouts)
    shown, times_s = np.zeros((len(drawn), count)), np.full((len(drawn), count, 2), np.nan)
    for draw, table in enumerate(drawn):
        for row in range(count):
            same = _same(table, bouts.individual[row], bouts.behavior[row])
            overlap_s = np.minimum(table.stop_s[same], bouts.stop_s[row]) - np.maximum(
                table.start_s[same], bouts.start_s[row]
            )
            if len(overlap_s) and overlap_s.max() > 0:
                shown[draw, row] = np.maximum(overlap_s, 0).sum()
                longest = same[overlap_s.argmax()]
                times_s[draw, row] = table.start_s[longest], table.stop_s[longest]
    found = np.isfinite(times_s[..., 0]).sum(axis=0)
    why_not = np.full(count, "" if drawn else NO_DRAWS, dtype=object)
    why_not[(why_not == "") & (found < MIN_FOUND * len(drawn))] = SELDOM_FOUND
    lasting_s = bouts.stop_s - bouts.start_s
    probability = shown.mean(axis=0) / lasting_s if drawn else np.full(count, np.nan)
    return {
        "probability": probability,
        "draws": found,
        "no_interval_because": why_not,
        **_ends(times_s, np.stack([bouts.start_s, bouts.stop_s], axis=1), why_not == ""),
    }


def _same(table: BoutTable, individual: str, behavior: str) -> Int[ndarray, "row"]:
    return np.flatnonzero((table.individual == individual) & (table.behavior == behavior))


def _ends(
    times_s: Float[ndarray, "draw bout 2"],
    measured_s: Float[ndarray, "bout 2"],
    is_given: Shaped[ndarray, "bout"],
) -> Columns:
    """`start_s` and `stop_s` with `_low` and `_high`: as far as nine in ten draws are away.

    To both sides alike: an error makes a resting animal seem to move, in the measured poses once
    and in a draw twice, so that draws are off to one side and the truth may be to the other.
    """
    ends = np.full((2, *times_s.shape[1:]), np.nan)
    for bout in np.flatnonzero(is_given):
        known = times_s[np.isfinite(times_s[:, bout, 0]), bout]
        away_s = np.abs(known - measured_s[bout])
        far = np.quantile(away_s, LEVEL, axis=0, method="weibull")
        ends[:, bout] = measured_s[bout] - far, measured_s[bout] + far
    return {
        f"{name}_{end}": ends[side, :, number]
        for number, name in enumerate(("start_s", "stop_s"))
        for side, end in enumerate(("low", "high"))
    }
