import pandas as pd
import pytest
from tiny_study import change_setting, quality_rows, run_snakemake


@pytest.mark.slow
def test_with_a_stride_most_boxes_lie_between_detections_and_every_frame_has_a_pose(
    workflow, study
):
    change_setting(study, "detector.every_frames", 4)
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout[-4000:]
    assert quality_rows(study)["mouse"]["status"] != "failed"
    boxes = pd.read_parquet(study / "results/videos/mouse/boxes.parquet")
    assert boxes.score.notna().sum() == len(boxes) / 4
    assert boxes.x0_px.notna().all()
    poses = pd.read_parquet(study / "results/videos/mouse/predicted/member-0.parquet")
    seen = poses[poses.x_px.notna()]  # the tiny network puts some keypoints out of view
    assert seen.frame.nunique() == len(boxes)
