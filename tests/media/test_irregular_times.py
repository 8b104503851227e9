"""Dropped frames and holes of a video, from the file's time stamps to the flagged account."""

import numpy as np
import pyarrow as pa
import pytest
from test_video import write_frames

from superanimal_core.media.frame_index import index_frames
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import write_smoothed
from superanimal_core.tables.quality import assess_video
from superanimal_core.tables.video_tables import frames_record, frames_to_table, read_times

SETTINGS = {
    "center": "median",
    "strength": 4.0,
    "motion": "random_walk",
    "velocity_s": 0.15,
    "noise": "reference",
    "strength_frames": 10_000,
    "min_variance_px2": 0.01,
    "min_score": 0.1,
    "single_network_variance_px2": 4.0,
    "max_gap_s": 0.5,
}
LIMITS = {"min_score": 0.5, "max_absent_fraction": 0.2, "max_dropped_fraction": 0.67}
LIMITS |= {"max_expected_error": 0.1, "max_extrapolated_fraction": 0.2, "max_gap_s": 0.45}
SPACE = KeypointSpace("s", ("nose", "tail"))
FRAMES, STEP_MS = 150, 20
DROPPED = np.r_[10:13, 30, 40:48]  # up to 180 ms: to be bridged
HOLE = np.r_[80:120]  # 820 ms: not to be bridged


def ensemble_at(frames):
    """Three networks on a walk that is known at every 20 ms, seen at some of these times."""
    rng = np.random.default_rng(0)
    truth = 200 + 2 * rng.normal(size=(FRAMES, 1, 2, 2)).cumsum(axis=0)
    seen = [truth + rng.normal(size=truth.shape) for _ in range(3)]
    score = np.ones((len(frames), 1, 2))
    return [Poses(SPACE, ("animal0",), 0.001 * STEP_MS * frames, xy[frames], score) for xy in seen]


@pytest.mark.parametrize("holes", [DROPPED, np.r_[DROPPED, HOLE]])
def test_a_video_with_missing_frames_is_smoothed_as_one_with_unseen_frames(tmp_path, holes):
    kept = np.setdiff1d(np.arange(FRAMES), holes)
    write_frames(tmp_path / "v.mkv", len(kept), STEP_MS * kept)
    index = index_frames(tmp_path / "v.mkv", None)
    write_parquet(frames_to_table(index), tmp_path / "frames.parquet", frames_record(index))
    times = read_times(tmp_path / "frames.parquet")
    np.testing.assert_allclose(np.diff(times), 0.001 * STEP_MS * np.diff(kept), atol=1e-9)

    members = ensemble_at(kept)
    given = [Poses(m.space, m.individuals, times, m.xy_px, m.score) for m in members]
    smoothed = smooth_ensemble(given, EksSmoothing(**SETTINGS))
    whole = ensemble_at(np.arange(FRAMES))
    for member in whole:
        member.xy_px[holes] = np.nan
    expected = smooth_ensemble(whole, EksSmoothing(**SETTINGS))
    np.testing.assert_allclose(smoothed.poses.xy_px, expected.poses.xy_px[kept], atol=1e-6)
    np.testing.assert_allclose(smoothed.variance_px2, expected.variance_px2[kept], atol=1e-6)

    write_smoothed(smoothed, tmp_path / "poses.parquet", {})
    gait = {"individual": ["animal0"], "limb": ["l"], "strides": [4], "stride_time_s_median": [0.4]}
    write_parquet(pa.table(gait), tmp_path / "gait.parquet", {})
    names = ("boxes", "strides", "features", "bouts")
    for name in names:
        write_parquet(pa.table({"x": [1]}), tmp_path / f"{name}.parquet", {})
    names = ("frames", "poses", "gait", *names)
    results = {name: str(tmp_path / f"{name}.parquet") for name in names}
    account = assess_video("v", "v.mp4", {}, results, **LIMITS)
    is_open = len(holes) > len(DROPPED)
    assert account["figures"]["gaps"] == int(is_open)
    assert ("1 gap without a pose, too long to bridge (up to 0.8 s)" in account["flags"]) == is_open
