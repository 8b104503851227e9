"""The filters that the smoother is compared with."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import medfilt, savgol_filter
from test_eks import SETTINGS, ensemble

from superanimal_core.settings.smoothing import METHODS
from superanimal_core.smoothing.baselines import SMOOTHERS, one_euro
from superanimal_core.smoothing.running_median import odd_window, running_median

COMMON = {"center": "median", "min_score": 0.0}
SETTINGS_OF = {
    "eks": SETTINGS,
    "none": COMMON,
    "median": COMMON | {"window_s": 0.1},
    "savitzky_golay": COMMON | {"window_s": 0.14, "order": 3},
    "one_euro": COMMON
    | {"min_cutoff_hz": 2.0, "speed_coefficient": 0.01, "derivative_cutoff_hz": 1.0},
}


def smoothed(members, method, **changed):
    return SMOOTHERS[method](members, METHODS[method](**SETTINGS_OF[method] | changed))


def test_every_method_but_the_pupils_is_tried():
    assert SMOOTHERS.keys() == METHODS.keys() == {*SETTINGS_OF, "pupil"}


@pytest.mark.parametrize("method", SETTINGS_OF)
def test_every_method_keeps_holes_apart_and_shapes_together(method):
    _, members = ensemble()
    holed = []
    for member in members:
        xy = member.xy_px.copy()
        xy[20:80, 0, 1] = np.nan
        xy[:, 1, 0] = np.nan
        holed.append(replace(member, xy_px=xy))
    result = smoothed(holed, method)
    whole = smoothed(members, method)
    assert np.isnan(result.poses.xy_px[20:80, 0, 1]).all()
    assert np.isnan(result.poses.xy_px[:, 1, 0]).all()
    assert np.isfinite(result.poses.xy_px[80:, 0, 1]).all()
    np.testing.assert_array_equal(result.poses.xy_px[:, 0, 0], whole.poses.xy_px[:, 0, 0])
    assert (result.members[:, 0, 0] == 5).all()


@pytest.mark.parametrize("method", SETTINGS_OF)
@pytest.mark.parametrize("frames", [0, 1, 3])
def test_short_videos_pass(method, frames):
    _, members = ensemble(frames=frames)
    assert len(smoothed(members, method).poses) == frames


def test_none_is_the_raw_center():
    _, members = ensemble()
    result = smoothed(members, "none")
    np.testing.assert_array_equal(result.poses.xy_px, result.raw_xy_px)


def test_running_median_is_scipys_away_from_the_ends():
    values = np.random.default_rng(0).normal(size=(100, 2))
    expected = np.column_stack([medfilt(axis, 5) for axis in values.T])
    np.testing.assert_allclose(running_median(values, 5)[2:-2], expected[2:-2])


def test_polynomials_are_scipys():
    _, members = ensemble()
    result = smoothed(members, "savitzky_golay")
    expected = savgol_filter(result.raw_xy_px, 7, 3, axis=0)
    np.testing.assert_allclose(result.poses.xy_px, expected)


def test_one_euro_keeps_a_constant_and_follows_a_step():
    time_s = np.arange(200) / 100
    values = np.where(time_s < 1, 5.0, 10.0)[:, None]
    smooth = one_euro(values, time_s, 1.0, 0.0, 1.0)[:, 0]
    np.testing.assert_allclose(smooth[:100], 5)
    expected = 10 - 5 / (1 + 2 * np.pi / 100) ** (np.arange(100) + 1)
    np.testing.assert_allclose(smooth[100:], expected)


def test_windows_are_odd_and_last_about_as_long_as_asked():
    time_s = np.arange(100) / 50
    assert odd_window(time_s, 0.1) == 5
    assert odd_window(time_s, 0.0) == 3
    assert odd_window(time_s, 0.2) in (9, 11)


@pytest.mark.parametrize("seed", range(3))
def test_the_smoother_beats_raw_and_median_and_most_of_all_where_the_networks_disagree(seed):
    truth, members = ensemble(frames=1500, individuals=1, seed=seed)
    rng = np.random.default_rng(seed)
    is_hidden = np.zeros(1500, bool)
    for start in range(100, 1500, 200):
        is_hidden[start : start + 12] = True
    guessed = []
    for member in members:
        xy = member.xy_px.copy()
        xy[is_hidden] += 25 * rng.normal(size=xy[is_hidden].shape)
        guessed.append(replace(member, xy_px=xy))
    error = {}
    for method in ("eks", "median", "none"):
        result = smoothed(guessed, method, **({"strength": None} if method == "eks" else {}))
        error[method] = np.abs(result.poses.xy_px - truth)
    assert error["eks"].mean() < error["median"].mean()
    assert error["eks"].mean() < error["none"].mean()
    hidden = {method: values[is_hidden].mean() for method, values in error.items()}
    assert hidden["eks"] < 0.7 * hidden["median"] < 0.7 * hidden["none"]
