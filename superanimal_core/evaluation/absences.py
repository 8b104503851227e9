"""When a video shows no animal: stretches of frames without any pose."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

TOLD = 3  # stretches that a sentence names


class Absence(TypedDict):
    """Frames in a row without any pose: how many, and the times of the first and the last (s)."""

    frames: int
    first_s: float
    last_s: float


def find_absences(
    has_pose: Bool[ndarray, "frame"], time_s: Float[ndarray, "frame"]
) -> list[Absence]:
    """The stretches without a pose, as long as they can be, in their order."""
    edges = np.diff(np.concatenate([[True], has_pose, [True]]).astype(int))
    stretches = zip(np.flatnonzero(edges < 0), np.flatnonzero(edges > 0), strict=True)
    return [
        {
            "frames": int(stop - start),
            "first_s": float(time_s[start]),
            "last_s": float(time_s[stop - 1]),
        }
        for start, stop in stretches
    ]


def told_absences(absences: Sequence[Absence], frames: int) -> str:
    """One sentence: of how many frames how many show no animal, and when; the longest ones.

    >>> told_absences([{"frames": 3, "first_s": 0.0, "last_s": 0.2}], 10)
    'no animal in 3 of 10 frames (30%): 0.0 to 0.2 s'
    """
    missing = sum(absence["frames"] for absence in absences)
    longest = sorted(absences, key=lambda absence: -absence["frames"])[:TOLD]
    when = ", ".join(
        f"{absence['first_s']:.1f} to {absence['last_s']:.1f} s"
        for absence in sorted(longest, key=lambda absence: absence["first_s"])
    )
    told = f"no animal in {missing} of {frames} frames ({missing / frames:.0%}): {when}"
    others = len(absences) - len(longest)
    return told + (f", and more (in all {len(absences)})" if others else "")
