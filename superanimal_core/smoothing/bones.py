"""Distances between an animal's keypoints: what labels say is usual, and how unlike it a pose is.

A network that takes another thing for the animal puts keypoints where no body has them, however
sure it is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

PER_KEYPOINT = 6  # so many pairs, those whose distances vary least
MIN_LABELS = 10  # of a pair
LEAST_SPREAD = 0.02  # of the logarithm: what annotators cannot do better
MOST = 20.0  # spreads; beyond it is all the same
FRAMES = 8192  # at once


@dataclass(frozen=True)
class Bones:
    """Pairs of keypoints, the usual logarithm of their distance over the animal's size, its spread.

    A pair is any two keypoints whose distance varies little, whether a bone joins them or not.
    """

    pair: Int[ndarray, "bone 2"]
    log_length: Float[ndarray, "bone"]
    spread: Float[ndarray, "bone"]


NO_BONES = Bones(np.zeros((0, 2), int), np.zeros(0), np.zeros(0))


def usual_bones(
    label_xy_px: Float[ndarray, "animal keypoint 2"], size_px: Float[ndarray, "animal"]
) -> Bones:
    """The pairs of labeled animals that vary least: median and median absolute deviation.

    Of pairs with at least 10 labels; none where there are fewer.
    """
    keypoints = label_xy_px.shape[1]
    pair = np.stack(np.triu_indices(keypoints, 1), axis=1)
    length = _log_lengths(label_xy_px, pair, size_px)
    is_known = np.isfinite(length).sum(axis=0) >= MIN_LABELS
    if not is_known.any():
        return NO_BONES
    pair, length = pair[is_known], length[:, is_known]
    middle = np.nanmedian(length, axis=0)
    spread = 1.4826 * np.nanmedian(np.abs(length - middle), axis=0)
    steadiest = np.sort(np.argsort(spread, kind="stable")[: PER_KEYPOINT * keypoints])
    spread = np.hypot(spread, LEAST_SPREAD)
    return Bones(pair[steadiest], middle[steadiest], spread[steadiest])


def strange_bones(
    bones: Bones,
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    size_px: Float[ndarray, "frame individual"],
) -> Float[ndarray, "frame individual"]:
    """Mean over an animal's bones of how far each is from what is usual, in spreads of it.

    NaN where none is known.
    """
    parts = [
        _deviation(bones, xy_px[start : start + FRAMES], size_px[start : start + FRAMES])
        for start in range(0, len(xy_px), FRAMES)
    ]
    return np.concatenate(parts) if parts else np.zeros(size_px.shape)


def _deviation(bones: Bones, xy_px: ndarray, size_px: ndarray) -> Float[ndarray, "*shape"]:
    length = _log_lengths(xy_px, bones.pair, size_px)
    spreads = np.minimum(np.abs(length - bones.log_length) / bones.spread, MOST)
    count = np.isfinite(spreads).sum(axis=-1)
    total = np.nansum(spreads, axis=-1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _log_lengths(
    xy_px: Float[ndarray, "*shape keypoint 2"],
    pair: Int[ndarray, "bone 2"],
    size_px: Float[ndarray, "*shape"],
) -> Float[ndarray, "*shape bone"]:
    apart = xy_px[..., pair[:, 0], :] - xy_px[..., pair[:, 1], :]
    length = np.hypot(apart[..., 0], apart[..., 1]) / size_px[..., None]
    return np.log(np.maximum(length, np.exp(-MOST)))
