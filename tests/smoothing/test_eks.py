"""The single-camera smoother: symmetries, missing things, and what the noise means."""

from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.errors import VideoError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.strength import Series, fit_strength, likelihood_frames

SETTINGS = {
    "center": "median",
    "motion": "random_walk",
    "velocity_s": 0.15,
    "noise": "reference",
    "strength": 4.0,
    "strength_frames": 10_000,
    "min_variance_px2": 1e-4,
    "min_score": 0.0,
    "single_network_variance_px2": 1.0,
    "max_gap_s": 0.5,
}
FPS = 50.0


def ensemble(count=5, frames=200, individuals=2, keypoints=3, seed=0):
    rng = np.random.default_rng(seed)
    space = KeypointSpace("test", tuple(f"k{i}" for i in range(keypoints)))
    shape = (frames, individuals, keypoints)
    truth = 200 + 2 * rng.normal(size=(*shape, 2)).cumsum(axis=0)
    shared_error = rng.normal(size=truth.shape) * 1.5  # networks err together
    names = tuple(f"animal{i}" for i in range(individuals))
    time_s = np.arange(frames) / FPS
    return truth, [
        Poses(
            space,
            names,
            time_s,
            truth + shared_error + rng.normal(size=truth.shape) * 1.5,
            rng.uniform(0.6, 1, shape),
        )
        for _ in range(count)
    ]


def smooth(members, **changed):
    return smooth_ensemble(members, EksSmoothing(**SETTINGS | changed))


def with_positions(poses, xy_px):
    return replace(poses, xy_px=xy_px)


def test_smoothing_is_nearer_to_the_truth_than_the_raw_median():
    truth, members = ensemble()
    result = smooth(members, strength=None)
    raw_error = np.abs(result.raw_xy_px - truth).mean()
    assert np.abs(result.poses.xy_px - truth).mean() < raw_error


def test_optimized_strength_is_near_the_true_one():
    _, members = ensemble(frames=3000, individuals=1, keypoints=4, count=9)
    result = smooth(members, strength=None, center="mean")
    assert result.strength.shape == (1, 4)
    np.testing.assert_allclose(result.strength, 4.0, rtol=0.25)


def test_order_of_members_changes_nothing():
    _, members = ensemble()
    one, other = smooth(members, strength=None), smooth(members[::-1], strength=None)
    np.testing.assert_allclose(one.poses.xy_px, other.poses.xy_px, atol=1e-6)
    np.testing.assert_allclose(one.variance_px2, other.variance_px2, atol=1e-6)


@pytest.mark.parametrize("center", ["median", "mean"])
def test_identical_members_give_their_position(center):
    _, members = ensemble()
    result = smooth([members[0]] * 4, center=center)
    np.testing.assert_allclose(result.poses.xy_px, members[0].xy_px, atol=1e-3)
    np.testing.assert_allclose(result.raw_xy_px, members[0].xy_px, atol=1e-9)
    assert (result.ensemble_variance_px2 < 1e-18).all()
    assert np.isfinite(result.variance_px2).all()


def test_identical_members_have_a_strength_too():
    _, members = ensemble()
    result = smooth([members[0]] * 4, strength=None)
    assert np.isfinite(result.strength).all()


def test_reversed_time_gives_reversed_poses():
    _, members = ensemble()
    backward = [replace(m, xy_px=m.xy_px[::-1], score=m.score[::-1]) for m in members]
    one, other = smooth(members), smooth(backward)
    np.testing.assert_allclose(one.poses.xy_px, other.poses.xy_px[::-1], atol=1e-9)


def test_a_constant_shift_shifts_the_result():
    _, members = ensemble()
    shifted = [with_positions(m, m.xy_px + 123.25) for m in members]
    one, other = smooth(members, strength=None), smooth(shifted, strength=None)
    np.testing.assert_allclose(other.poses.xy_px, one.poses.xy_px + 123.25, atol=1e-6)


def test_an_absent_keypoint_stays_absent_and_leaks_nowhere():
    _, members = ensemble()
    before = smooth(members, strength=None)
    blanked = [m.xy_px.copy() for m in members]
    for xy in blanked:
        xy[:, 1, 2] = np.nan
    result = smooth(
        [with_positions(m, xy) for m, xy in zip(members, blanked, strict=True)], strength=None
    )
    assert np.isnan(result.poses.xy_px[:, 1, 2]).all()
    assert np.isnan(result.variance_px2[:, 1, 2]).all()
    assert np.isnan(result.strength[1, 2])
    assert (result.poses.score[:, 1, 2] == 0).all()
    kept = np.ones((2, 3), bool)
    kept[1, 2] = False
    np.testing.assert_array_equal(result.poses.xy_px[:, kept], before.poses.xy_px[:, kept])


def test_a_member_without_predictions_is_left_out():
    _, members = ensemble(count=4)
    silent = with_positions(members[0], np.full_like(members[0].xy_px, np.nan))
    result, expected = smooth([*members, silent]), smooth(members)
    np.testing.assert_allclose(result.poses.xy_px, expected.poses.xy_px)
    np.testing.assert_allclose(result.variance_px2, expected.variance_px2)
    assert (result.members == 4).all()


def test_short_gaps_are_bridged_with_a_wider_band_and_long_ones_are_not():
    _, members = ensemble()
    holes = [m.xy_px.copy() for m in members]
    for xy in holes:
        xy[50:60, 0, 0] = np.nan  # 11 steps of 20 ms
        xy[100:140, 0, 0] = np.nan  # 41 steps of 20 ms
        xy[:5, 0, 0] = xy[190:, 0, 0] = np.nan
    result = smooth([with_positions(m, xy) for m, xy in zip(members, holes, strict=True)])
    track, variance = result.poses.xy_px[:, 0, 0], result.variance_px2[:, 0, 0]
    assert np.isfinite(track[50:60]).all()
    assert (variance[55] > 3 * variance[45]).all()
    for absent in (slice(100, 140), slice(0, 5), slice(190, 200)):
        assert np.isnan(track[absent]).all()
    assert np.isfinite(track[60:100]).all()
    assert (result.members[50:60, 0, 0] == 0).all()


