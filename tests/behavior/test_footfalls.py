"""The decisions about footfalls at their edges; whole walks are in test_gait."""

import numpy as np
from stick_animals import BODY, smoothed, walker

from superanimal_core.behavior.footfalls import (
    _swings_of_walk,
    _without_short,
    body_length_px,
    measure_travel,
)
from superanimal_core.settings.behavior import StrideSettings


def settings_of(low=0.3, high=0.6, min_phase_s=0.1, min_body_speed_bl_per_s=0.2):
    return StrideSettings(
        limbs=[],
        body=BODY,
        stance_speed_fraction=low,
        swing_speed_fraction=high,
        min_body_speed_bl_per_s=min_body_speed_bl_per_s,
        min_phase_s=min_phase_s,
        belt_speed_px_per_s=0.0,
        min_swing_frames=5,
        cm_per_px=None,
    )


def test_the_bodys_speed_is_that_of_a_window_of_six_phases():
    """A line over the window, then a mean over it: a start is felt one whole window before."""
    poses = walker(fps=100.0, seconds=4.0, pause_s=(0.0, 2.0))
    xy = poses.poses.xy_px.copy()
    xy[..., 1] = 0.0
    travel = measure_travel(
        smoothed(xy, poses.poses.time_s, 1.0),
        0,
        settings_of(min_body_speed_bl_per_s=0.0, min_phase_s=0.05),
    )
    first_s = 2.01 - 6 * 0.05  # the first frame elsewhere is at 2.01 s
    is_before = poses.poses.time_s < first_s - 0.005
    assert travel.speed_px_per_s[is_before].max() < 1e-9
    assert (travel.speed_px_per_s[~is_before] > 1e-3).all()


def test_short_swings_go_first_and_then_short_stances():
    """Each (lift, strike); the limit is 1 s."""
    edges = [
        (0.0, 1.0),  # just long enough
        (2.0, 3.0),  # after a stance that is just long enough
        (3.9, 5.0),  # after one that is not: the same swing
        (5.1, 6.0),  # a swing that is too short, whatever is beside it
        (7.0, np.nan),  # cut by the end of the walk
    ]
    np.testing.assert_equal(_without_short(edges, 1.0), [(0.0, 1.0), (2.0, 5.0), (7.0, np.nan)])


def test_both_ends_of_a_swing_are_crossings_of_the_same_level():
    """A walk whose paw's speed is known: lines between 0 and a peak, high enough or not."""
    time_s = np.arange(41) / 10
    speed = np.interp(time_s, [0, 1, 1.5, 2, 3, 3.5, 4], [0, 0, 1, 0, 0, 0.5, 0])
    found = _swings_of_walk(speed, time_s, settings_of(0.3, 0.6), 7)
    assert len(found) == 1
    np.testing.assert_allclose(found[0], [1.15, 1.85, 7])
    both = _swings_of_walk(speed, time_s, settings_of(0.3, 0.49), 7)
    np.testing.assert_allclose(both[1], [3.3, 3.7, 7])


def test_the_length_of_a_body_is_the_median_from_its_first_to_its_last_keypoint():
    xy = np.zeros((5, 3, 2))
    xy[:, 1] = 99.0  # in between, and no part of it
    xy[:, 2] = [[3.0, 4.0], [6.0, 8.0], [30.0, 40.0], [np.nan, 0.0], [5.0, 12.0]]
    assert body_length_px(xy) == (10 + 13) / 2
    assert np.isnan(body_length_px(xy[:, :1]))
    assert np.isnan(body_length_px(xy[3:4]))
