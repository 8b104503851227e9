"""Draws: as far from the smoothed pose as is expected, for as long as errors last."""

from dataclasses import replace

import numpy as np
import pytest
from test_eks import ensemble, smooth

from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.settings.smoothing import DrawSettings
from superanimal_core.smoothing.sampling import lasting_noise, sample_poses


def correlation(noise, lag):
    return float((noise[lag:] * noise[:-lag]).mean() / np.square(noise).mean())


def test_noise_has_the_variance_one_and_forgets_itself():
    time_s = np.arange(200_000) / 50
    noise = lasting_noise(time_s, 0.2, 2, np.random.default_rng(0))
    assert noise.shape == (200_000, 2)
    np.testing.assert_allclose(noise.var(axis=0), 1, atol=0.05)
    for lag in (1, 5, 10, 20):
        assert correlation(noise, lag) == pytest.approx(np.exp(-lag / 50 / 0.2), abs=0.03)
    assert abs((noise[:, 0] * noise[:, 1]).mean()) < 0.03


def test_noise_is_forgotten_in_time_and_not_in_frames():
    """Pairs of frames 0.02 s apart, with 0.38 s between the pairs."""
    time_s = np.repeat(np.arange(50_000) * 0.4, 2) + np.tile([0.0, 0.02], 50_000)
    noise = lasting_noise(time_s, 0.2, 1, np.random.default_rng(0))
    within = (noise[::2] * noise[1::2]).mean()
    between = (noise[1:-1:2] * noise[2::2]).mean()
    assert within == pytest.approx(np.exp(-0.1), abs=0.03)
    assert between == pytest.approx(np.exp(-1.9), abs=0.03)


def test_without_a_memory_frames_are_independent_and_an_unknown_one_is_unknown():
    time_s, rng = np.arange(50_000) / 50, np.random.default_rng(0)
    assert abs(correlation(lasting_noise(time_s, 0.0, 1, rng), 1)) < 0.02
    assert np.isnan(lasting_noise(time_s, float("nan"), 1, rng)).all()


def account(shape, sd_px, lasting_s=0.1):
    """Expected errors with this standard deviation of each coordinate."""
    radius = np.broadcast_to(sd_px * np.sqrt(2 * np.log(10)), shape).copy()
    lasting = np.full(shape[1:], lasting_s)
    return replace(unknown_error(shape), radius_90_px=radius, correlation_time_s=lasting)


def drawn(result, expected, draws, keypoints=None, seed=0, sharpen=False):
    names = result.poses.space.keypoints if keypoints is None else keypoints
    settings = DrawSettings(draws=draws, keypoints=list(names), seed=seed)
    found = sample_poses(result, expected, settings, sharpen=sharpen)
    return np.stack([draw.poses.xy_px for draw in found])


def test_draws_scatter_around_the_pose_as_is_expected():
    _, members = ensemble(frames=60, individuals=1, keypoints=1)
    result = smooth(members)
    sd_px = np.linspace(1, 3, 60)[:, None, None]
    draws = drawn(result, account((60, 1, 1), sd_px), 3000)
    np.testing.assert_allclose(draws.mean(axis=0), result.poses.xy_px, atol=0.25)
    np.testing.assert_allclose(draws.std(axis=0), np.stack([sd_px, sd_px], axis=-1), rtol=0.1)
    apart = np.hypot(*np.moveaxis(draws - result.poses.xy_px, -1, 0))
    radius = account((60, 1, 1), sd_px).radius_90_px
    assert (apart < radius).mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("lasting_s", "least", "most"), [(0.0, 0.3, 0.75), (2.0, 0.9, 1.05)])
def test_the_smoother_lessens_drawn_errors_that_do_not_last(lasting_s, least, most):
    """As it does with the networks' own: what is new in each frame, it takes away in part."""
    _, members = ensemble(frames=4000, individuals=1, keypoints=1)
    result = smooth(members, strength=0.5)
    draws = drawn(result, account((4000, 1, 1), 2.0, lasting_s), 8)
    left = (draws - result.poses.xy_px).std() / 2.0
    assert least < left < most