@pytest.mark.parametrize(("last", "is_bridged"), [(74, True), (75, False)])
def test_a_gap_of_just_the_limit_is_bridged_and_one_frame_more_is_not(last, is_bridged):
    _, members = ensemble()
    holes = [m.xy_px.copy() for m in members]
    for xy in holes:
        xy[50:last, 0, 0] = np.nan  # seen in frames 49 and `last`; 25 steps are 0.5 s
    result = smooth([with_positions(m, xy) for m, xy in zip(members, holes, strict=True)])
    assert np.isfinite(result.poses.xy_px[50:last, 0, 0]).all() == is_bridged


def test_a_score_of_just_the_floor_counts():
    _, members = ensemble(count=2)
    scores = [np.full_like(members[0].score, score) for score in (0.5, 0.499)]
    doubted = [replace(m, score=score) for m, score in zip(members, scores, strict=True)]
    result = smooth(doubted, min_score=0.5)
    assert (result.members == 1).all()
    np.testing.assert_array_equal(result.raw_xy_px, members[0].xy_px)


def test_a_few_frames_that_claim_near_certainty_do_not_set_the_strength():
    """The likelihood holds the noise at its median, so that a third of the frames says nothing."""
    truth, members = ensemble(count=1, frames=300, individuals=1, keypoints=1)
    y_px, step = members[0].xy_px[:, 0, 0, 0] - truth.mean(), np.ones(299)
    even, noise_px2 = np.full(300, 2.0), np.full(300, 2.0)
    noise_px2[::3] = np.resize([1e-4, 500.0], 100)
    expected, found = (fit_strength([Series(y_px, noise, step)]) for noise in (even, noise_px2))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("at_most", "blocks"), [(400, 1), (1000, 1), (2500, 2), (5000, 1)])
def test_the_likelihood_looks_at_no_more_frames_than_it_may(at_most, blocks):
    chosen = likelihood_frames(5000, at_most)
    assert len(chosen) == {2500: 2000}.get(at_most, at_most)
    assert (np.diff(chosen) > 1).sum() + 1 == blocks
    assert chosen[0] == 0
    assert blocks == 1 or chosen[-1] == 4999


def test_scores_below_the_floor_count_as_absent():
    _, members = ensemble(count=3)
    score = members[0].score.copy()
    score[30:40] = 0.05
    doubted = replace(members[0], xy_px=members[0].xy_px + 500, score=score)
    result = smooth([doubted, *members[1:]], min_score=0.1)
    assert (result.members[30:40] == 2).all()
    assert (result.members[40:] == 3).all()


def test_one_network_takes_its_noise_from_the_score():
    _, members = ensemble(count=1)
    sure = replace(members[0], score=np.ones_like(members[0].score))
    unsure = replace(members[0], score=np.full_like(members[0].score, 0.1))
    result, doubted = smooth([sure]), smooth([unsure])
    assert (result.ensemble_variance_px2 == 0).all()
    assert (doubted.variance_px2 > result.variance_px2).all()
    assert (smooth([sure], single_network_variance_px2=9.0).variance_px2 > 2).all()


def test_a_step_lasts_as_long_as_it_lasts():
    """Dropping frames from the file is the same as not seeing the animal in them."""
    _, members = ensemble(count=3, frames=100)
    kept = np.r_[0:40, 47:100]
    dropped = [replace(m, time_s=m.time_s[kept], xy_px=m.xy_px[kept], score=m.score[kept])
               for m in members]  # fmt: skip
    unseen = [m.xy_px.copy() for m in members]
    for xy in unseen:
        xy[40:47] = np.nan
    blind = [with_positions(m, xy) for m, xy in zip(members, unseen, strict=True)]
    np.testing.assert_allclose(
        smooth(dropped).poses.xy_px, smooth(blind).poses.xy_px[kept], atol=1e-9
    )


def test_time_stamps_that_do_not_increase_are_named():
    _, members = ensemble(count=2)
    time_s = members[0].time_s.copy()
    time_s[7] = time_s[6]
    with pytest.raises(VideoError, match="time stamp of frame 7"):
        smooth([replace(m, time_s=time_s) for m in members])


def test_members_of_different_videos_are_refused():
    _, members = ensemble(count=2)
    other = replace(members[1], time_s=members[1].time_s * 2)
    with pytest.raises(VideoError, match="member 1"):
        smooth([members[0], other])


def test_no_members_are_refused():
    with pytest.raises(VideoError, match="no network"):
        smooth([])


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_very_short_videos_pass(frames):
    _, members = ensemble(count=3, frames=frames)
    result = smooth(members, strength=None)
    assert result.poses.xy_px.shape == (frames, 2, 3, 2)


def test_intervals_cover_the_truth():
    rng = np.random.default_rng(3)
    truth, members = ensemble(count=3, frames=4000, individuals=1)
    noise = rng.normal(size=truth.shape) * 2
    spread = np.array([-1, 0, 1]) * 2 * np.sqrt(1.5)  # members whose ddof-0 variance is 4
    exact = [
        replace(m, xy_px=truth + noise + s, score=np.ones_like(m.score))
        for m, s in zip(members, spread, strict=True)
    ]
    result = smooth(exact)
    covered = np.abs(result.poses.xy_px - truth) < 1.6449 * np.sqrt(result.variance_px2)
    assert 0.88 < covered.mean() < 0.92
