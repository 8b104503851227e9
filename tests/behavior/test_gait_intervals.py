"""Gait intervals from draws of the smoother's posterior."""

from functools import partial

import numpy as np
import pytest
from stick_animals import LIMBS, walker
from test_from_ensemble_to_strides import ensemble_of
from test_gait import SETTINGS

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_intervals import QUANTITIES, measure_gait_intervals
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.sampling import sample_poses

SMOOTHING = {
    "min_variance_px2": 0.01,
    "single_network_variance_px2": 1.0,
    "max_gap_s": 0.2,
}
TRUE = {"stride_time_s": 0.4, "stride_length_px": 80.0}
MEASURE = partial(measure_strides, **SETTINGS)


def intervals(error_px, draws=15, seed=0, seconds=6.0):
    truth = walker(fps=100.0, seconds=seconds)
    smoothed = smooth_ensemble(
        ensemble_of(truth, 5, error_px, seed),
        center="median",
        strength=None,
        strength_frames=10_000,
        min_score=0.1,
        **SMOOTHING,
    )
    drawn = sample_poses(smoothed, draws=draws, seed=seed, **SMOOTHING)
    return measure_gait_intervals(smoothed, drawn, MEASURE, level=0.9)


@pytest.mark.parametrize("error_px", [0.3, 1.0])
def test_intervals_hold_the_true_stride(error_px):
    found = intervals(error_px)
    assert set(found.limb) == set(LIMBS)
    assert len(found) == len(LIMBS) * len(QUANTITIES)
    assert (found.low <= found.high).all()
    for quantity, true in TRUE.items():
        rows = found.quantity == quantity
        assert (np.abs(found.median[rows] / true - 1) < 0.03).all()
        off = np.maximum(found.low[rows] - true, true - found.high[rows])
        assert (off < 0.005 * true).all()
        assert (found.high - found.low)[rows].max() < 0.05 * true


def test_larger_errors_make_wider_intervals():
    small, large = intervals(0.3), intervals(2.0)
    assert (large.high - large.low).mean() > 1.5 * (small.high - small.low).mean()


def test_the_center_itself_as_every_draw_gives_points():
    smoothed = walker()
    found = measure_gait_intervals(smoothed, [smoothed] * 3, MEASURE, level=0.9)
    np.testing.assert_allclose(found.low, found.median)
    np.testing.assert_allclose(found.high, found.median)
    np.testing.assert_array_equal(found.strides, found.strides_mean)
    assert (found.draws == 3).all()


@pytest.mark.parametrize("draws", [0, 2])
def test_an_animal_that_never_walks_has_no_rows(draws):
    still = walker(speed_px_per_s=0.0)
    found = measure_gait_intervals(still, [still] * draws, MEASURE, level=0.9)
    assert len(found) == 0


def test_no_draws_give_unknown_intervals():
    smoothed = walker()
    found = measure_gait_intervals(smoothed, [], MEASURE, level=0.9)
    assert np.isnan(found.low).all()
    assert np.isfinite(found.median).all()
    assert (found.draws == 0).all()
