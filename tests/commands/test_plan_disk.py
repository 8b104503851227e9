"""What a run is said to take on the disk: files of known sizes, sums by hand, and the rules."""

import re

import pytest
from tiny_study import write_tiny_study

from superanimal_core.commands import plan_disk
from superanimal_core.commands.plan import told_disk
from superanimal_core.commands.plan_costs import Paces
from superanimal_core.commands.plan_load import Load, frames_of, load_of
from superanimal_core.commands.study_folder import read_here
from superanimal_core.media.quick_look import VideoLook
from superanimal_core.study.shipped import WORKFLOW


def write(path, size):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))


def test_what_is_there_counts_by_its_frames_and_what_is_not_does_not(tmp_path):
    videos = tmp_path / "results/videos"
    write(videos / "a/predicted/0.parquet", 3_000_000)
    write(videos / "a/predicted/deeper/1.parquet", 1_000_000)
    write(videos / "a/boxes.parquet", 2_000_000)
    write(videos / "b/boxes.parquet", 4_000_000)
    write(videos / "unknown/boxes.parquet", 9_000_000)
    frames = {"a": 100.0, "b": 300.0, "to do": 999.0}
    assert plan_disk.measured_mb(tmp_path, "predict_poses", frames, 40.0) == pytest.approx(1.0)
    assert plan_disk.measured_mb(tmp_path, "smooth_poses", frames, 40.0) == 0.0
    assert plan_disk.measured_mb(tmp_path, "report", frames, 40.0) == 0.0


def test_networks_count_whole_and_apart_from_detectors(tmp_path):
    models = tmp_path / "results/models"
    write(models / "mouse/member-0/weights.pt", 2_000_000)
    write(models / "mouse/member-1/weights.pt", 4_000_000)
    write(models / "mouse/detector/weights.pt", 7_000_000)
    assert plan_disk.measured_mb(tmp_path, "fine_tune", {}, 40.0) == pytest.approx(3.0)
    assert plan_disk.measured_mb(tmp_path, "train_detector", {}, 40.0) == pytest.approx(7.0)
    assert plan_disk.measured_mb(tmp_path, "pretrain", {}, 40.0) == pytest.approx(3.0)


def test_what_was_never_made_is_a_sum_by_hand():
    load = Load(animals=2, networks=3, keypoints=10, frames=1000, drawn_frames=200,
                pixels=400)  # fmt: skip
    paces = [Paces(pose_mb=4.0, detector_mb=1.0), Paces(pose_mb=8.0, detector_mb=3.0)]

    def bytes_of(rule):
        return plan_disk.usual_mb(rule, load, paces) * 1e6

    of_keypoint = plan_disk.B_PER_KEYPOINT
    values = 1000 * 2 * 10
    assert bytes_of("smooth_poses") == pytest.approx(of_keypoint["smooth_poses"] * values)
    assert bytes_of("adapt_to_video") == pytest.approx(of_keypoint["adapt_to_video"] * values * 3)
    of_boxes = plan_disk.B_PER_ANIMAL["predict_poses"] * 2000
    of_poses = of_keypoint["predict_poses"] * values * 3
    assert bytes_of("predict_poses") == pytest.approx(of_poses + of_boxes)
    assert bytes_of("describe_behavior") == pytest.approx(
        plan_disk.B_PER_ANIMAL["describe_behavior"] * 1000 * 2
    )
    assert bytes_of("probe_video") == pytest.approx(plan_disk.B_PER_FRAME["probe_video"] * 1000)
    assert bytes_of("label_video") == pytest.approx(plan_disk.B_PER_PIXEL["label_video"] * 80_000)
    assert bytes_of("draw_stills") == pytest.approx(plan_disk.B_PER_JOB["draw_stills"])
    assert plan_disk.usual_mb("pretrain", load, paces) == pytest.approx(6.0)
    assert plan_disk.usual_mb("train_detector", load, paces) == pytest.approx(2.0)
    assert plan_disk.usual_mb("pretrain", load, []) == 0.0
    assert plan_disk.usual_mb("report", load, paces) == 0.0


def test_every_figure_is_of_a_rule_that_makes_just_that():
    rules = {path.stem: path.read_text() for path in (WORKFLOW / "workflow/rules").glob("*.smk")}
    for rule, names in plan_disk.MADE.items():
        made = re.findall(
            r'"results/videos/\{video\}/([a-z.0-9]+)"', rules[rule].split("output:")[1]
        )
        assert {*names} <= {*made}
    known = plan_disk.MADE | plan_disk.NETWORKS
    for figures in (plan_disk.B_PER_ANIMAL, plan_disk.B_PER_FRAME, plan_disk.B_PER_PIXEL):
        assert {*figures} <= {*known}
        assert all(value > 0 for value in figures.values())
    assert {*plan_disk.B_PER_KEYPOINT} <= {*rules}


@pytest.mark.parametrize(("clip_s", "drawn"), [(1.0, 60.0), (2.0, 100.0)])
def test_of_clips_only_their_frames_are_drawn(tmp_path, monkeypatch, clip_s, drawn):
    monkeypatch.chdir(write_tiny_study(tmp_path / "study"))
    study = read_here()
    looks = {"a": VideoLook(100, 30.0, (640, 480), ()), "b": VideoLook(300, 10.0, (320, 240), ())}
    settings = study.settings.report.labeled_video.model_copy(
        update={"shows": "clips", "clip_s": clip_s, "worst_clips": 1, "random_clips": 1}
    )
    assert frames_of(looks) == {"a": 100.0, "b": 300.0}
    assert frames_of(looks, settings) == {"a": drawn, "b": 20.0 * clip_s}
    load = load_of(study, looks)
    assert (load.frames, load.drawn_frames) == (200.0, 200.0)  # whole, as the study says
    assert load.pixels == (640 * 480 + 320 * 240) / 2
    assert load.frames_of("label_video") == load.drawn_frames
    assert load_of(study, {}).frames == 0.0


@pytest.mark.parametrize(("megabytes", "told"), [(0.099, ""), (0.1, "100 kB"), (2000.0, "2 GB")])
def test_what_is_too_small_to_count_is_not_told(megabytes, told):
    assert told_disk(megabytes) == told
