"""Accounts of before: what has become of a video since decides, whatever the dates of a copy."""

import errno
import os
import shutil

import pytest
from test_status_command import (
    TABLES,
    failure,
    make_results,
    printed,
    rows_of,
    study,
    write_account,
)

from superanimal_core.commands import old_accounts, progress
from superanimal_core.commands.old_accounts import failure_in
from superanimal_core.commands.progress import progress_of_video
from superanimal_core.commands.run import failed_again
from superanimal_core.commands.stages import MEASURED
from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.video_stages import STAGES
from superanimal_core.tables.names import OF_VIDEO
from superanimal_core.tables.parquet import write_failure

__all__ = ["study"]  # a fixture
KILLED = "the process died with SIGKILL"
FAILED = failure("predict_poses", KILLED)


def dated(path, seconds):
    """Give a file a date that is so long after that of the account beside it."""
    made_s = path.with_name("quality.json").stat().st_mtime + seconds
    os.utime(path, (made_s, made_s))


@pytest.fixture
def good(study):
    """The folder of a video that is through, and good."""
    folder = study / "results/videos/good"
    for name in (*STAGES.values(), *TABLES):
        dated(folder / name, -60)
    make_results(folder, "predicted")
    return folder


def fail_prediction(folder):
    shutil.rmtree(folder / "predicted")
    write_failure(folder / "predicted", FAILED)
    write_failure(folder / "boxes.parquet", FAILED)


@pytest.mark.parametrize("seconds", [-3600, 3600])  # a copy may give any date
def test_a_video_that_has_failed_since_its_account_has_failed(study, good, capsys, seconds):
    fail_prediction(good)
    dated(good / "boxes.parquet", seconds)
    text = printed(capsys, "status", study)
    assert "ok 0, flagged 1, failed 3, not finished 2" in text
    assert f"  good: predict_poses: {KILLED}" in text
    assert rows_of(text)["predict_poses"] == [2, 2, 1]
    told = printed(capsys, "why", study, "good").splitlines()
    assert told[:2] == ["good: failed", f"  predict_poses: {KILLED}"]
    assert told.index("Its account is of before that, and was:") < told.index("good (good.mp4): ok")


def test_a_table_that_stands_for_a_newer_failure_is_looked_into(study, good):
    write_failure(good / "poses.parquet", failure("smooth_poses", "no animal"))
    dated(good / "poses.parquet", 1)
    progress = progress_of_video(study, "good")
    assert (progress.status, progress.stage) == ("failed", "smooth_poses")


def test_a_failure_that_another_has_followed_is_told_as_it_is_now(study, good):
    write_account(good, "failed", stage="probe_video", reason="torn")
    fail_prediction(good)
    assert progress_of_video(study, "good").reason == KILLED


def test_what_stands_for_the_failure_of_the_account_is_of_the_account(study, good):
    write_account(good, "failed", stage="predict_poses", reason=KILLED)
    fail_prediction(good)
    assert progress_of_video(study, "good").since == ""


def test_a_failed_stage_that_has_gone_well_since_is_to_go_on(study, good, capsys):
    write_account(good, "failed", stage="predict_poses", reason="no room")
    write_failure(good / "gait.parquet", failure("predict_poses", "no room"))
    progress = progress_of_video(study, "good")
    assert progress.status == ""
    assert not progress.done & {"measure_gait", "check_video"}
    told = printed(capsys, "why", study, "good").splitlines()
    assert told[0].startswith("good: to be made again: predict_poses, where it failed, has gone")


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_dates_of_a_copy_alone_make_no_account_old(study, good, seconds):
    for name in (*STAGES.values(), *TABLES):
        dated(good / name, seconds)
    progress = progress_of_video(study, "good")
    assert (progress.status, progress.since, progress.done) == ("ok", "", frozenset(STAGES))


