"""Gait intervals from trajectories that are as likely as the smoothed one."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from stick_animals import BODY, LIMBS, walker
from test_from_ensemble_to_strides import SMOOTHING
from test_gait import SETTINGS

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_intervals import (
    QUANTITIES,
    ends,
    gait_intervals,
    stride_intervals,
    strides_of_draws,
    usable,
)
from superanimal_core.behavior.gait_summary import summarize_gait
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.settings.smoothing import DrawSettings, SmoothingSettings
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.error_memory import correlation_times_s
from superanimal_core.smoothing.sampling import lasting_noise, sample_poses
from superanimal_core.tables.pose_files import read_expected_error, read_smoothed, write_smoothed

CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"
LEARNED = SmoothingSettings(**yaml.safe_load(CONFIG.read_text())["smoothing"]).of("eks")
ALIKE = np.full((1, len(LIMBS) + len(BODY)), 0.1)  # how long errors last (s)


def erring(truth, members, shared_px, own_px, lasting_s, seed):
    """Networks whose errors last, and which they share in part."""
    rng = np.random.default_rng(seed)
    poses = truth.poses

    def error(size_px):
        series = lasting_noise(poses.time_s, lasting_s, poses.xy_px[0].size, rng)
        return size_px * series.reshape(poses.xy_px.shape)

    shared = error(shared_px)
    return [replace(poses, xy_px=poses.xy_px + shared + error(own_px)) for _ in range(members)]


def account(smoothed, sd_px):
    """Errors of a known size, and how long the video says that they last."""
    radius = np.full(smoothed.poses.score.shape, sd_px * np.sqrt(2 * np.log(10)))
    sds = np.full(radius.shape, sd_px)
    lasting = correlation_times_s(smoothed.raw_xy_px, sds, smoothed.poses.time_s)
    return replace(unknown_error(radius.shape), radius_90_px=radius, correlation_time_s=lasting)


def measured(smoothed, draws):
    """Strides, their summary, and the intervals of both."""
    settings = StrideSettings(**SETTINGS)
    strides = measure_strides(unsmoothed(smoothed), settings)
    drawn = strides_of_draws(draws, settings)
    gait = summarize_gait(strides, fps=smoothed.poses.fps)
    return strides, gait, stride_intervals(strides, drawn), gait_intervals(gait, drawn)


def drawn_from(smoothed, expected, draws=39, seed=0):
    settings = DrawSettings(draws=draws, keypoints=[*LIMBS, *BODY], seed=seed)
    return list(sample_poses(smoothed, expected, settings, sharpen=True))


def held(truth, strides, intervals, quantity):
    """For each stride that the truth has too, whether the interval holds the true value."""
    true = measure_strides(truth, StrideSettings(**SETTINGS))
    inside = []
    for row in range(len(strides)):
        same = np.flatnonzero(true.limb == strides.limb[row])
        nearest = same[np.abs(true.strike_s[same] - strides.strike_s[row]).argmin()]
        if abs(true.strike_s[nearest] - strides.strike_s[row]) < true.stride_time_s[nearest] / 2:
            low, high = (intervals[f"{quantity}_{end}"][row] for end in ("low", "high"))
            inside.append(low <= getattr(true, quantity)[nearest] <= high)
    return inside


@pytest.mark.parametrize(
    ("fps", "lasting_s"),
    [
        (30.0, 0.4),
        pytest.param(30.0, 0.1, marks=pytest.mark.slow),
        pytest.param(100.0, 0.1, marks=pytest.mark.slow),
        pytest.param(100.0, 0.4, marks=pytest.mark.slow),
    ],
)
def test_nine_in_ten_intervals_hold_the_true_stride_though_networks_err_together(lasting_s, fps):
    """Half of the error is shared: the spread of two networks does not show it."""
    inside = {name: [] for name in ("stride_time_s", "stride_length_px", "duty_factor")}
    for seed in range(4):
        truth = walker(fps=fps, frequency_hz=2.1 + 0.2 * seed, seed=seed)
        smoothed = smooth_ensemble(erring(truth, 2, 1.5, 1.0, lasting_s, seed), SMOOTHING)
        expected = account(smoothed, np.hypot(1.5, 1.0 / np.sqrt(2)))
        strides, _, of_strides, _ = measured(smoothed, drawn_from(smoothed, expected))
        assert (of_strides["no_interval_because"] == "").mean() > 0.9
        for quantity, found in inside.items():
            found += held(truth, strides, of_strides, quantity)
    for quantity, found in inside.items():
        assert 0.84 < np.mean(found) < 0.98, quantity


@pytest.mark.parametrize("members", [2, 5])
def test_duty_factors_are_held_where_smoothing_smears_swings(members):
    """Errors of 3 px that are new in every frame: smoothed away, and swings are smeared with them.

    Measured on what was seen the duty factor is right; what was taken from the motion must be given
    back to the draws.
    """
    inside, moved = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        truth = walker(fps=60.0, frequency_hz=2.1 + 0.3 * seed, seed=seed)
        seen = [
            replace(truth.poses, xy_px=xy + 3.0 * rng.normal(size=xy.shape))
            for xy in [truth.poses.xy_px] * members
        ]
        smoothed = smooth_ensemble(seen, LEARNED)
        expected = account(smoothed, float((smoothed.raw_xy_px - truth.poses.xy_px).std()))
        strides, _, of_strides, _ = measured(smoothed, drawn_from(smoothed, expected))
        assert (of_strides["no_interval_because"] == "").mean() > 0.9
        inside += held(truth, strides, of_strides, "duty_factor")
        true = measure_strides(truth, StrideSettings(**SETTINGS))
        moved.append(np.median(strides.duty_factor) - np.median(true.duty_factor))
    assert np.abs(moved).max() < 0.01
    assert np.mean(inside) > 0.84


def widths(columns):
    return np.nanmean([columns[f"{q}_high"] - columns[f"{q}_low"] for q in QUANTITIES])


def test_larger_errors_make_wider_intervals_and_medians_are_surer_than_strides():
    walk = walker(fps=100.0)
    small, large = (
        measured(walk, drawn_from(walk, replace(account(walk, sd), correlation_time_s=ALIKE)))
        for sd in (0.3, 1.0)
    )
    assert widths(large[2]) > 1.5 * widths(small[2])
    medians = {name.replace("_median", ""): v for name, v in small[3].items()}
    assert widths(medians) < widths(small[2])
    for quantity in ("stride_time_s", "stride_length_px"):
        ratio = large[2][f"{quantity}_sd"] / small[2][f"{quantity}_sd"]
        assert np.nanmedian(ratio) == pytest.approx(1 / 0.3, rel=0.25)


def test_the_center_itself_as_every_draw_gives_points():
    smoothed = walker()
    strides, gait, of_strides, of_limbs = measured(smoothed, [smoothed] * 3)
    for end in ("low", "high"):
        for name in QUANTITIES:
            np.testing.assert_allclose(of_strides[f"{name}_{end}"], getattr(strides, name))
            median = getattr(gait, f"{name}_median")
            np.testing.assert_allclose(of_limbs[f"{name}_median_{end}"], median)
    np.testing.assert_array_equal(of_limbs["strides_per_draw"], gait.strides)
    assert (of_limbs["draws"] == 3).all()
    assert (of_strides["draws"] == 3).all()


def test_a_stride_that_a_draw_lacks_is_not_taken_from_its_neighbor():
    early, late = walker(seconds=4.0), walker(pause_s=(0.0, 4.0))
    strides, _, of_strides, _ = measured(early, [late])
    assert len(strides) > 0
    lacking = strides.strike_s < 3.5
    assert (of_strides["draws"][lacking] == 0).all()
    assert np.isnan(of_strides["stride_time_s_low"][lacking]).all()


def test_draws_with_other_strides_give_no_interval_but_say_so():
    slow, fast = walker(frequency_hz=1.5), walker(frequency_hz=3.0)
    strides, gait, of_strides, of_limbs = measured(slow, [fast] * 3)
    assert (of_limbs["strides_per_draw"] > 1.5 * gait.strides).all()
    assert (of_limbs["draws"] == 3).all()
    assert np.isnan(of_limbs["stride_time_s_median_low"]).all()
    assert np.isnan(of_strides["stride_time_s_high"]).all()
    assert set(of_strides["no_interval_because"]) == {"other strides"}
    assert set(of_limbs["no_interval_because"]) == {"other strides"}
    assert len(strides) > 0


@pytest.mark.parametrize(("found_in", "reason"), [(2, ""), (1, "seldom found")])
def test_a_stride_found_in_half_of_the_draws_has_an_interval(found_in, reason):
    """Draws without the third stride have one elsewhere instead."""
    strides = strides_of_one_limb()
    lacking = taken(strides, np.array([0, 1, 3, 4, 5, 6, 7, 8, 9, 9]))
    drawn = [strides] * found_in + [lacking] * (4 - found_in)
    found = stride_intervals(strides, drawn)
    assert found["no_interval_because"][2] == reason
    assert np.isfinite(found["stride_time_s_low"][2]) == (reason == "")
    assert (np.delete(found["no_interval_because"], 2) == "").all()


def taken(strides, rows):
    """Some rows of a table of strides."""
    return replace(strides, **{f.name: getattr(strides, f.name)[rows] for f in fields(strides)})


def strides_of_one_limb():
    strides = measure_strides(walker(), StrideSettings(**SETTINGS))
    return taken(strides, np.flatnonzero(strides.limb == LIMBS[0])[:10])


@pytest.mark.parametrize(
    ("counts", "is_given"),
    [((15, 15), True), ((15, 16), False), ((5, 5), True), ((5, 4), False)],
)
def test_draws_agree_up_to_half_as_many_strides_more_or_less(counts, is_given):
    strides = strides_of_one_limb()
    drawn = [taken(strides, np.sort(np.arange(count) % 10)) for count in counts]
    of_limb = gait_intervals(summarize_gait(strides, fps=120.0), drawn)
    of_strides = stride_intervals(strides, drawn)
    assert np.isfinite(of_limb["duty_factor_median_low"]).all() == is_given
    assert np.isfinite(of_strides["duty_factor_low"]).any() == is_given


def test_a_lone_stride_is_found_again():
    lone = taken(strides_of_one_limb(), [0])
    found = stride_intervals(lone, [lone, lone])
    assert found["draws"].tolist() == [2]
    np.testing.assert_allclose(found["stride_time_s_low"], lone.stride_time_s)


def test_nine_draws_of_ten_lie_in_the_interval():
    strides = strides_of_one_limb()
    values = np.linspace(0, 1, 101)[1:-1]  # the k-th of 99 is the quantile k / 100
    drawn = [replace(strides, duty_factor=np.full(len(strides), value)) for value in values]
    of_limb = gait_intervals(summarize_gait(strides, fps=120.0), drawn)
    of_strides = stride_intervals(strides, drawn)
    for end, expected in (("low", 0.05), ("high", 0.95)):
        np.testing.assert_allclose(of_limb[f"duty_factor_median_{end}"], expected)
        np.testing.assert_allclose(of_strides[f"duty_factor_{end}"], expected)


def test_where_errors_push_to_one_side_the_interval_holds_the_truth():
    """A sway that grows by each error, measured once and drawn twice, and a part that shrinks."""
    random = np.random.default_rng(3)
    names = ("lateral_displacement_px", "support_0_fraction", "step_width_px")
    true = np.array([5.0, 0.5, 5.0])
    grown = np.array([1.0, -0.1, 1.0])
    push = grown * (1 + 0.3 * random.standard_normal((400, 1, 3)))
    measured = (true + push)[:, 0]
    draws = measured + grown * (1 + 0.3 * random.standard_normal((50, 400, 3)))
    told = ends(usable(draws, measured, names, np.full(400, "")), names)
    held = {
        name: np.mean((told[f"{name}_low"] <= true[n]) & (true[n] <= told[f"{name}_high"]))
        for n, name in enumerate(names)
    }
    assert 0.85 < held["lateral_displacement_px"] < 0.95
    assert 0.85 < held["support_0_fraction"] < 0.95
    assert held["step_width_px"] < 0.05  # what any other quantity would hold


def test_turned_around_what_was_measured_nothing_is_negative():
    names = ("support_2_fraction", "double_support_fraction_median", "duty_factor")
    draws = np.array([[[0.3, 0.5, 0.3]], [[0.5, 0.7, 0.5]], [[0.4, 0.6, 0.4]]])
    told = ends(usable(draws, np.array([[0.2, 0.4, 0.2]]), names, np.array([""])), names)
    assert {name: told[name].tolist() for name in told} == {
        "support_2_fraction_low": [0.0],  # 2 x 0.2 - 0.5 lies below
        "support_2_fraction_high": [pytest.approx(0.1)],
        "double_support_fraction_median_low": [pytest.approx(0.1)],
        "double_support_fraction_median_high": [pytest.approx(0.3)],
        "duty_factor_low": [0.3],
        "duty_factor_high": [0.5],
    }


@pytest.mark.parametrize("draws", [0, 2])
def test_an_animal_that_never_walks_has_no_rows(draws):
    still = walker(speed_px_per_s=0.0)
    _, _, of_strides, of_limbs = measured(still, [still] * draws)
    assert {len(v) for v in (*of_strides.values(), *of_limbs.values())} == {0}


def test_no_draws_give_unknown_intervals():
    _, gait, of_strides, of_limbs = measured(walker(), [])
    for columns in (of_strides, of_limbs):
        assert set(columns["no_interval_because"]) == {"no draws"}
    assert np.isnan(of_limbs["duty_factor_median_low"]).all()
    assert np.isnan(of_strides["stride_length_px_high"]).all()
    assert (of_limbs["draws"] == 0).all()
    assert (of_limbs["strides_per_draw"] == 0).all()
    assert np.isfinite(gait.duty_factor_median).all()


def test_draws_are_the_same_from_memory_and_from_a_file(tmp_path):
    smoothed = smooth_ensemble(erring(walker(seconds=2.0), 2, 1.0, 1.0, 0.1, 0), SMOOTHING)
    expected, path = account(smoothed, 1.5), tmp_path / "poses.parquet"
    write_smoothed(smoothed, path, {}, expected)
    first = drawn_from(smoothed, expected, draws=1)[0].poses.xy_px
    second = drawn_from(read_smoothed(path), read_expected_error(path), draws=1)[0].poses.xy_px
    np.testing.assert_allclose(first, second, atol=1e-2)
