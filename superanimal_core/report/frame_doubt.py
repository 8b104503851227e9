"""How sure one may be of each frame of a video, read part by part, however long it is."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses


@dataclass(frozen=True)
class FrameDoubt:
    """Of each frame how sure its least sure animal is, and how far off its keypoints may be.

    `score` is that of the frame's least sure animal: the mean over the keypoints that the video
    shows at all, an absent one counts 0; NaN without an animal. `doubt_px` is the median radius of
    the frame's circles of 90 %; where the video has none (not `has_circles`), how far the networks
    differ. `has_extrapolated`: an animal of some frame is unlike anything labeled.
    """

    score: Float[ndarray, "frame"]
    doubt_px: Float[ndarray, "frame"]
    has_circles: bool
    has_extrapolated: bool

    def worst_last(self) -> Float[ndarray, "frame"]:
        """What orders frames by doubt: that in px; the score where all of that is 0 or unknown."""
        return self.doubt_px if np.nanmax(self.doubt_px, initial=0.0) > 0 else -self.score


def frame_doubt(chunks: Iterable[tuple[SmoothedPoses, ExpectedError]]) -> FrameDoubt:
    """The doubt of all frames of a video, whose poses come in the order of time."""
    totals, radii, spreads = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    is_shown: Bool[ndarray, "keypoint"] | None = None
    has_extrapolated = False
    for smoothed, expected in chunks:
        is_seen = np.asarray(np.isfinite(smoothed.poses.xy_px).all(axis=-1))
        total = np.where(is_seen, smoothed.poses.score, 0.0).sum(axis=-1)
        least = np.where(is_seen.any(axis=-1), total, np.inf).min(axis=1, initial=np.inf)
        totals.append(np.where(np.isfinite(least), least, np.nan))
        shown_here = np.asarray(is_seen.any(axis=(0, 1)))
        is_shown = shown_here if is_shown is None else is_shown | shown_here
        radii.append(_median(expected.radius_90_px, is_seen))
        spreads.append(_median(np.sqrt(smoothed.ensemble_variance_px2.sum(axis=-1)), is_seen))
        has_extrapolated |= bool(expected.is_extrapolated.any())
    keypoints = max(int(is_shown.sum()), 1) if is_shown is not None else 1
    radius_px = np.concatenate(radii)
    has_circles = bool(np.isfinite(radius_px).any())
    doubt_px = radius_px if has_circles else np.concatenate(spreads)
    return FrameDoubt(np.concatenate(totals) / keypoints, doubt_px, has_circles, has_extrapolated)


def _median(
    values: Float[ndarray, "frame individual keypoint"],
    is_seen: Bool[ndarray, "frame individual keypoint"],
) -> Float[ndarray, "frame"]:
    """Of each frame, over what is seen and known; NaN where nothing is."""
    is_known = is_seen & np.isfinite(values)
    frames, individuals, keypoints = values.shape
    flat = np.where(is_known, values, np.nan).reshape(frames, individuals * keypoints)
    median = np.full(frames, np.nan)
    has_any = is_known.any(axis=(1, 2))
    median[has_any] = np.nanmedian(flat[has_any], axis=1)
    return median
