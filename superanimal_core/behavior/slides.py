"""How far feet slide while they stand: along with the body, as a part of its way meanwhile.

Zero on a ground that is told right, whatever the noise, since the sides of it are taken alike.
Where a belt is told too slow, or the camera goes along, feet fall back or go ahead in every stance.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.footfalls import Footfalls, Walk

MARGIN = 0.15  # of a stance at its either end, in which a foot rolls on and off
MIN_STANCES = 10  # that tell whether feet slide
ALIKE = 0.25  # quantile of the slides, to the side of none, that must be half of the median


def stance_slides(walk: Walk, time_s: Float[ndarray, "frame"]) -> Float[ndarray, "stance"]:
    """Of each stance of each limb of an animal, those that make no stride included.

    Positive where the foot goes the way of the body, negative where it goes against it.
    """
    shift = walk.travel.ground_shift_px
    found = []
    for paw, falls in zip(walk.xy_px, walk.footfalls, strict=True):
        ends = stances_s(falls)
        foot, body = (_way_px(xy + shift, time_s, *ends) for xy in (paw, walk.travel.center_px))
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append((foot * body).sum(axis=1) / np.square(body).sum(axis=1))
    slides = np.concatenate([np.empty(0), *found])
    return slides[np.isfinite(slides)]


def stances_s(falls: Footfalls) -> tuple[Float[ndarray, "stance"], Float[ndarray, "stance"]]:
    """From when to when a foot lies still in each whole stance: not rolling on, nor off (s)."""
    strike, lift = falls.strike_s[:-1], falls.lift_s[1:]
    whole = (falls.run[:-1] == falls.run[1:]) & (strike < lift)
    strike, lift = strike[whole], lift[whole]
    rest = MARGIN * (lift - strike)
    return strike + rest, lift - rest


def usual_slide(slides: Float[ndarray, "stance"]) -> float:
    """The median where most stances slide alike; NaN where they differ, or are few.

    What noise makes of an animal that stands slides anywhere.
    """
    if len(slides) < MIN_STANCES:
        return float("nan")
    low, middle, high = np.quantile(slides, [ALIKE, 0.5, 1 - ALIKE])
    is_alike = low > middle / 2 if middle > 0 else high < middle / 2
    return float(middle) if is_alike else float("nan")


def _way_px(
    ground_px: Float[ndarray, "frame 2"], time_s: ndarray, start_s: ndarray, stop_s: ndarray
) -> Float[ndarray, "stance 2"]:
    """From one time to another; NaN where nothing is known."""
    known = np.isfinite(ground_px).all(axis=1)
    if not known.any():
        return np.full((len(start_s), 2), np.nan)
    at = [
        [np.interp(when, time_s[known], ground_px[known, axis]) for axis in (0, 1)]
        for when in (start_s, stop_s)
    ]
    return (np.array(at[1]) - np.array(at[0])).T
