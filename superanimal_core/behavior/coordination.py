"""How limbs move together: phases between them, feet on the ground, and what gait that is.

A limb is on the ground from its strike to its lift. Only strides that were told count: where one of
the limbs has none, nothing is known of the feet on the ground.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray

FEET = (0, 1, 2, 3, 4)
FAR = 0.75  # of a stride: a strike of another limb that is farther away belongs to another stride
IN_STEP = 0.125  # of a stride: half of the way from one symmetrical gait to the next (Hildebrand)
TOGETHER = 0.05  # of a stride, in which the two hind limbs of a bound strike
ALTERNATE = 0.25  # of a stride around one half: limbs of a girdle by turns, a symmetrical gait
WALKS_ABOVE = 0.5  # duty factor: then a foot of each girdle is on the ground at any time
COVERED = 1 - 1e-6

Times = Float[ndarray, "_stride"]


@dataclass(frozen=True)
class Steps:
    """Strides of one limb in order of time: strike, lift and the next strike (s)."""

    strike_s: Times
    lift_s: Times
    next_strike_s: Times

    @property
    def strikes_s(self) -> Times:
        """Every strike once."""
        return np.union1d(self.strike_s, self.next_strike_s)


def phase_of(other: Steps | None, own: Steps) -> Times:
    """When the other limb strikes within each own stride, 0 to 1: its strike nearest to the own.

    (t_other - t_own) / T mod 1: 0 (and 1) is synchrony, 0.5 alternation. NaN without a strike
    within three quarters of a stride.
    """
    if other is None or not len(other.strike_s):
        return np.full(len(own.strike_s), np.nan)
    strikes = other.strikes_s
    after = np.clip(np.searchsorted(strikes, own.strike_s), 1, len(strikes) - 1)
    before = strikes[after - 1]
    is_before = own.strike_s - before <= strikes[after] - own.strike_s
    apart = np.where(is_before, before, strikes[after]) - own.strike_s
    part = apart / (own.next_strike_s - own.strike_s)
    return np.where(np.abs(part) <= FAR, part % 1, np.nan)


class Feet:
    """Which of some limbs are on the ground between any two of their events."""

    def __init__(self, limbs: Sequence[Steps]) -> None:
        every = [np.concatenate([s.strike_s, s.lift_s, s.next_strike_s]) for s in limbs]
        self.edges_s = np.unique(np.concatenate([np.empty(0), *every]))
        middle_s = (self.edges_s[1:] + self.edges_s[:-1]) / 2
        self.is_known = np.ones(len(middle_s), bool)
        self.standing = np.zeros(len(middle_s), int)
        for steps in limbs:
            if not len(steps.strike_s):
                self.is_known[:] = False
                continue
            row = np.maximum(np.searchsorted(steps.strike_s, middle_s, side="right") - 1, 0)
            inside = (middle_s >= steps.strike_s[row]) & (middle_s < steps.next_strike_s[row])
            self.is_known &= inside
            self.standing += inside & (middle_s < steps.lift_s[row])

    def part(self, feet: int, start_s: Times, stop_s: Times) -> Times:
        """Part of the time in which just so many stand; NaN where not all are known throughout.

        `start_s` and `stop_s` are events of these limbs.
        """
        if not len(self.is_known):
            return np.full(len(start_s), np.nan)
        first, last = (np.searchsorted(self.edges_s, when) for when in (start_s, stop_s))
        lasting_s = np.diff(self.edges_s)
        known, standing = (
            np.concatenate([[0.0], np.cumsum(lasting_s * which)])
            for which in (self.is_known, self.is_known & (self.standing == feet))
        )
        whole_s = stop_s - start_s
        is_covered = known[last] - known[first] >= COVERED * whole_s
        return np.where(is_covered, (standing[last] - standing[first]) / whole_s, np.nan)

    def known_s(self) -> list[tuple[float, float]]:
        """Stretches in which all limbs are known, their ends included."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.is_known.astype(int), [0]])))
        return [
            (float(self.edges_s[a]), float(self.edges_s[b]))
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]


def regularity_index(limbs: Sequence[Steps]) -> float:
    """Percentage of paw placements in normal step sequences: 100 * 4 * NSSP / PP.

    Hamers et al. 2001. NSSP counts runs of four placements with each of four paws once, which is
    one of the six normal patterns (cruciate, alternate and rotary: all the orders in a circle that
    there are). Placements count where strides of all four paws are known. Unlike CatWalk, up to
    three placements at either end of such a stretch, which belong to patterns beyond it, do not.
    NaN unless there are four limbs with a pattern's worth of placements.
    """
    if len(limbs) != 4:
        return float("nan")
    when = np.concatenate([s.strikes_s for s in limbs])
    paw = np.repeat(np.arange(4), [len(s.strikes_s) for s in limbs])
    order = np.argsort(when, kind="stable")
    when, paw = when[order], paw[order]
    patterns = placements = 0
    for start, stop in Feet(limbs).known_s():
        row = paw[(when >= start) & (when <= stop)].tolist()
        normal, counted = max(
            (_patterns(row[first:]) for first in range(min(4, len(row)))),
            key=lambda found: (4 * found[0] / max(found[1], 1), found[1]),
            default=(0, 0),
        )
        patterns, placements = patterns + normal, placements + counted
    return 100.0 * 4 * patterns / placements if placements else float("nan")


def _patterns(row: Sequence[int]) -> tuple[int, int]:
    """Normal patterns in a row of paws, one after the other, and the placements that count."""
    patterns = place = end = 0
    while place + 4 <= len(row):
        is_normal = len(set(row[place : place + 4])) == 4
        patterns += is_normal
        place += 4 if is_normal else 1
        end = place if is_normal else end
    rest = row[end:]
    return patterns, end if len(set(rest)) == len(rest) <= 3 else len(row)


def classify_gait(
    *,
    homologous: Float[ndarray, "row"],
    homolateral: Float[ndarray, "row"],
    diagonal: Float[ndarray, "row"],
    duty_factor: Float[ndarray, "row"],
) -> Shaped[ndarray, "row"]:
    """The gait by phases between limbs and duty factor; empty where one of them is not known.

    Symmetrical gaits (Hildebrand 1965), where the limbs of a girdle strike by turns (0.25 to 0.75):
    trot where diagonal limbs strike together (within 0.125), pace where those of a side do, else
    walk for a duty factor above 0.5 and amble below. Others: bound where the limbs of a girdle
    strike together (within 0.05), else canter or gallop. A trot may have any duty factor.
    """
    together = np.minimum(homologous, 1 - homologous)
    is_symmetrical = together >= ALTERNATE
    is_trot, is_pace = (np.minimum(of, 1 - of) <= IN_STEP for of in (diagonal, homolateral))
    known = np.isfinite(homologous + duty_factor)
    known &= ~is_symmetrical | np.isfinite(homolateral + diagonal)
    conditions = [
        ~known,
        ~is_symmetrical & (together <= TOGETHER),
        ~is_symmetrical,
        is_trot,
        is_pace,
        duty_factor > WALKS_ABOVE,
    ]
    names = ["", "bound", "canter or gallop", "trot", "pace", "walk"]
    return np.select(conditions, names, "amble").astype(object)
