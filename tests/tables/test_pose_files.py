"""Poses that are read part by part are the poses."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from superanimal_core.errors import VideoError
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.tables.parquet import write_failure
from superanimal_core.tables.pose_files import (
    read_in_chunks,
    read_individuals,
    read_smoothed_and_error,
    write_smoothed,
)

SPACE = KeypointSpace("s", ("a", "b", "c"))
FRAMES = 41


@pytest.fixture(params=[None, 17])
def table(request, tmp_path):
    """A table of two animals, in one or in many groups of rows."""
    random = np.random.default_rng(0)
    shape = FRAMES, 2, 3
    xy = random.uniform(0, 99, (*shape, 2)).astype(np.float32).astype(float)
    xy[random.uniform(size=shape) < 0.3] = np.nan
    poses = Poses(SPACE, ("y", "x"), np.arange(FRAMES) / 10, xy, np.full(shape, 0.5))
    some = random.uniform(1, 2, xy.shape).astype(np.float32).astype(float)
    strength = np.array([[1.0, 2, 3], [4, 5, 6]])
    smoothed = SmoothedPoses(poses, some, xy, some, np.full(shape, 2), strength)
    expected = replace(
        unknown_error(shape),
        radius_90_px=some[..., 0],
        is_extrapolated=random.uniform(size=shape[:2]) < 0.5,
    )
    path = tmp_path / "poses.parquet"
    write_smoothed(smoothed, path, {}, expected)
    if request.param:
        pq.write_table(pq.read_table(path), path, row_group_size=request.param)
    return path


@pytest.mark.parametrize("frames", [1, 5, FRAMES, 1000])
@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (0, 1), (7, 30), (40, 41), (40, 99), (41, None)]
)
def test_parts_are_the_whole(table, start, stop, frames):
    whole, error = read_smoothed_and_error(table)
    parts = [*read_in_chunks(table, start, stop, frames)]
    assert all(len(one.poses) == frames for one, _ in parts[:-1])
    assert sum(len(one.poses) for one, _ in parts) == len(range(FRAMES)[start:stop])
    place = start
    for smoothed, expected in parts:
        chosen = slice(place, place + len(smoothed.poses))
        place = chosen.stop
        assert smoothed.poses.individuals == ("y", "x")
        np.testing.assert_array_equal(smoothed.strength, whole.strength)
        for name in ("xy_px", "score", "time_s"):
            found, true = (getattr(one, name) for one in (smoothed.poses, whole.poses))
            np.testing.assert_array_equal(found, true[chosen])
        for name in ("radius_90_px", "is_extrapolated", "probability"):
            found, true = (getattr(one, name) for one in (expected, error))
            np.testing.assert_array_equal(found, true[chosen])


def test_animals_stand_in_the_order_of_the_table(table):
    assert read_individuals(table) == ("y", "x")


def test_a_failed_video_says_so(tmp_path):
    write_failure(tmp_path / "p.parquet", {"failure": {"stage": "probe_video", "reason": "empty"}})
    for read in (read_individuals, lambda path: next(read_in_chunks(path))):
        with pytest.raises(VideoError, match="empty"):
            read(tmp_path / "p.parquet")
