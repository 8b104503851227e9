"""Positions that no network saw: as far off as the edges of the gap and the motion say."""

from dataclasses import replace

import numpy as np
import pytest
from test_calibration import BODY_PX, calibrated_on_frames
from test_eks import FPS, ensemble, smooth

from superanimal_core.smoothing.calibration import predict_error
from superanimal_core.smoothing.sampling import lasting_noise
from superanimal_core.smoothing.unseen import bridged_error_px, seen_poses


def unseen(members, is_gap, score):
    """Networks that lose a keypoint in some frames, and say so by their score."""
    blind = [replace(m, xy_px=m.xy_px.copy(), score=m.score.copy()) for m in members]
    for member in blind:
        member.xy_px[is_gap] += 90.0
        member.score[is_gap] = score
    return blind


def gaps_of(frames, length, keypoint=0):
    is_gap = np.zeros((frames, 1, 3), bool)
    for start in range(25, frames - 2 * length, length + 25):
        is_gap[start : start + length, 0, keypoint] = True
    return is_gap


@pytest.fixture(scope="module")
def walk():
    """An animal that walks at random as a whole, what networks say of it, and the calibration.

    Most of their error is shared and lasts, so that smoothing does not lessen it.
    """
    truth, members = ensemble(frames=3000, individuals=1)
    path = truth[:, :, :1] - truth + BODY_PX
    truth = truth + path
    lasting = lasting_noise(members[0].time_s, 0.5, 6, np.random.default_rng(3))
    path = path + 3.0 * lasting.reshape(truth.shape)
    members = [replace(m, xy_px=m.xy_px + path) for m in members]
    return truth, members, calibrated_on_frames(truth, members)


def seen_and_unseen(members, length, score=0.02):
    is_gap = gaps_of(3000, length)
    return is_gap, smooth(unseen(members, is_gap, score), strength=None, min_score=0.1)


@pytest.mark.parametrize("length", [3, 8, 20])
def test_circles_hold_in_gaps(walk, length):
    truth, members, calibration = walk
    is_gap, result = seen_and_unseen(members, length)
    expected = predict_error(calibration, result)
    error = np.linalg.norm(result.poses.xy_px - truth, axis=-1)
    assert 0.85 < (error < expected.radius_90_px)[is_gap].mean() < 0.98
    assert 0.45 < (error < expected.radius_50_px)[is_gap].mean() < 0.7


def test_what_networks_say_of_what_they_do_not_see_counts_nowhere(walk):
    _, members, calibration = walk
    accounts = [
        predict_error(calibration, seen_and_unseen(members, 8, score)[1])
        for score in (0.0, 0.02, 0.09)
    ]
    is_gap = gaps_of(3000, 8)[:, :, 0]
    assert accounts[0].is_extrapolated[is_gap].mean() < 0.05
    for account in accounts[1:]:
        for name in ("expected_error_px", "radius_90_px", "is_extrapolated", "correlation_time_s"):
            np.testing.assert_array_equal(getattr(account, name), getattr(accounts[0], name))


def test_what_is_bridged_does_not_tell_how_long_errors_last(walk):
    """A bridge does not tremble, though its errors do not last longer."""
    _, members, calibration = walk
    _, blind = seen_and_unseen(members, 20)
    whole = smooth(members, strength=None)
    with_gaps, without = (predict_error(calibration, one) for one in (blind, whole))
    times = with_gaps.correlation_time_s[0, 0] / without.correlation_time_s[0, 0]
    assert times == pytest.approx(1, abs=0.25)


def test_an_error_grows_from_the_edges_of_a_gap_by_what_the_motion_adds():
    """From 3 to 5 px (9 to 25 px^2), and a walk of 4 px^2 per frame between two fixed ends."""
    _, members = ensemble(frames=40, individuals=1)
    is_gap = np.zeros((40, 1, 3), bool)
    is_gap[10:14, 0, 0] = True
    result = smooth(unseen(members, is_gap, 0.0), min_score=0.1)
    variance = np.full_like(result.variance_px2, 0.5)
    after = np.arange(1, 5)
    grown = 4 * after * (5 - after) / 5
    variance[10:14, 0, 0] += grown[:, None]
    result = replace(result, variance_px2=variance)
    known = np.full((40, 1, 3), 5.0)
    known[:10, 0, 0] = 3.0
    known[is_gap] = 1e6
    found = bridged_error_px(known, result)
    edges = 9 + (25 - 9) * after / 5
    np.testing.assert_allclose(found[10:14, 0, 0], np.sqrt(edges + np.pi / 2 * grown))
    np.testing.assert_array_equal(found[~is_gap], known[~is_gap])


def test_a_gap_in_time_is_not_a_gap_in_frames():
    _, members = ensemble(frames=40, individuals=1)
    is_gap = np.zeros((40, 1, 3), bool)
    is_gap[10, 0, 0] = True
    time_s = np.arange(40) / FPS
    time_s[10] = time_s[9] + 0.25 / FPS
    blind = [replace(m, time_s=time_s) for m in unseen(members, is_gap, 0.0)]
    result = smooth(blind, min_score=0.1)
    result = replace(result, variance_px2=np.zeros_like(result.variance_px2))
    known = np.ones((40, 1, 3))
    known[:10, 0, 0] = 3.0
    found = bridged_error_px(known, result)[10, 0, 0]
    assert found**2 == pytest.approx(9 - 8 * 0.125)


def test_a_keypoint_that_no_network_ever_saw_stays_unknown():
    _, members = ensemble(frames=40, individuals=1)
    is_gap = np.zeros((40, 1, 3), bool)
    is_gap[:, 0, 1] = True
    result = smooth(unseen(members, is_gap, 0.0), min_score=0.1)
    found = bridged_error_px(np.full((40, 1, 3), 2.0), result)
    assert np.isnan(found[:, 0, 1]).all()
    assert (found[:, 0, [0, 2]] == 2.0).all()
    assert np.isnan(seen_poses(result).xy_px[:, 0, 1]).all()
