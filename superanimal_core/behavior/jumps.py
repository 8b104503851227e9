"""Jumps that no animal makes: single positions far from where their neighbors lie."""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

NEAR_FRAMES = 2  # on each side; the median of four bears one jump among them
USUAL = 0.9  # quantile of the distances that the motion itself makes
BEYOND_USUAL = 4.0  # jumps are so many times farther
MIN_BODY_LENGTHS = 0.08


def is_jump(
    xy_px: Float[ndarray, "frame 2"], body_length_px: float, is_moving: Bool[ndarray, "frame"]
) -> Bool[ndarray, "frame"]:
    """True where a position is off the median of its neighbors as no other step is.

    Farther than four times what 90 % of the frames are in which the animal moves (at rest every
    step would be unusual), and than 0.08 body lengths, and far from both neighbors: two limbs that
    change places step, and stay there. At any frame rate an even motion lies on that median; what
    it is off is what the limb's own swings make.
    """
    if len(xy_px) <= 2 * NEAR_FRAMES:
        return np.zeros(len(xy_px), bool)
    padded = np.pad(xy_px, ((NEAR_FRAMES, NEAR_FRAMES), (0, 0)), constant_values=np.nan)
    offsets = [k for k in range(2 * NEAR_FRAMES + 1) if k != NEAR_FRAMES]
    near = np.sort(np.stack([padded[k : k + len(xy_px)] for k in offsets]), axis=0)
    apart = np.hypot(*(xy_px - near[NEAR_FRAMES - 1 : NEAR_FRAMES + 1].mean(axis=0)).T)
    known = apart[np.isfinite(apart) & is_moving]
    if not len(known):
        return np.zeros(len(xy_px), bool)
    limit = max(BEYOND_USUAL * float(np.quantile(known, USUAL)), MIN_BODY_LENGTHS * body_length_px)
    step = _nearest_beside(xy_px)
    told = step[np.isfinite(step) & is_moving]
    usual = float(np.quantile(told, USUAL)) if len(told) else 0.0
    return (apart > limit) & (step > BEYOND_USUAL / 2 * usual)


def _nearest_beside(xy_px: Float[ndarray, "frame 2"]) -> Float[ndarray, "frame"]:
    """Distance to the nearer of the two neighbors; a step is near one of them."""
    step = np.hypot(*np.diff(xy_px, axis=0).T)
    far = np.full(1, np.nan)
    return np.fmin(np.concatenate([far, step]), np.concatenate([step, far]))
