"""A video that is passed by: its poses are those of before, nothing is decoded, torch stays out."""

import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from superanimal_core.jobs.unneeded_adaptation import pass_by
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.parquet import read_record, write_parquet
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.tables.schemas import poses_to_table
from superanimal_core.tables.spaces import read_taught

SPACE = KeypointSpace("s", ("a", "b", "c"))


def write(poses, path):
    path.parent.mkdir(exist_ok=True)
    write_parquet(poses_to_table(poses), path, {"rule": "predict", "space": asdict(SPACE)})


@pytest.fixture
def sure(tmp_path):
    """Two networks that say the same of a video, and are sure."""
    xy = np.tile([[0.0, 0.0], [40.0, 0.0], [20.0, 30.0]], (30, 1, 1, 1))
    poses = Poses(SPACE, ("animal0",), np.arange(30) / 25, xy, np.full((30, 1, 3), 0.9))
    for seed in (0, 1):
        shown = replace(poses, xy_px=xy + 0.1 * seed)
        write(shown, tmp_path / f"predicted/member-{seed}.parquet")
    return tmp_path


def passed(folder, when):
    record = {"rule": "adapt_to_video"}
    places = str(folder / "predicted"), str(folder / "adapted")
    return pass_by(when, *places, record, None, min_score=0.5)


def test_its_poses_are_those_of_before_and_the_verdict_says_why(sure):
    assert passed(sure, "needed")
    for seed in (0, 1):
        before = sure / f"predicted/member-{seed}.parquet"
        after = sure / f"adapted/member-{seed}.parquet"
        assert pq.read_table(after).equals(pq.read_table(before))
        assert read_poses(after).space == SPACE
        assert read_taught(after) == SPACE.keypoints
        record = read_record(after)
        assert record["rule"] == "adapt_to_video"
        verdict = record["verdict"]
        assert (verdict["is_kept"], verdict["is_tried"]) == (False, False)
        assert verdict["reason"].startswith("not needed")


def test_where_every_video_is_to_be_adapted_none_is_passed_by(sure):
    assert not passed(sure, "always")
    assert not (sure / "adapted").exists()


def test_a_video_that_can_gain_is_not_passed_by(sure):
    poses = read_poses(sure / "predicted/member-0.parquet")
    unsure = replace(poses, score=np.full(poses.score.shape, 0.2))
    write(unsure, sure / "predicted/member-0.parquet")
    assert not passed(sure, "needed")
    assert not (sure / "adapted").exists()


def test_the_look_needs_neither_torch_nor_a_decoder():
    """Seconds, for each of thousands of videos."""
    code = (
        "import sys, superanimal_core.jobs.unneeded_adaptation, "
        "superanimal_core.tables.calibration_files, superanimal_core.jobs.step; "
        "print({'torch', 'av'} & {*sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
