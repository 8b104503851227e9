"""How far off the positions of a video must be expected to be."""

from dataclasses import dataclass

from jaxtyping import Float
from numpy import ndarray


@dataclass(frozen=True)
class ExpectedError:
    """Expected distance from the true position, and radii of circles around the pose (px)."""

    expected_error_px: Float[ndarray, "frame individual keypoint"]
    radius_50_px: Float[ndarray, "frame individual keypoint"]
    radius_90_px: Float[ndarray, "frame individual keypoint"]
