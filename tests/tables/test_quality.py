import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.evaluation.account import FEWEST_FRAMES
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.extrapolated import familiar_sentence
from superanimal_core.smoothing import lasting_errors, learned_noise
from superanimal_core.tables.accounts import read_quality, write_quality
from superanimal_core.tables.parquet import write_failure, write_parquet
from superanimal_core.tables.pose_files import read_expected_error, read_smoothed, write_smoothed
from superanimal_core.tables.quality import assess_video

LIMITS = {"min_score": 0.5, "max_absent_fraction": 0.2, "max_dropped_fraction": 0.67}
LIMITS |= {"max_expected_error": 0.1, "max_extrapolated_fraction": 0.2, "max_gap_s": 0.45}
FRAMES = 20


def write_results(
    folder,
    promised=FRAMES,
    absent=0,
    gap=(0, 0),
    variance=1.0,
    damaged=0,
    stride_time_s=(0.4, 0.4, 0.41),
    **record,
):
    """The tables of one video: 20 frames, 2 keypoints, 1 individual, 3 limbs."""
    folder.mkdir(exist_ok=True)
    shape = (FRAMES, 1, 2)
    xy = np.ones((*shape, 2))
    score = np.full(shape, 0.9)
    xy[:absent] = np.nan
    score[:absent] = 0.0
    xy[slice(*gap)] = np.nan
    space = KeypointSpace("s", ("a", "b"))
    poses = Poses(space, ("animal0",), np.arange(FRAMES) / 10, xy, score)
    members = np.ones(shape, dtype=int)
    smoothed = SmoothedPoses(
        poses, np.full_like(xy, variance), xy, np.zeros_like(xy), members, np.ones((1, 2))
    )
    write_smoothed(smoothed, folder / "poses.parquet", {})
    record = {"is_estimated_time": False, "missing_end_s": 0.0, **record}
    record |= {"container_frames": promised, "fps": 10.0, "width_px": 64, "height_px": 48}
    frames = pa.table({"frame": range(FRAMES), "is_decoded": np.arange(FRAMES) >= damaged})
    write_parquet(frames, folder / "frames.parquet", record)
    write_gait(folder, stride_time_s)
    write_parquet(pa.table({}), folder / "boxes.parquet", {"frames_looked_at": 7})
    for name, rows in (("strides", 3), ("features", 20), ("bouts", 2)):
        write_parquet(pa.table({"x": range(rows)}), folder / f"{name}.parquet", {})
    names = ("frames", "boxes", "poses", "strides", "gait", "features", "bouts")
    return {name: str(folder / f"{name}.parquet") for name in names}


def test_jitter_is_that_of_the_networks_and_that_of_the_smoothed_poses(tmp_path):
    results = write_results(tmp_path, gap=(5, 8))
    smoothed = read_smoothed(results["poses"])
    smoothed.raw_xy_px[::2, 0, 0, 0] += 8.0  # one of four coordinates jumps by 8 at every step
    smoothed.poses.xy_px[:, 0, 1] += 2.0 * np.arange(FRAMES)[:, None]  # two of four move by 2
    write_smoothed(smoothed, results["poses"], {})
    figures = account_of(results)["figures"]
    assert figures["jitter_raw_px"] == pytest.approx(2)
    assert figures["jitter_px"] == pytest.approx(1)
    write_smoothed(
        read_smoothed(write_results(tmp_path, absent=FRAMES)["poses"]), results["poses"], {}
    )
    assert np.isnan(account_of(results)["figures"]["jitter_px"])


def test_keypoints_that_were_smoothed_otherwise_are_counted_and_named(tmp_path):
    results = write_results(tmp_path)
    assert account_of(results)["smoother"] == ""
    smoothed = replace(
        read_smoothed(results["poses"]),
        smoother=np.array([["random_walk", "median instead of random_walk"]]),
    )
    write_smoothed(smoothed, results["poses"], {"flags": ["b gave way"]})
    account = account_of(results)
    assert account["smoother"] == "random_walk (1), median instead of random_walk (1)"
    assert account["figures"]["keypoints_fallen_back"] == 1
    assert account["reason"] == "b gave way"
    for taught, told in ((("a",), "random_walk (1)"), ((), "")):  # the others have no position
        write_smoothed(smoothed, results["poses"], {}, taught=taught)
        assert account_of(results)["smoother"] == told


