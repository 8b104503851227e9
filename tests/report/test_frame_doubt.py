"""What is read part by part is what the whole says."""

from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.frame_doubt import frame_doubt

SPACE = KeypointSpace("s", ("a", "b", "c"))


def seen(frames=23, has_circles=True, seed=0):
    """Two animals that come and go, a keypoint that no frame shows, and their expected error."""
    random = np.random.default_rng(seed)
    shape = frames, 2, 3
    xy = random.uniform(0, 99, (*shape, 2))
    xy[random.uniform(size=shape) < 0.4] = np.nan
    xy[5] = np.nan
    xy[:, :, 2] = np.nan
    poses = Poses(SPACE, ("x", "y"), np.arange(frames) / 10, xy, random.uniform(size=shape))
    spread = random.uniform(1, 9, xy.shape)
    smoothed = SmoothedPoses(poses, spread, xy, spread, np.full(shape, 2), np.ones((2, 3)))
    radius = random.uniform(1, 9, shape) if has_circles else np.full(shape, np.nan)
    return smoothed, replace(unknown_error(shape), radius_90_px=radius)


def part(smoothed, expected, frames):
    """Both for some frames alone."""
    of = smoothed.poses
    poses = Poses(SPACE, of.individuals, of.time_s[frames], of.xy_px[frames], of.score[frames])
    own = (getattr(smoothed, n)[frames] for n in
           ("variance_px2", "raw_xy_px", "ensemble_variance_px2", "members"))  # fmt: skip
    names = "expected_error_px", "radius_50_px", "radius_90_px", "probability", "is_extrapolated"
    cut = {n: getattr(expected, n)[frames] for n in names}
    return SmoothedPoses(poses, *own, smoothed.strength), replace(expected, **cut)


@pytest.mark.parametrize("has_circles", [True, False])
def test_it_is_the_doubt_of_every_frame_by_itself(has_circles):
    smoothed, expected = seen(has_circles=has_circles)
    found = frame_doubt([(smoothed, expected)])
    assert found.has_circles == has_circles
    xy, score = smoothed.poses.xy_px, smoothed.poses.score
    spread = np.sqrt(smoothed.ensemble_variance_px2.sum(axis=-1))
    values = expected.radius_90_px if has_circles else spread
    for frame in range(len(xy)):
        is_seen = np.isfinite(xy[frame]).all(axis=-1)
        there = [score[frame, i, is_seen[i]].sum() / 2 for i in range(2) if is_seen[i].any()]
        doubt = np.median(values[frame][is_seen]) if is_seen.any() else np.nan
        assert found.score[frame] == pytest.approx(min(there, default=np.nan), nan_ok=True)
        assert found.doubt_px[frame] == pytest.approx(doubt, nan_ok=True)


@pytest.mark.parametrize("has_circles", [True, False])
@pytest.mark.parametrize("length", [1, 7, 23])
def test_parts_say_what_the_whole_says(has_circles, length):
    whole = seen(has_circles=has_circles)
    parts = [part(*whole, slice(i, i + length)) for i in range(0, 23, length)]
    one, other = frame_doubt([whole]), frame_doubt(parts)
    np.testing.assert_allclose(other.score, one.score)
    np.testing.assert_array_equal(other.doubt_px, one.doubt_px)
    assert (other.has_circles, other.has_extrapolated) == (one.has_circles, one.has_extrapolated)


def test_where_all_doubt_is_nothing_the_score_decides():
    smoothed, expected = seen(has_circles=False)
    one = replace(smoothed, ensemble_variance_px2=np.zeros_like(smoothed.variance_px2))
    doubt = frame_doubt([(one, expected)])
    np.testing.assert_array_equal(doubt.worst_last(), -doubt.score)
    several = frame_doubt([(smoothed, expected)])
    np.testing.assert_array_equal(several.worst_last(), several.doubt_px)


def test_an_animal_unlike_any_label_is_told():
    smoothed, expected = seen()
    assert not frame_doubt([(smoothed, expected)]).has_extrapolated
    strange = np.zeros((23, 2), bool)
    strange[17, 1] = True
    assert frame_doubt([(smoothed, replace(expected, is_extrapolated=strange))]).has_extrapolated


def test_a_video_without_frames_has_no_doubt():
    assert len(frame_doubt([]).score) == 0
