"""Brent's minimizer of a function of one number (Brent 1973, chapter 5, `localmin`).

Written out because it is all that the smoother needs of scipy.optimize, whose import takes longer
than smoothing a short video.
"""

from collections.abc import Callable

import numpy as np

GOLDEN = (3 - 5**0.5) / 2


def minimize_between(
    function: Callable[[float], float], low: float, high: float, tolerance: float
) -> float:
    """Where `function` is lowest between two bounds, within `tolerance`.

    Parabolas through the three best points so far, golden sections where these do not help; about
    ten evaluations for a smooth function. With several minima, one of them.
    """
    best = second = third = low + GOLDEN * (high - low)
    at_best = at_second = at_third = function(best)
    step = before = 0.0
    nearest = tolerance / 3
    while abs(best - (low + high) / 2) > 2 * nearest - (high - low) / 2:
        middle = (low + high) / 2
        jump = _parabola_step((best, second, third), (at_best, at_second, at_third))
        if low < best + jump < high and abs(jump) < abs(before) / 2:
            before, step = step, jump
            if min(best + jump - low, high - best - jump) < 2 * nearest:
                step = nearest if middle >= best else -nearest
        else:
            before = (low if best >= middle else high) - best
            step = GOLDEN * before
        if abs(step) < nearest:
            step = nearest if step >= 0 else -nearest
        new = best + step
        at_new = function(new)
        if at_new <= at_best:
            low, high = (best, high) if new >= best else (low, best)
            second, third, best = best, second, new
            at_second, at_third, at_best = at_best, at_second, at_new
        else:
            low, high = (new, high) if new < best else (low, new)
            if at_new <= at_second or second == best:
                second, third, at_second, at_third = new, second, at_new, at_second
            elif at_new <= at_third or third in (best, second):
                third, at_third = new, at_new
    return best


def _parabola_step(at: tuple[float, float, float], value: tuple[float, float, float]) -> float:
    """From the first point to the vertex of the parabola through all three; NaN without one."""
    best, second, third = at
    left = (best - second) * (value[0] - value[2])
    right = (best - third) * (value[0] - value[1])
    below = 2 * (right - left)
    above = (best - second) * left - (best - third) * right
    return above / below if below else np.nan