def test_what_may_be_deleted_is_not_missed(study, good):
    shutil.rmtree(good / "adapted")
    shutil.rmtree(good / "predicted")
    for name in ("frames.parquet", "boxes.parquet"):
        (good / name).unlink()
    assert progress_of_video(study, "good").status == "ok"


def test_a_failed_adaptation_of_a_study_that_adapts_no_more_is_no_failure(study, good):
    shutil.rmtree(good / "adapted")
    write_failure(good / "adapted", failure("adapt_to_video", "no room"))
    assert progress_of_video(study, "good").status == "ok"
    write_account(good, "ok", adaptation=[{"member": "member-0"}])
    assert progress_of_video(study, "good").status == "failed"


@pytest.mark.parametrize(
    ("lost", "left"),
    [
        ("poses", {"smooth_poses", "measure_gait", "describe_behavior", "check_video"}),
        ("walks", {"measure_gait", "check_video"}),
        ("bouts", {"describe_behavior", "check_video"}),
    ],
)
def test_a_video_that_lacks_a_final_table_is_not_finished(study, good, capsys, lost, left):
    (good / f"{lost}.parquet").unlink()
    progress = progress_of_video(study, "good")
    assert (progress.status, frozenset(STAGES) - progress.done) == ("", left)
    told = printed(capsys, "why", study, "good").splitlines()
    assert told[0].startswith(f"good: to be made again: {lost}.parquet is gone. Go on with: ")
    assert "good (good.mp4): ok" in told


def test_every_final_table_is_of_a_stage():
    assert sorted(name for names in MEASURED.values() for name in names) == sorted(OF_VIDEO)


def test_what_does_failed_videos_again_is_told(study, capsys):
    one = f"superanimal run {study} -- {' '.join(again('torn'))}"
    text = printed(capsys, "status", study)
    assert f"once a cause is removed, that video: {one}" in text
    assert f"with all 2 that failed: superanimal run {study} --failed" in text.splitlines()
    assert one in printed(capsys, "why", study, "torn")
    assert failed_again(study) == again("torn", "empty")[2:]
    write_failure(study / "results/videos/empty/boxes.parquet", FAILED)
    write_account(study / "results/videos/empty", "failed", stage="predict_poses", reason=KILLED)
    forced = ["results/videos/torn/frames.parquet", "results/videos/empty/boxes.parquet"]
    assert failed_again(study) == ["--forcerun", *forced]
    assert f"--forcerun {forced[1]}" in printed(capsys, "why", study, "empty")
    for video in ("torn", "empty"):
        shutil.rmtree(study / "results/videos" / video)
    assert "once a cause" not in printed(capsys, "status", study)
    with pytest.raises(SuperAnimalError, match=r"no video of .* has failed"):
        failed_again(study)


def again(*videos):
    """The accounts of videos, and their first results, which are forced."""
    made = [f"results/videos/{video}/quality.json" for video in videos]
    return [*made, "--forcerun", *(f"results/videos/{video}/frames.parquet" for video in videos)]


@pytest.mark.parametrize("gone", ["predicted", "boxes.parquet", "predicted/failure.json"])
def test_a_result_that_a_job_removes_meanwhile_is_no_failure(study, good, monkeypatch, gone):
    """The folder was listed with it; when it is looked into, a job makes it anew."""
    fail_prediction(good)
    dated(good / "boxes.parquet", 60)
    listed = progress.times_in(good)
    path = good / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    monkeypatch.setattr(progress, "times_in", lambda _: listed)
    assert progress_of_video(study, "good").status in ("ok", "failed")
    assert failure_in(path) is None


def test_a_file_server_that_is_away_for_a_moment_stops_no_table(study, good, monkeypatch):
    def stale(_):
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(old_accounts.os.path, "isdir", stale)
    told = progress_of_video(study, "good")
    assert told.status == "damaged"
    assert told.reason.endswith("cannot be read now: Stale file handle; try again")
    monkeypatch.undo()
    monkeypatch.setattr(progress.os, "scandir", stale)
    assert progress_of_video(study, "good").status == "damaged"
