"""Whole trajectories that are as likely as the smoothed one.

A radius says how far off each frame may be; it does not say that neighboring frames err together.
Draws do: measure strides or bouts on each draw, and the spread of the results is their uncertainty.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.linalg import get_lapack_funcs

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.smoothing import DrawSettings
from superanimal_core.smoothing.blur import Blur, fit_blur
from superanimal_core.smoothing.unseen import is_seen

ROUNDS = 6  # of sharpening: fewer leave footfalls late, more find some that never were

(dtbtrs,) = get_lapack_funcs(("tbtrs",), dtype=np.float64)


@dataclass(frozen=True)
class ErringTrack:
    """One keypoint, sharpened `rounds` times, and how its positions err.

    `sd_px` is the standard deviation of each coordinate's error before the smoother, `lasting_s`
    how long it lasts; `bridge_px` is what is added where no network saw the keypoint.
    """

    xy_px: Float[ndarray, "frame 2"]
    blur: Blur
    rounds: int
    sd_px: Float[ndarray, "frame"]
    bridge_px: Float[ndarray, "frame"]
    lasting_s: float

    def drawn(
        self, time_s: Float[ndarray, "frame"], rng: np.random.Generator
    ) -> Float[ndarray, "frame 2"]:
        """The track plus one error; a bridge errs as a whole."""
        error = lasting_noise(time_s, self.lasting_s, 2, rng) * self.sd_px[:, None]
        begins = np.diff(self.bridge_px > 0, prepend=False)
        bridge = rng.standard_normal((int(begins.sum()) + 1, 2))[np.cumsum(begins)]
        return (
            self.xy_px + self.blur.of_errors(error, self.rounds) + bridge * self.bridge_px[:, None]
        )


def sample_poses(
    smoothed: SmoothedPoses, expected: ExpectedError, settings: DrawSettings, *, sharpen: bool
) -> Iterator[SmoothedPoses]:
    """`draws` poses, one after the other: the smoothed one plus errors as they are expected.

    The error of each coordinate is Gaussian with the expected standard deviation of its frame, and
    lasts as long as `expected.correlation_time_s` says; then the smoother acts on it (see blur).
    With `sharpen`, what the smoother took from the animal's motion is given back, and some of the
    error with it: what is about single fast steps needs that, what is about slow motion does not.
    Errors of different keypoints are independent. Only `keypoints` are drawn, the others stay as
    they are; names that the space lacks are left out. Where nothing is known of the error, or how
    long it lasts, a position is NaN; where that is so of all of them, as without a calibration or
    in a very short video, there is no draw.
    """
    names = smoothed.poses.space.keypoints
    columns = [k for k, name in enumerate(names) if name in settings.keypoints]
    is_known = np.isfinite(expected.sd_px * expected.correlation_time_s)
    if not is_known[:, :, columns].any():
        return
    tracks = {
        (i, k): erring_track(smoothed, expected, i, k, ROUNDS if sharpen else 0)
        for i in range(len(smoothed.poses.individuals))
        for k in columns
    }
    rng = np.random.default_rng(settings.seed)
    for _ in range(settings.draws):
        xy = smoothed.poses.xy_px.copy()
        for (i, k), track in tracks.items():
            xy[:, i, k] = track.drawn(smoothed.poses.time_s, rng)
        yield replace(smoothed, poses=replace(smoothed.poses, xy_px=xy))


def erring_track(
    smoothed: SmoothedPoses, expected: ExpectedError, individual: int, keypoint: int, rounds: int
) -> ErringTrack:
    """How one keypoint of one individual errs, sharpened so many times."""
    of, time_s = (slice(None), individual, keypoint), smoothed.poses.time_s
    blur = fit_blur(smoothed.poses.xy_px[of], smoothed.raw_xy_px[of], time_s)
    sd_px = expected.sd_px[of]
    known = np.flatnonzero(is_seen(smoothed)[of] & np.isfinite(sd_px))
    if len(known):
        seen_px = np.interp(time_s, time_s[known], sd_px[known])
    else:
        seen_px = np.full(len(time_s), np.nan)
    bridge = np.sqrt(np.nan_to_num(np.maximum(np.square(sd_px) - np.square(seen_px), 0)))
    lasting_s = float(expected.correlation_time_s[individual, keypoint])
    sharp_px = blur.sharpened(smoothed.poses.xy_px[of], rounds)
    return ErringTrack(sharp_px, blur, rounds, seen_px, bridge, lasting_s)


def lasting_noise(
    time_s: Float[ndarray, "frame"],
    correlation_time_s: float,
    series: int,
    rng: np.random.Generator,
) -> Float[ndarray, "frame series"]:
    """Gaussian noise of variance 1 whose correlation after a time t is exp(-t / correlation time).

    Exact on uneven time stamps too. Without a memory (0) frames are independent; NaN where the
    correlation time is NaN.
    """
    white = rng.standard_normal((len(time_s), series))
    if not correlation_time_s > 0:
        return white if correlation_time_s == 0 else np.full(white.shape, np.nan)
    memory = np.exp(-np.diff(time_s) / correlation_time_s)
    white[1:] *= np.sqrt(1 - np.square(memory))[:, None]
    band = np.ones((2, len(time_s)))
    band[1, :-1], band[1, -1:] = -memory, 0
    return dtbtrs(band, white, uplo="L", diag="U")[0]
