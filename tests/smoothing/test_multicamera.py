"""Several views of one animal: occlusions, contradictions, symmetries, mirrors."""

from dataclasses import replace

import numpy as np
import pytest
from test_eks import SETTINGS

from superanimal_core.errors import VideoError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing, SharedViewSettings
from superanimal_core.smoothing.inflation import inflate_variances
from superanimal_core.smoothing.multicamera import join_mirrored, smooth_views, split_mirrored

SHARED = {"latent": 3, "keep_quantile": 0.95, "inflation_rounds": 10}
SPACE = KeypointSpace("two", ("a", "b"))


def views(count=3, members=4, frames=400, seed=0, error_px=1.5):
    """A point that walks in three dimensions, seen by linear cameras; returns truth per view."""
    rng = np.random.default_rng(seed)
    world = 2 * rng.normal(size=(frames, 1, 2, 3)).cumsum(axis=0)
    truth, seen = {}, {}
    for v in range(count):
        xy = world @ rng.normal(size=(3, 2)) + 300
        common = error_px * rng.normal(size=xy.shape)
        truth[f"camera{v}"] = xy
        seen[f"camera{v}"] = [
            Poses(SPACE, ("animal0",), np.arange(frames) / 50,
                  xy + common + error_px * rng.normal(size=xy.shape), np.ones(xy.shape[:3]))
            for _ in range(members)
        ]  # fmt: skip
    return truth, seen


def smooth(seen, **changed):
    shared = {key: changed.pop(key, value) for key, value in SHARED.items()}
    return smooth_views(seen, EksSmoothing(**SETTINGS | changed), SharedViewSettings(**shared))


def test_views_together_are_better_than_each_alone():
    truth, seen = views()
    result = smooth(seen, strength=None)
    for name, poses in result.items():
        raw = np.abs(poses.raw_xy_px - truth[name]).mean()
        assert np.abs(poses.poses.xy_px - truth[name]).mean() < 0.85 * raw


def test_an_occluded_view_is_filled_in_from_the_others():
    truth, seen = views()
    for member in seen["camera1"]:
        member.xy_px[100:140] = np.nan
    found = smooth(seen, strength=None)["camera1"]
    error = np.abs(found.poses.xy_px[100:140] - truth["camera1"][100:140])
    assert np.median(error) < 3
    assert (found.members[100:140] == 0).all()


def test_fast_paws_of_lone_networks_are_not_erased():
    """One network per view tells nothing of its noise: a swing must not pass for a jump."""
    rng, time_s = np.random.default_rng(0), np.arange(1000) / 250
    swing = 25 * np.abs(np.sin(2 * np.pi * 3.5 * time_s)) ** 8
    world = np.stack([swing, 0.5 * swing, 20 * np.sin(time_s)], axis=-1)[:, None, None]
    world = world + np.zeros((1, 1, 2, 1))
    truth = {f"camera{v}": world @ rng.normal(size=(3, 2)) + 300 for v in range(3)}
    seen = {
        name: [Poses(SPACE, ("animal0",), time_s, xy + rng.normal(size=xy.shape),
                     np.full(xy.shape[:3], 0.9))]
        for name, xy in truth.items()
    }  # fmt: skip
    learned = smooth(seen, strength=None, noise="learned", inflation_rounds=0)
    reference = smooth(seen, strength=None, noise="reference", inflation_rounds=0)
    is_swing = swing > 10
    for name, xy in truth.items():
        np.testing.assert_array_equal(learned[name].poses.xy_px, reference[name].poses.xy_px)
        assert np.abs(learned[name].poses.xy_px - xy)[is_swing].mean() < 1


def test_order_of_members_and_views_changes_nothing():
    _, seen = views()
    other = {name: seen[name][::-1] for name in reversed(list(seen))}
    one, two = smooth(seen), smooth(other)
    for name in seen:
        np.testing.assert_allclose(one[name].poses.xy_px, two[name].poses.xy_px, atol=1e-6)