def write_gait(folder, stride_time_s=(0.4, 0.4, 0.41)):
    """What of gait.parquet an account looks at: three limbs of one animal."""
    gait = {"individual": ["animal0"] * 3, "limb": ["l", "r", "b"], "strides": [4] * 3}
    gait |= {"stride_time_s_median": list(stride_time_s)}
    write_parquet(pa.table(gait), folder / "gait.parquet", {})


def account_of(results, video="v"):
    return assess_video(video, f"raw/{video}.mp4", {"subject": "s1"}, results, **LIMITS)


def test_a_good_video_is_ok_and_counted(tmp_path):
    account = account_of(write_results(tmp_path))
    assert (account["status"], account["stage"], account["reason"]) == ("ok", "", "")
    figures = account["figures"]
    assert figures["frames_decoded"] == figures["frames_predicted"] == FRAMES
    assert figures["duration_s"] == pytest.approx(2.0)  # an animal that always rests: all of it
    assert (figures["strides"], figures["bouts"]) == (3, 2)
    assert figures["absent_fraction"] == figures["frames_without_animal"] == 0
    assert account["absences"] == []
    assert figures["frames_looked_at"] == 7
    assert figures["mean_score"] == pytest.approx(0.9)
    assert figures["median_uncertainty_px"] == pytest.approx(1)
    assert figures["jitter_px"] == figures["jitter_raw_px"] == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"promised": 30}, "the file promises 30 frames, 20 could be decoded"),
        ({"gap": (5, 9)}, "1 gap without a pose, too long to bridge (up to 0.5 s)"),
        ({"absent": 10}, "no animal in 10 of 20 frames (50%): 0.0 to 0.9 s"),
        (
            {"is_estimated_time": True, "estimated_times": 3},
            "time stamps missing, or against the others, and estimated: 3",
        ),
        ({"damaged": 2}, "the file promises 20 frames, 18 could be decoded"),
        ({"promised": 0, "damaged": 2}, "damaged frames: 2"),
        ({"stride_time_s": (0.4, 0.2, 0.4)}, "r of animal0 strikes 2.0 times as often as its"),
        ({"promised": 0, "is_torn": True}, "the file ends in the middle of a frame"),
        ({"promised": 0, "video_streams": 2}, "holds 2 videos; only the first was read"),
        (
            {"promised": 0, "packets_without_frame": 4, "lost_at_frame": 0, "first_frame_s": 9.96},
            "could not be decoded: 4; the beginning is missing: the first frame is at 9.96 s",
        ),
        (
            {"promised": 24, "packets_without_frame": 4, "lost_at_frame": 7},
            "promises 24 frames, 20 could be decoded; the first is missing before frame 7",
        ),
        (
            {"promised": 0, "frames_left_out": 3, "left_out_after_frame": 5},
            "frames left out by the time stamps: 3, the first after frame 5",
        ),
        ({"promised": 0, "missing_end_s": 2.0}, "the frames end 2.0 s before the file's own end"),
    ],
)
def test_what_is_doubtful_is_flagged_with_its_figure(tmp_path, changes, reason):
    account = account_of(write_results(tmp_path, **changes))
    assert account["status"] == "flagged"
    assert reason in account["reason"]
    assert len(account["flags"]) == 1


@pytest.mark.parametrize("changes", [{"gap": (5, 8)}, {"absent": 3}, {"gap": (17, FRAMES)}])
def test_short_gaps_and_animals_that_come_late_or_leave_are_no_reason_to_flag(tmp_path, changes):
    account = account_of(write_results(tmp_path, **changes))
    assert account["status"] == "ok"
    assert account["figures"]["gaps"] == 0


@pytest.mark.parametrize(("frames", "is_told"), [(1, True), (9, True), (10, False)])
def test_a_video_too_short_to_learn_from_is_not_ok(tmp_path, monkeypatch, frames, is_told):
    assert learned_noise.MIN_FRAMES == lasting_errors.MIN_FRAMES == FEWEST_FRAMES
    monkeypatch.setitem(globals(), "FRAMES", frames)
    account = account_of(write_results(tmp_path, promised=frames))
    assert account["status"] == ("flagged" if is_told else "ok")
    told = f"frames in all: {frames}; with fewer than 10 the smoother cannot learn"
    assert account["reason"].startswith(told) == is_told
    assert len(account["flags"]) == is_told


