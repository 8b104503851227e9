"""A model that learns from videos without labels, one of which is broken."""

import json

import pytest
from tiny_study import SPACE, change_setting, planned, run_snakemake

from superanimal_core.models.subspaces import read_subspaces

MEMBER = "results/models/mouse/member-0"
KEYPOINTS = ["nose", "left_ear", "right_ear"]


def name_videos(study, cell):
    """A cell for the first data set; the others have an empty one."""
    sheet = study / "config/datasets.tsv"
    header, first, *others = sheet.read_text().splitlines()
    lines = [f"{header}\tunlabeled_videos", f"{first}\t{cell}", *(f"{row}\t" for row in others)]
    sheet.write_text("\n".join(lines) + "\n")


@pytest.mark.slow
def test_a_member_learns_from_unlabeled_videos_and_a_broken_one_does_not_stop_it(
    workflow, fresh_study
):
    study = fresh_study
    (study / "raw/broken.mp4").write_bytes(b"no video")
    change_setting(study, "models.mouse.detector_weights", "whole_frame")
    result = run_snakemake(workflow, study, MEMBER)
    assert result.returncode == 0, result.stdout[-4000:]
    before = (study / MEMBER / "weights.safetensors").read_bytes()
    assert read_subspaces(study / MEMBER) == {}

    name_videos(study, "raw/*.mp4")  # alone it changes nothing
    assert "pretrain" not in planned(run_snakemake(workflow, study, "-n", MEMBER))

    unlabeled = {
        "enabled": True,
        "frames": 4,
        "windows": 2,
        "anneal": {"frozen_until": 0.0, "increase": 99.0},
    }
    unlabeled["temporal"] = {"log_weight": 2.0, "epsilon_px": 0.0, "min_score": 0.0}
    unlabeled["pose_pca"] = {"keypoints": {SPACE: KEYPOINTS}}
    for key, value in unlabeled.items():
        change_setting(study, f"unlabeled.{key}", value)
    assert planned(run_snakemake(workflow, study, "-n", MEMBER))["pretrain"] == 1
    result = run_snakemake(workflow, study, MEMBER)
    assert result.returncode == 0, result.stdout[-4000:]
    assert (study / MEMBER / "weights.safetensors").read_bytes() != before
    log = (study / "logs/pretrain/mouse-0.log").read_text()
    assert log.count("nothing is learned from a video") == 1
    (subspace,) = read_subspaces(study / MEMBER).values()
    assert subspace.points.shape == (1, 3)
    assert json.loads((study / MEMBER / "bundle.json").read_text())["architecture"] == "pyramid"

    assert "pretrain" not in planned(run_snakemake(workflow, study, "-n", MEMBER))
    (study / "raw/mouse.mp4").write_bytes((study / "raw/mouse.mp4").read_bytes() + b"\0")
    assert planned(run_snakemake(workflow, study, "-n", MEMBER))["pretrain"] == 1
