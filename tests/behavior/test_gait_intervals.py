"""Gait intervals from draws of the smoother's posterior."""

from dataclasses import fields, replace

import numpy as np
import pytest
from stick_animals import BODY, LIMBS, walker
from test_from_ensemble_to_strides import ensemble_of
from test_gait import SETTINGS

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_intervals import (
    QUANTITIES,
    gait_intervals,
    stride_intervals,
    strides_of_draws,
)
from superanimal_core.behavior.gait_summary import summarize_gait
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.settings.smoothing import DrawSettings, EksSmoothing
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.sampling import sample_poses
from superanimal_core.tables.pose_files import read_smoothed, write_smoothed

SMOOTHING = {
    "min_variance_px2": 0.01,
    "single_network_variance_px2": 1.0,
    "max_gap_s": 0.2,
}
TRUE = {"stride_time_s": 0.4, "stride_length_px": 80.0}


def smoothed_walk(error_px, seed=0, seconds=6.0):
    return smooth_ensemble(
        ensemble_of(walker(fps=100.0, seconds=seconds), 5, error_px, seed),
        EksSmoothing(
            center="median",
            strength=None,
            motion="random_walk",
            velocity_s=0.15,
            noise="reference",
            strength_frames=10_000,
            min_score=0.1,
            **SMOOTHING,
        ),
    )


def measured(smoothed, draws):
    """Strides, their summary, and the intervals of both."""
    settings = StrideSettings(**SETTINGS)
    strides, drawn = measure_strides(smoothed, settings), strides_of_draws(draws, settings)
    gait = summarize_gait(strides, fps=100.0)
    return strides, gait, stride_intervals(strides, drawn), gait_intervals(gait, drawn)


def drawn_from(smoothed, draws=15, seed=0):
    names = (*LIMBS, *BODY)
    settings = DrawSettings(draws=draws, keypoints=names, seed=seed, **SMOOTHING)
    return list(sample_poses(smoothed, settings))


@pytest.mark.parametrize("error_px", [0.3, 1.0])
def test_intervals_hold_the_true_stride(error_px):
    smoothed = smoothed_walk(error_px)
    _, gait, of_strides, of_limbs = measured(smoothed, drawn_from(smoothed))
    assert set(gait.limb) == set(LIMBS)
    for quantity, true in TRUE.items():
        low, high = (of_limbs[f"{quantity}_median_{end}"] for end in ("low", "high"))
        assert (np.abs(getattr(gait, f"{quantity}_median") / true - 1) < 0.03).all()
        assert (np.maximum(low - true, true - high) < 0.005 * true).all()
        assert (high - low).max() < 0.05 * true
        low, high = (of_strides[f"{quantity}_{end}"] for end in ("low", "high"))
        assert ((low < 1.01 * true) & (high > 0.99 * true)).mean() > 0.8
        assert (high - low).mean() < 0.2 * true
    assert (of_strides["draws"] > 10).mean() > 0.9


def widths(columns):
    return np.nanmean([columns[f"{q}_high"] - columns[f"{q}_low"] for q in QUANTITIES])


def test_larger_errors_make_wider_intervals_and_medians_are_surer_than_strides():
    small, large = (measured(s, drawn_from(s)) for s in map(smoothed_walk, (0.3, 1.0)))
    assert widths(large[2]) > 1.5 * widths(small[2])
    medians = {name.replace("_median", ""): v for name, v in small[3].items()}
    assert widths(medians) < widths(small[2])


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
    assert len(strides) > 0


def taken(strides, rows):
    """Some rows of a table of strides."""
    return replace(strides, **{f.name: getattr(strides, f.name)[rows] for f in fields(strides)})


def strides_of_one_limb():
    strides = measure_strides(walker(), StrideSettings(**SETTINGS))
    return taken(strides, np.flatnonzero(strides.limb == LIMBS[0])[:10])


@pytest.mark.parametrize(
    ("counts", "is_given"),
    [((12, 12), True), ((12, 13), False), ((8, 8), True), ((8, 7), False)],
)
def test_draws_agree_up_to_a_fifth_more_or_fewer_strides(counts, is_given):
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
    values = np.linspace(0, 1, 101)
    drawn = [replace(strides, duty_factor=np.full(len(strides), value)) for value in values]
    of_limb = gait_intervals(summarize_gait(strides, fps=120.0), drawn)
    of_strides = stride_intervals(strides, drawn)
    for end, expected in (("low", 0.05), ("high", 0.95)):
        np.testing.assert_allclose(of_limb[f"duty_factor_median_{end}"], expected)
        np.testing.assert_allclose(of_strides[f"duty_factor_{end}"], expected)


@pytest.mark.parametrize("draws", [0, 2])
def test_an_animal_that_never_walks_has_no_rows(draws):
    still = walker(speed_px_per_s=0.0)
    _, _, of_strides, of_limbs = measured(still, [still] * draws)
    assert {len(v) for v in (*of_strides.values(), *of_limbs.values())} == {0}


def test_no_draws_give_unknown_intervals():
    _, gait, of_strides, of_limbs = measured(walker(), [])
    assert np.isnan(of_limbs["duty_factor_median_low"]).all()
    assert np.isnan(of_strides["stride_length_px_high"]).all()
    assert (of_limbs["draws"] == 0).all()
    assert (of_limbs["strides_per_draw"] == 0).all()
    assert np.isfinite(gait.duty_factor_median).all()


def test_draws_are_the_same_from_memory_and_from_a_file_and_only_of_the_feet(tmp_path):
    smoothed = smoothed_walk(1.0, seconds=2.0)
    write_smoothed(smoothed, tmp_path / "poses.parquet", {})
    read = read_smoothed(tmp_path / "poses.parquet")
    settings = DrawSettings(draws=1, keypoints=LIMBS, seed=3, **SMOOTHING)
    first, second = (next(sample_poses(s, settings)).poses.xy_px for s in (smoothed, read))
    np.testing.assert_allclose(first, second, atol=1e-2)
    feet = [smoothed.poses.space.index(name) for name in LIMBS]
    moved = (first != smoothed.poses.xy_px).any(axis=(0, 1, 3))
    assert np.flatnonzero(moved).tolist() == feet
