"""A study whose network is a vision transformer, its detector another one, with masks."""

import json

import pytest
from tiny_study import change_setting, planned, run_snakemake

MASK = {"patch_px": 16, "initial": 0.1, "final": 0.5, "begin": 0.0, "end": 1.0}
POSES = "results/videos/mouse/adapted"


@pytest.mark.slow
def test_a_transformer_goes_through_the_chain_and_masks_re_run_its_training_alone(workflow, study):
    change_setting(study, "models.mouse.architecture", "vit")
    change_setting(study, "models.mouse.backbone", "test_vit")
    refused = run_snakemake(workflow, study, "-n")
    assert refused.returncode == 1
    assert "models.mouse.detector_backbone: no detector can stand" in refused.stdout
    change_setting(study, "models.mouse.detector_backbone", "lcnet_035")
    result = run_snakemake(workflow, study, POSES)
    assert result.returncode == 0, result.stdout[-4000:]
    models = study / "results/models/mouse"
    pose, detector = (
        json.loads((models / name / "bundle.json").read_text()) for name in ("member-0", "detector")
    )
    assert (pose["architecture"], pose["parameters"]["backbone"]) == ("vit", "test_vit")
    assert detector["parameters"]["backbone"] == "lcnet_035"
    assert not planned(run_snakemake(workflow, study, "-n", POSES))
    change_setting(study, "augment.patch_mask", MASK)
    plan = planned(run_snakemake(workflow, study, "-n", POSES))
    assert plan["pretrain"] == plan["predict_poses"] == plan["adapt_to_video"] == 1
    assert "train_detector" not in plan
    trained = run_snakemake(workflow, study, "results/models/mouse/member-0")
    assert trained.returncode == 0, trained.stdout[-4000:]
    assert json.loads((models / "member-0/bundle.json").read_text()) != pose
