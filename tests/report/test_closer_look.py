"""Bands, bars and intervals claim no more than is known."""

import numpy as np
import pytest

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.closer_look import MEDIANS, interval_table
from superanimal_core.report.rasters import draw_bouts
from superanimal_core.report.traces import draw_traces


def still(frames=20):
    """A nose that stays at (100, 200)."""
    shape = frames, 1, 1
    xy = np.full((*shape, 2), (100.0, 200.0))
    space, time_s = KeypointSpace("one", ("nose",)), np.arange(frames) / 10
    poses = Poses(space, ("a",), time_s, xy, np.ones(shape))
    variance = np.ones(xy.shape)
    return SmoothedPoses(poses, variance, xy, variance, np.ones(shape, int), np.ones((1, 1)))


def test_the_band_is_the_circle_to_both_sides_and_missing_where_it_is_not_known():
    radius_px = np.full((20, 1, 1), 7.0)
    radius_px[10:] = np.nan
    figure = draw_traces(still(), radius_px, [0], (0.0, 2.0))
    for axes, middle in zip(figure.axes, (100.0, 200.0), strict=True):
        (band,) = [c for c in axes.collections if c.get_paths() and c.get_alpha() == 0.18]
        outline = np.concatenate([path.vertices for path in band.get_paths()])
        assert outline[:, 1].min() == middle - 7
        assert outline[:, 1].max() == middle + 7
        assert outline[:, 0].max() == pytest.approx(0.9)


def test_without_a_calibration_there_is_no_band():
    figure = draw_traces(still(), np.full((20, 1, 1), np.nan), [0], (0.0, 2.0))
    bands = [c for axes in figure.axes for c in axes.collections if c.get_alpha() == 0.18]
    assert not any(len(band.get_paths()) for band in bands)


def test_a_bout_whose_probability_is_not_known_is_plain_and_a_doubtful_one_pale():
    bouts = [
        {"behavior": "walk", "start_s": float(i), "stop_s": i + 0.5, "probability": p}
        for i, p in enumerate((np.nan, 1.0, 0.0))
    ]
    (bars,) = draw_bouts(bouts, ["walk"], (0.0, 3.0)).axes[0].collections
    assert bars.get_facecolors()[:, 3] == pytest.approx([1.0, 1.0, 0.3])


def limb(name, why_not, low):
    row = {"individual": "a", "limb": name, "strides": 10, "strides_per_draw": 10.0}
    row["no_interval_because"] = why_not
    for quantity, *_ in MEDIANS:
        row |= {f"{quantity}_median": 0.4, f"{quantity}_median_low": low}
        row |= {f"{quantity}_median_high": low + 0.2}
    return row


def test_a_limb_without_an_interval_says_why():
    table = interval_table([limb("left", "", 0.3), limb("right", "other strides", np.nan)])
    assert [(row[2], row[-1]) for row in table.rows] == [
        ("400 (300 to 500)", ""),
        ("400", "the trajectories have other strides"),
    ]


def test_without_draws_there_is_no_table_of_intervals():
    assert interval_table([limb("left", "no draws", np.nan)]) is None
