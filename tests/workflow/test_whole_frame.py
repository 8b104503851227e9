"""A study without a detector: every frame is the box of its one animal."""

import pandas as pd
import pytest
from tiny_study import FRAMES, change_setting, planned, run_snakemake


@pytest.mark.slow
def test_without_a_detector_every_frame_is_a_box(workflow, study):
    change_setting(study, "models.mouse.detector_weights", "whole_frame")
    change_setting(study, "detector.every_frames", 4)
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert "train_detector" not in plan
    assert plan["predict_poses"] == 1
    result = run_snakemake(workflow, study, "results/videos/mouse/predicted")
    assert result.returncode == 0, result.stdout[-4000:]
    boxes = pd.read_parquet(study / "results/videos/mouse/boxes.parquet")
    width, height = boxes[["x1_px", "y1_px"]].iloc[0]
    assert width > height > 0
    expected = {"x0_px": 0, "y0_px": 0, "x1_px": width, "y1_px": height, "score": 1}
    assert (boxes[[*expected]] == pd.Series(expected)).all(axis=None)
    assert len(boxes) == FRAMES
    poses = pd.read_parquet(study / "results/videos/mouse/predicted/member-0.parquet")
    in_view = poses[poses.score > 0]  # the tiny network puts many keypoints at an edge
    assert in_view.x_px.between(0, width).all()
    assert poses[poses.score == 0].x_px.isna().all()


def test_two_animals_need_a_detector(workflow, study):
    change_setting(study, "models.mouse.detector_weights", "whole_frame")
    sheet = study / "config/videos.tsv"
    header, *rows = sheet.read_text().splitlines()
    lines = [f"{header}\tmax_individuals", *(f"{row}\t2" for row in rows)]
    sheet.write_text("\n".join(lines) + "\n")
    result = run_snakemake(workflow, study, "-n")
    assert result.returncode == 1
    assert "may show 2 animals" in result.stdout