def test_sharpened_draws_lie_around_what_the_smoother_was_given():
    """Of fast motion a part comes back."""
    _, members = ensemble(frames=3000, individuals=1, keypoints=1)
    wave = 20 * np.sin(np.arange(3000) * 2 * np.pi / 12)[:, None, None, None]
    members = [replace(m, xy_px=m.xy_px + wave) for m in members]
    result = smooth(members, strength=2.0)
    exact = account((3000, 1, 1), 1e-3)
    plain, sharp = (drawn(result, exact, 1, sharpen=sharpen)[0] for sharpen in (False, True))

    def height(xy):
        return float((xy * wave).mean() / np.square(wave).mean())

    np.testing.assert_allclose(plain, result.poses.xy_px, atol=0.01)
    assert height(result.poses.xy_px) < 0.85 * height(result.raw_xy_px)
    assert height(sharp) == pytest.approx(height(result.raw_xy_px), rel=0.1)


def test_a_bridge_errs_as_a_whole_and_each_by_itself():
    """Within a gap the error grows and shrinks as its expected one does."""
    _, members = ensemble(frames=400, individuals=1, keypoints=1)
    sd_px = np.full((400, 1, 1), 1e-3)
    after = np.minimum(np.arange(1, 21), np.arange(20, 0, -1))
    for start in (50, 100):
        sd_px[start : start + 20, 0, 0] = after
        for member in members:
            member.xy_px[start : start + 20] = np.nan
    result = smooth(members)
    off = (drawn(result, account((400, 1, 1), sd_px), 300) - result.poses.xy_px)[:, :, 0, 0, 0]
    first, second = off[:, 50:70] / after, off[:, 100:120] / after
    np.testing.assert_allclose(first, np.tile(first[:, :1], 20), atol=0.02)
    assert first[:, 0].std() == pytest.approx(1, abs=0.1)
    assert abs((first[:, 0] * second[:, 0]).mean()) < 0.15


def test_draws_keep_what_is_unknown_unknown():
    _, members = ensemble(frames=80, individuals=1, keypoints=2)
    for member in members:
        member.xy_px[20:70, 0, 1] = np.nan
    result = smooth(members)
    draws = drawn(result, account((80, 1, 2), 1.0), 1)
    np.testing.assert_array_equal(np.isnan(draws[0]), np.isnan(result.poses.xy_px))


def test_only_the_named_keypoints_are_drawn_and_a_seed_gives_the_same_draws():
    _, members = ensemble(frames=40, individuals=2, keypoints=3)
    result = smooth(members)
    name = result.poses.space.keypoints[1]
    first, again = (drawn(result, account((40, 2, 3), 1.0), 2, [name, "wing"]) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    moved = (first[0] != result.poses.xy_px).any(axis=(0, 1, 3))
    assert np.flatnonzero(moved).tolist() == [1]
    assert not np.array_equal(first[0], first[1])


def test_nothing_is_drawn_without_a_calibration():
    _, members = ensemble(frames=40, individuals=1)
    result = smooth(members)
    names = [*result.poses.space.keypoints]
    settings = DrawSettings(draws=3, keypoints=names, seed=0)
    assert not [
        *sample_poses(result, unknown_error(result.poses.score.shape), settings, sharpen=False)
    ]


def test_nothing_is_drawn_where_no_error_is_known_to_last():
    """A draw without a position would say that no bout was found."""
    _, members = ensemble(frames=40, individuals=1, keypoints=2)
    result, shape = smooth(members), (40, 1, 2)
    settings = DrawSettings(draws=3, keypoints=[*result.poses.space.keypoints], seed=0)
    expected = account(shape, 1.0, lasting_s=np.nan)
    assert not [*sample_poses(result, expected, settings, sharpen=False)]
    expected.correlation_time_s[0, 0] = 0.1
    assert len([*sample_poses(result, expected, settings, sharpen=False)]) == 3
