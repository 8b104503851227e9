"""Bouts of learned behaviors: how probable a frame must be, and how long a bout and its breaks.

Which rule serves a behavior best is chosen on frames that the classifier had not learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.behavior.actions import bouts_where
from superanimal_core.pose.frame_rate import end_s

NOTHING = 0  # the class of frames without a behavior; behaviors are 1, 2, …


class BoutRule(NamedTuple):
    """A frame shows the behavior when none of the others is more probable and it is probable."""

    min_probability: float
    max_gap_s: float
    min_duration_s: float


class RuleChoices(NamedTuple):
    """The values that are tried."""

    min_probability: Sequence[float]
    max_gap_s: Sequence[float]
    min_duration_s: Sequence[float]


@dataclass(frozen=True)
class JudgedFrames:
    """Frames of one recording with the probabilities of one behavior, in the order of time.

    `is_first` where no other behavior is more probable, `true` how much of the raters say that it
    is there (0 to 1), NaN where nobody says anything.
    """

    time_s: Float[ndarray, "frame"]
    probability: Float[ndarray, "frame"]
    is_first: Bool[ndarray, "frame"]
    true: Float[ndarray, "frame"]


def bouts_by_rule(
    probability: Float[ndarray, "frame"],
    is_first: Bool[ndarray, "frame"],
    time_s: Float[ndarray, "frame"],
    rule: BoutRule,
) -> list[tuple[int, int]]:
    """First frame of each bout, and the first one after it."""
    shown = is_first & (probability >= rule.min_probability)
    return bouts_where(shown, time_s, rule.max_gap_s, rule.min_duration_s)


def is_first_behavior(
    probability: Float[ndarray, "frame class"], behavior: int
) -> Bool[ndarray, "frame"]:
    """Where a behavior (from 1 on) is the most probable one, nothing left aside."""
    return probability[:, 1:].argmax(axis=1) == behavior - 1


def choose_rule(recordings: Sequence[JudgedFrames], choices: RuleChoices) -> BoutRule:
    """The rule with the largest F1 of frames (in hundredths), then with the right number of bouts.

    Choices are tried in their order, so that of those that are equal in both the first wins.
    """
    best, found = (-1.0, 0.0), BoutRule(*(values[0] for values in choices))
    for values in product(*choices):
        rule = BoutRule(*values)
        score = _score(recordings, rule)
        if score > best:
            best, found = score, rule
    return found


def _score(recordings: Sequence[JudgedFrames], rule: BoutRule) -> tuple[float, float]:
    right = said = there = 0.0
    bouts = wanted = 0
    for each in recordings:
        known = np.isfinite(each.true)
        runs = bouts_by_rule(each.probability, each.is_first, each.time_s, rule)
        shown = frames_of(runs, len(each.time_s))
        right += each.true[shown & known].sum()
        said += (shown & known).sum()
        there += each.true[known].sum()
        bouts += len(runs)
        wanted += len(bouts_where(known & (each.true > 0.5), each.time_s, 0.0, 0.0))
    f1 = 2 * right / (said + there) if said + there else 0.0
    return round(float(f1), 2), -float(abs(bouts - wanted))


def frames_of(runs: Sequence[tuple[int, int]], frames: int) -> Bool[ndarray, "frame"]:
    """Which frames lie in runs."""
    steps = np.zeros(frames + 1, dtype=np.int64)
    for start, stop in runs:
        steps[start] += 1
        steps[stop] -= 1
    return np.cumsum(steps[:-1]) > 0


def classes_of_bouts(
    probability: Float[ndarray, "frame class"],
    time_s: Float[ndarray, "frame"],
    rules: Sequence[BoutRule],
) -> tuple[list[list[tuple[int, int]]], Int[ndarray, "frame"]]:
    """The bouts of each behavior, and each frame's class.

    Where bouts of two behaviors meet over a break, the frame's class is the more probable one.
    """
    all_runs, classes = [], np.full(len(time_s), NOTHING)
    sure = np.full(len(time_s), -1.0)
    for behavior, rule in enumerate(rules, start=1):
        own = probability[:, behavior]
        runs = bouts_by_rule(own, is_first_behavior(probability, behavior), time_s, rule)
        wins = frames_of(runs, len(time_s)) & (own > sure)
        classes[wins], sure[wins] = behavior, own[wins]
        all_runs.append(runs)
    return all_runs, classes


def seconds_of(
    runs: Sequence[tuple[int, int]], time_s: Float[ndarray, "frame"]
) -> Float[ndarray, "bout 2"]:
    """Start and stop of bouts (s)."""
    return np.array([(time_s[a], end_s(time_s, b)) for a, b in runs], dtype=float).reshape(-1, 2)
