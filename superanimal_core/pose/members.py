"""Several networks that looked at the same: what they say together."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses


def middle_of_members(
    xy_px: Float[ndarray, "member *shape 2"], score: Float[ndarray, "member *shape"]
) -> tuple[Float[ndarray, "*shape 2"], Float[ndarray, "*shape"]]:
    """Median position (px) and mean score of the members that have a position; NaN and 0 for none.

    Members may have been taught different keypoints: who knows nothing of one has no say in it.
    """
    known = np.asarray(np.isfinite(xy_px).all(axis=-1))
    total = np.where(known, score, 0.0).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what no member knows stays NaN
        middle = np.nanmedian(np.where(known[..., None], xy_px, np.nan), axis=0)
    return middle, total / np.maximum(known.sum(axis=0), 1)


def middle_poses(members: Sequence[Poses]) -> Poses:
    """The same of whole predictions of one video, which all name the same animals."""
    seen = (np.stack([getattr(poses, f) for poses in members]) for f in ("xy_px", "score"))
    xy_px, score = middle_of_members(*seen)
    return replace(members[0], xy_px=xy_px, score=score)