def test_when_no_animal_was_there_is_told_also_where_it_is_no_reason_to_flag(tmp_path):
    account = account_of(write_results(tmp_path, absent=1, gap=(17, FRAMES)))
    assert account["status"] == "ok"
    assert account["figures"]["frames_without_animal"] == 4
    assert account["absences"] == [
        {"frames": 1, "first_s": 0.0, "last_s": 0.0},
        {"frames": 3, "first_s": pytest.approx(1.7), "last_s": pytest.approx(1.9)},
    ]


@pytest.mark.parametrize("promised", [0, FRAMES - 1])
def test_a_container_that_promises_no_more_than_it_holds_is_no_reason_to_flag(tmp_path, promised):
    assert account_of(write_results(tmp_path, promised=promised))["status"] == "ok"


def test_a_failed_result_fails_the_video_with_its_stage_and_reason(tmp_path):
    results = write_results(tmp_path)
    for name in ("poses", "strides"):
        failure = {"failure": {"stage": "smooth_poses", "reason": "odd"}}
        write_failure(results[name], failure)
    account = account_of(results)
    assert (account["status"], account["stage"], account["reason"]) == (
        "failed",
        "smooth_poses",
        "odd",
    )
    assert account["figures"]["container_frames"] == FRAMES


def test_an_account_is_written_and_read(tmp_path):
    account = account_of(write_results(tmp_path / "v"))
    write_quality(account, tmp_path / "v/quality.json", {"rule": "check_video"})
    (back,) = read_quality([tmp_path / "v/quality.json"])
    assert json.dumps(back) == json.dumps({**account, "made_by": {"rule": "check_video"}})


def test_what_smoothing_left_out_is_a_flag_of_the_video(tmp_path):
    results = write_results(tmp_path)
    smoothed = read_smoothed(results["poses"])
    write_smoothed(smoothed, results["poses"], {"flags": ["smoothed without the help of side"]})
    account = account_of(results)
    assert account["status"] == "flagged"
    assert account["flags"] == ["smoothed without the help of side"]


def test_untaught_keypoints_are_counted_apart_and_never_dropped(tmp_path):
    results = write_results(tmp_path)
    smoothed = read_smoothed(results["poses"])
    smoothed.poses.xy_px[:, :, 1], smoothed.poses.score[:, :, 1] = np.nan, 0.0
    smoothed.poses.score[:5, :, 0] = 0.4
    for taught, dropped, untaught in ((("a",), 0.25, 1), (("a", "b"), 1.25, 0)):
        write_smoothed(smoothed, results["poses"], {}, taught=taught)
        figures = account_of(results)["figures"]
        assert figures["dropped_keypoints_per_frame"] == pytest.approx(dropped)
        assert figures["keypoints_untaught"] == untaught
        assert figures["keypoints_seen"] == 1


@pytest.mark.parametrize(("unsure", "is_told"), [(0, False), (26, False), (27, True), (39, True)])
def test_a_pose_of_which_most_is_unsure_is_not_ok(tmp_path, unsure, is_told):
    """So many of the 40 places that two keypoints have in 20 frames; the limit is 26."""
    results = write_results(tmp_path)
    smoothed = read_smoothed(results["poses"])
    smoothed.poses.score.reshape(-1)[:unsure] = 0.4
    write_smoothed(smoothed, results["poses"], {})
    limits = LIMITS | {"max_dropped_fraction": 0.65}
    account = assess_video("v", "raw/v.mp4", {}, results, **limits)
    assert account["figures"]["dropped_fraction"] == pytest.approx(unsure / 40)
    told = f"{unsure / 40:.0%} of what the model was taught stays below the score limit"
    assert account["status"] == ("flagged" if is_told else "ok")
    assert account["reason"].startswith(told) == is_told


def test_frames_without_the_animal_and_untaught_keypoints_make_nothing_doubtful(tmp_path):
    results = write_results(tmp_path, absent=3)
    smoothed = read_smoothed(results["poses"])
    smoothed.poses.xy_px[:, :, 1], smoothed.poses.score[:, :, 1] = np.nan, 0.0
    write_smoothed(smoothed, results["poses"], {}, taught=("a",))
    assert account_of(results)["figures"]["dropped_fraction"] == 0
    write_smoothed(smoothed, results["poses"], {}, taught=())
    assert np.isnan(account_of(results)["figures"]["dropped_fraction"])


