"""The frames that the report shows of a video, and the wall that they make."""

from dataclasses import replace

import cv2
import numpy as np
import pyarrow as pa
import pytest

from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.stills import (
    BEST,
    MEDIAN,
    SIDE_PX,
    STILLS,
    UNCERTAIN,
    WORST,
    frames_to_show,
    seen_in,
    still_rows,
)
from superanimal_core.report.wall import wall

SPACE = KeypointSpace("s", ("a", "b", "untaught"))


def smoothed_of(score, spread_px2=0.0, animals=1):
    """Poses whose keypoints a and b have these scores by frame (and animal); NaN: no animal."""
    score = np.asarray(score, float).reshape(-1, animals)
    xy_px = np.full((*score.shape, 3, 2), np.nan)
    seen = np.isfinite(score)
    xy_px[..., 0, :] = np.where(seen[..., None], (30.0, 40.0), np.nan)
    xy_px[..., 1, :] = np.where(seen[..., None], (60.0, 50.0), np.nan)
    scores = np.repeat(np.nan_to_num(score)[..., None], 3, axis=2)
    names = tuple(f"animal{i}" for i in range(animals))
    poses = Poses(SPACE, names, np.arange(len(score)) / 10, xy_px, scores)
    spread = np.broadcast_to(np.asarray(spread_px2, float)[..., None, None], xy_px.shape)
    count, strength = np.full(scores.shape, 2), np.ones((animals, 3))
    return SmoothedPoses(poses, np.zeros_like(xy_px), xy_px, spread, count, strength)


def error_of(smoothed, radius_px):
    """Circles of these radii by frame."""
    radius = np.broadcast_to(np.asarray(radius_px, float)[:, None, None], smoothed.members.shape)
    return replace(unknown_error(smoothed.members.shape), radius_90_px=radius)


def test_they_are_the_ends_and_the_middle_of_the_scores_and_the_widest_circles():
    smoothed = smoothed_of([0.5, 0.9, 0.2, 0.6, 0.7])
    expected = error_of(smoothed, [3.0, 1.0, 2.0, 9.0, 1.0])
    chosen = frames_to_show(seen_in(smoothed, expected))
    assert chosen == {BEST: 1, MEDIAN: 3, WORST: 2, UNCERTAIN: 3}
    # frames from `stop` on cannot be shown
    assert frames_to_show(seen_in(smoothed, expected), 3) == {
        BEST: 1,
        MEDIAN: 0,
        WORST: 2,
        UNCERTAIN: 0,
    }


def test_frames_without_an_animal_are_none_of_them_and_absent_keypoints_count_nothing():
    smoothed = smoothed_of([np.nan, 0.9, 0.8, np.nan])
    smoothed.poses.xy_px[1, 0, 1] = np.nan  # half of its keypoints: 0.45
    chosen = frames_to_show(seen_in(smoothed, unknown_error(smoothed.members.shape)))
    assert chosen == {BEST: 2, MEDIAN: 1, WORST: 1}
    nobody = smoothed_of([np.nan, np.nan])
    assert frames_to_show(seen_in(nobody, unknown_error(nobody.members.shape))) == {}
    nothing = smoothed_of([])
    assert frames_to_show(seen_in(nothing, unknown_error(nothing.members.shape))) == {}


def test_the_least_sure_animal_counts():
    smoothed = smoothed_of([[0.9, 0.9], [1.0, 0.3], [0.6, 0.5], [0.4, np.nan]], animals=2)
    chosen = frames_to_show(seen_in(smoothed, unknown_error(smoothed.members.shape)))
    assert (chosen[BEST], chosen[WORST]) == (0, 1)


def test_without_circles_the_networks_tell_what_is_uncertain():
    smoothed = smoothed_of([0.5, 0.9, 0.2], spread_px2=np.array([[1.0], [16.0], [4.0]]))
    assert frames_to_show(seen_in(smoothed, unknown_error(smoothed.members.shape)))[UNCERTAIN] == 1


def test_a_picture_shows_keypoints_where_they_are_and_circles_of_their_size():
    smoothed = smoothed_of([0.9, 0.9])
    expected = error_of(smoothed, [8.0, 8.0])
    gray = np.full((100, 100, 3), 90, np.uint8)
    rows = still_rows(seen_in(smoothed, expected), {BEST: 1, WORST: 0}, {1: gray}, 0.5)
    (row,) = rows  # no picture of frame 0 could be found
    assert (row["shows"], row["frame"], row["time_s"], row["radius_px"]) == (BEST, 1, 0.1, 8.0)
    assert row["score"] == pytest.approx(0.9)
    assert pa.Table.from_pylist(rows, STILLS).num_rows == 1
    shown = cv2.imdecode(np.frombuffer(row["picture"], np.uint8), cv2.IMREAD_COLOR)
    assert max(shown.shape) == SIDE_PX
    is_drawn = (np.abs(shown.astype(int) - 90) > 60).any(axis=2)
    # the cut: the keypoints' extent of 30 px and a margin of 4.5 px on each side; at least 25 px
    scale = SIDE_PX / max(39.0, 19.0)
    left = np.flatnonzero(is_drawn.any(axis=0)).min() / scale
    assert left == pytest.approx(0.0, abs=1.0)  # the circle of 8 px is cut at the margin of 4.5 px
    low, high = still_rows(seen_in(smoothed, expected), {BEST: 1}, {1: gray}, 0.95), rows
    assert low[0]["picture"] != high[0]["picture"]  # hollow below the least score


def still(shows, frame):
    return {
        "shows": shows, "frame": frame, "time_s": frame / 10, "score": 0.5, "radius_px": 2.0,
        "picture": b"jpeg",
    }  # fmt: skip


def test_the_wall_has_the_worst_first_and_each_frame_once():
    videos = [
        {"video": "good", "status": "ok", "reason": ""},
        {"video": "torn", "status": "failed", "reason": "torn"},
        {"video": "odd", "status": "flagged", "reason": "few poses", "absent_fraction": 0.5},
        {"video": "more", "status": "ok", "reason": ""},
    ]
    stills = {
        "good": [still(BEST, 4), still(WORST, 7), still(UNCERTAIN, 7)],
        "odd": [still(BEST, 0)],
    }
    shown = wall(videos, stills)
    assert [video["video"] for video in shown["videos"]] == ["odd", "good"]
    assert [s["shows"] for s in shown["videos"][1]["stills"]] == [BEST, f"{WORST}, {UNCERTAIN}"]
    assert 'alt="good, frame 7"' in shown["videos"][1]["stills"][1]["picture"]
    assert shown["left_out"] == 1  # more; the failed one has nothing to show
    assert wall(videos, {}) == {"videos": [], "left_out": 3}