def test_an_absent_keypoint_leaks_nowhere():
    _, seen = views()
    before = smooth(seen)
    for members in seen.values():
        for member in members:
            member.xy_px[:, :, 1] = np.nan
    after = smooth(seen)
    for name in seen:
        assert np.isnan(after[name].poses.xy_px[:, :, 1]).all()
        np.testing.assert_array_equal(
            after[name].poses.xy_px[:, :, 0], before[name].poses.xy_px[:, :, 0]
        )


def test_a_gap_in_all_views_is_bridged_only_when_short():
    _, seen = views()
    for members in seen.values():
        for member in members:
            member.xy_px[50:60] = np.nan
            member.xy_px[200:260] = np.nan
    poses = smooth(seen)["camera0"].poses.xy_px
    assert np.isfinite(poses[50:60]).all()
    assert np.isnan(poses[200:260]).all()
    assert np.isfinite(poses[260:]).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_view_that_contradicts_the_others_is_trusted_less(seed):
    truth, seen = views(frames=1500, seed=seed)
    for member in seen["camera2"]:
        member.xy_px[150:156, 0, 0] += 60

    def error(rounds):
        result = smooth(seen, strength=None, inflation_rounds=rounds)
        wrong = [np.abs(result[c].poses.xy_px - truth[c])[150:156, 0, 0] for c in truth]
        return np.mean(wrong)

    assert error(10) < 0.65 * error(0)


def test_inflation_stops_after_its_rounds_and_leaves_one_view_alone():
    rng = np.random.default_rng(0)
    centered = rng.normal(size=(200, 3, 2)) * 50
    variance = np.full(centered.shape, 0.01)
    once = inflate_variances(centered, variance, latent=1, max_rounds=1)
    assert once.max() == pytest.approx(0.1)
    alone = inflate_variances(centered[:, :1], variance[:, :1], latent=1, max_rounds=5)
    np.testing.assert_array_equal(alone, variance[:, :1])


def test_views_that_are_not_synchronous_are_refused():
    _, seen = views()
    late = [np.where(np.arange(len(m)) < 20, m.time_s, m.time_s + 0.011) for m in seen["camera1"]]
    pairs = zip(seen["camera1"], late, strict=True)
    seen["camera1"] = [replace(member, time_s=time_s) for member, time_s in pairs]
    with pytest.raises(VideoError, match="camera1"):
        smooth(seen)


def test_a_clock_that_began_with_the_sound_makes_no_view_asynchronous():
    _, seen = views()
    expected = smooth(seen)["camera1"].poses.xy_px
    seen["camera1"] = [replace(m, time_s=m.time_s + 0.5) for m in seen["camera1"]]
    np.testing.assert_allclose(smooth(seen)["camera1"].poses.xy_px, expected, atol=1e-6)


def test_mirrored_views_are_split_by_name():
    space = KeypointSpace("mirror", ("paw_top", "nose_top", "paw_bot", "nose_bot", "tail_top"))
    xy = np.arange(10.0).reshape(1, 1, 5, 2)
    both = split_mirrored(Poses(space, ("a",), np.zeros(1), xy, np.ones((1, 1, 5))), ("top", "bot"))
    assert both["top"].space.keypoints == both["bot"].space.keypoints == ("paw", "nose")
    np.testing.assert_array_equal(both["bot"].xy_px[0, 0], [[4, 5], [6, 7]])


def test_joining_undoes_splitting():
    seen = views(count=2)[1]
    result = smooth(dict(zip(("top", "bot"), seen.values(), strict=True)))
    joined = join_mirrored(result, ("b_bot", "a_top", "tail_top", "b_top", "a_bot"))
    assert joined.poses.space.keypoints == ("b_bot", "a_top", "b_top", "a_bot")
    for view, one in split_mirrored(joined.poses, ("top", "bot")).items():
        order = [one.space.index(k) for k in SPACE.keypoints]
        np.testing.assert_array_equal(one.xy_px[:, :, order], result[view].poses.xy_px)
    np.testing.assert_array_equal(joined.members[:, :, 0], result["bot"].members[:, :, 1])
    np.testing.assert_array_equal(joined.strength[:, 1], result["top"].strength[:, 0])