def test_what_tables_say_of_every_video_is_a_remark_and_makes_none_doubtful(tmp_path):
    results = write_results(tmp_path)
    for name in ("features", "gait"):
        rewritten = pq.read_table(results[name])
        write_parquet(rewritten, results[name], {"remarks": [f"{name} rest on paw"]})
    account = account_of(results)
    assert (account["status"], account["flags"]) == ("ok", [])
    assert account["remarks"] == ["features rest on paw", "gait rest on paw"]


@pytest.mark.parametrize(
    ("error", "expected_px", "is_flagged"),
    [(0.1, np.nan, False), (0.101, np.nan, True), (0.3, 1.0, False), (None, np.nan, False)],
)
def test_a_model_that_misses_its_few_labels_is_not_ok_where_no_error_can_be_expected(
    tmp_path, error, expected_px, is_flagged
):
    results = write_results(tmp_path)
    told = {"held_out_error_of_size": error, "held_out_labels": 12}
    with_expected_error(results, expected_px, 5.0, 0, tells=False, **told)
    account = account_of(results)
    assert account["figures"]["held_out_labels"] == 12
    assert (account["status"] == "flagged") == is_flagged
    told = (
        "labels 10% of the animal's size (12 labels: fewer than 30, or all of one video or animal"
    )
    assert (told in account["reason"]) == is_flagged


def with_expected_error(results, expected_px, within_px, strange, tells=True, **record):
    """The same poses with an account of their error; the first so many frames are strange."""
    smoothed = read_smoothed(results["poses"])
    account = replace(
        unknown_error(smoothed.poses.score.shape),
        expected_error_px=np.full(smoothed.poses.score.shape, expected_px),
        is_extrapolated=np.arange(FRAMES)[:, None] < strange,
        within_px=within_px,
        tells_strangeness=tells,
    )
    write_smoothed(smoothed, results["poses"], record, account)
    return account_of(results)


@pytest.mark.parametrize(("expected_px", "is_flagged"), [(10.0, False), (10.1, True)])
def test_a_large_expected_error_is_flagged_in_parts_of_the_animal(
    tmp_path, expected_px, is_flagged
):
    """An animal of 100 px: a twentieth of it is 5 px."""
    account = with_expected_error(write_results(tmp_path), expected_px, 5.0, 0)
    assert account["figures"]["expected_error_of_size"] == pytest.approx(expected_px / 100)
    assert (account["status"] == "flagged") == is_flagged
    assert ("expected error 10% of the animal's size, 10.1 px" in account["reason"]) == is_flagged


@pytest.mark.parametrize(("strange", "is_flagged"), [(4, False), (5, True)])
def test_a_video_that_nobody_labeled_is_flagged(tmp_path, strange, is_flagged):
    account = with_expected_error(write_results(tmp_path), 1.0, 5.0, strange)
    assert account["figures"]["extrapolated_fraction"] == pytest.approx(strange / FRAMES)
    assert (account["status"] == "flagged") == is_flagged
    assert ("unlike anything that was labeled in 25%" in account["reason"]) == is_flagged


def test_a_video_that_too_few_labels_can_judge_is_not_called_familiar(tmp_path):
    results = write_results(tmp_path)
    account = with_expected_error(results, 1.0, 5.0, 0, tells=False)
    assert np.isnan(account["figures"]["extrapolated_fraction"])
    assert account["status"] == "ok"
    row = {"video": "v", "status": "ok"} | account["figures"]
    assert "Familiar" not in familiar_sentence([row])
    assert not read_expected_error(results["poses"]).tells_strangeness


def test_frames_without_an_animal_are_not_strange(tmp_path):
    account = with_expected_error(write_results(tmp_path, absent=10), 1.0, 5.0, 4)
    absent = account["figures"]["frames_without_animal"]
    assert absent > 0
    shown = FRAMES - absent
    assert account["figures"]["extrapolated_fraction"] * shown == pytest.approx(
        round(account["figures"]["extrapolated_fraction"] * shown)
    )
