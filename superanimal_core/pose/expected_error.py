"""The one account of error: how far off the positions of a video must be expected to be.

What is calibrated stands here, and everything that claims an uncertainty draws from it: circles,
intervals of the gait, standard deviations of features, probabilities of bouts, flags.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.keypoints import KeypointSpace

SD_OF_RADIUS_90 = 1 / np.sqrt(2 * np.log(10))  # of a Gaussian in two dimensions


@dataclass(frozen=True)
class ExpectedError:
    """Expected distance from the true position, and radii of circles around the pose (px).

    `correlation_time_s` is how long an error of the networks lasts (s): errors of frames that are
    this far apart have a correlation of 1/e, before they are smoothed. `probability` (0-1) is that
    the keypoint is there, and not more than `within_px` away. `is_extrapolated` says that the
    animal is unlike anything that was labeled; unless `tells_strangeness`, too few animals were
    labeled to know, and it is false.
    Numbers are NaN where nothing can be promised.
    """

    expected_error_px: Float[ndarray, "frame individual keypoint"]
    radius_50_px: Float[ndarray, "frame individual keypoint"]
    radius_90_px: Float[ndarray, "frame individual keypoint"]
    correlation_time_s: Float[ndarray, "individual keypoint"]
    probability: Float[ndarray, "frame individual keypoint"]
    is_extrapolated: Bool[ndarray, "frame individual"]
    within_px: float
    tells_strangeness: bool

    def of_keypoints(self, space: KeypointSpace, names: Sequence[str]) -> "ExpectedError":
        """The account of some keypoints of a space alone, in this order."""
        columns = [space.index(name) for name in names]
        return ExpectedError(
            self.expected_error_px[..., columns],
            self.radius_50_px[..., columns],
            self.radius_90_px[..., columns],
            self.correlation_time_s[:, columns],
            self.probability[..., columns],
            self.is_extrapolated,
            self.within_px,
            self.tells_strangeness,
        )

    @cached_property
    def sd_px(self) -> Float[ndarray, "frame individual keypoint"]:
        """Standard deviation of each coordinate: that of the Gaussian with the same circle."""
        return self.radius_90_px * SD_OF_RADIUS_90


def unknown_error(shape: tuple[int, int, int]) -> ExpectedError:
    """The account of (frame, individual, keypoint) without a calibration."""
    expected, half, most, probability = (np.full(shape, np.nan) for _ in range(4))
    lasting = np.full(shape[1:], np.nan)
    extrapolated = np.zeros(shape[:2], bool)
    numbers = expected, half, most, lasting, probability
    return ExpectedError(*numbers, extrapolated, float("nan"), tells_strangeness=False)
