"""What the table of adaptations says of a network, against errors that are known by hand."""

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.adaptation_table import WORSE, _compared

SPACE = KeypointSpace("s", ("a", "b", "c"))
TRUTH = np.tile([[10.0, 10.0], [30.0, 10.0], [10.0, 30.0]], (6, 1, 1))
TAUGHT = np.ones(3, bool)


def off_by(px: float | Float[ndarray, "keypoint"], score=0.9) -> Poses:
    """Each keypoint so far to the right of its place."""
    xy_px = TRUTH.copy()
    xy_px[..., 0] += px
    seen = np.full((6, 1, 3), score)
    return Poses(SPACE, ("animal0",), np.arange(6) / 30, xy_px[:, None], seen)


def compared(before, after):
    return _compared([before, after], TRUTH, TAUGHT, 0.5)


def test_errors_gain_and_area_are_those_of_before_and_after():
    told = compared(off_by(4.0), off_by(np.array([1.0, 2.0, 3.0])))
    assert (told["error_px_before"], told["error_px_after"]) == pytest.approx((4.0, 2.0))
    assert told["gain_px"] == pytest.approx(2.0)
    assert told["hull_px2_before"] == pytest.approx(200.0)  # half of 20 x 20
    assert told["jitter_px_before"] == told["dropped_keypoints_after"] == 0


@pytest.mark.parametrize(("times", "is_right"), [(WORSE - 0.001, True), (WORSE + 0.001, False)])
def test_a_network_may_be_a_little_worse_and_no_more(times, is_right):
    assert compared(off_by(4.0), off_by(4.0 * times))["is_right"] is is_right


def test_keypoints_that_score_low_are_dropped():
    told = compared(off_by(1.0), off_by(1.0, score=0.49))
    assert (told["dropped_keypoints_before"], told["dropped_keypoints_after"]) == (0, 3)
