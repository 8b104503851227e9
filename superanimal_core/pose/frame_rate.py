"""Frames per second from time stamps, and when frames end."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

PAUSE_STEPS = 10  # a longer step, in median steps, is a pause of the camera: no frames belong there


def frames_per_second(time_s: Float[ndarray, "frame"]) -> float:
    """Frames over the time that they cover (Hz); NaN for less than two frames.

    Pauses are left out of both. Unlike the inverse of a median step this holds also where stamps
    are rounded: 29.97 Hz in whole milliseconds has steps of 33 and 34 ms.
    """
    steps_s = recorded_steps_s(time_s)
    return float(len(steps_s) / steps_s.sum()) if len(steps_s) else float("nan")


def recorded_steps_s(time_s: Float[ndarray, "frame"]) -> Float[ndarray, "step"]:
    """The steps between frames (s) without the pauses."""
    steps_s = np.diff(time_s)
    return steps_s[steps_s <= PAUSE_STEPS * np.median(steps_s)] if len(steps_s) else steps_s


def end_s(time_s: Float[ndarray, "frame"], stop: int) -> float:
    """Time at which the frames before `stop` end."""
    if stop < len(time_s):
        return float(time_s[stop])
    interval = 1 / frames_per_second(time_s) if len(time_s) > 1 else 0.0
    return float(time_s[-1]) + interval
