import json

import pyarrow.parquet as pq
import pytest
from tiny_study import SPACE, add_lab, change_setting, give_arena_an_implant, planned, run_snakemake

from superanimal_core.synthetic.labs import ARENA

TARGET = "results/models/lab/evaluation.parquet"


@pytest.mark.slow
def test_a_model_is_fine_tuned_from_another_that_stays_as_it_is(workflow, study):
    add_lab(study, ARENA, "fine_tune", 12)
    change_setting(study, "models.mouse.seeds", [0])
    parent = json.loads((study / "results/models/mouse/member-0/bundle.json").read_text())
    change_setting(study, "fine_tuning", FINE_TUNING)
    change_setting(study, "models.lab", MODEL | {"space": SPACE})
    jobs = planned(run_snakemake(workflow, study, "-n", TARGET))
    assert jobs["fine_tune"] == 2
    assert not jobs.keys() & {"pretrain", "train_detector"}
    result = run_snakemake(workflow, study, TARGET)
    assert result.returncode == 0, result.stdout[-4000:]
    bundle = json.loads((study / "results/models/lab/member-7/bundle.json").read_text())
    assert bundle["trained_on"] == [*parent["trained_on"], "arena"]
    assert bundle["parameters"] == parent["parameters"]
    assert {*parent["taught"], *OF_ARENA_ALONE} == {*bundle["taught"]}
    rows = pq.read_table(study / TARGET).to_pylist()
    assert {"arena", "burrow"} <= {row["dataset"] for row in rows}
    assert {row["member"] for row in rows} == {"0", "1", "ensemble"}


@pytest.mark.slow
def test_a_model_is_fine_tuned_with_keypoints_of_ones_own(workflow, study):
    add_lab(study, ARENA, "fine_tune", 12)
    give_arena_an_implant(study)
    change_setting(study, "models.mouse.seeds", [0])
    change_setting(study, "fine_tuning", FINE_TUNING)
    change_setting(study, "models.lab", MODEL | {"space": "implanted", "seeds": [0]})
    result = run_snakemake(workflow, study, TARGET)
    assert result.returncode == 0, result.stdout[-4000:]
    bundle = json.loads((study / "results/models/lab/member-0/bundle.json").read_text())
    parent = json.loads((study / "results/models/mouse/member-0/bundle.json").read_text())
    assert bundle["space"]["keypoints"] == [*parent["space"]["keypoints"], "implant"]
    assert "implant" in bundle["taught"]
    rows = pq.read_table(study / TARGET).to_pylist()
    assert {"arena"} == {row["dataset"] for row in rows}
    assert {"implant", "nose"} <= {row["keypoint"] for row in rows}


OF_ARENA_ALONE = ("left_shoulder", "right_shoulder", "tail1")
FINE_TUNING = {
    "steps": 2,
    "batch": 2,
    "learning_rate": 0.001,
    "frozen_batch_norm": True,
    "min_score": 0.0,
    "min_overlap": 0.0,
}
MODEL = {
    "pose_weights": None,
    "detector_weights": None,
    "fine_tune": {"parent": "mouse", "mode": "memory_replay"},
    "seeds": [0, 7],
    "architecture": "pyramid",
    "backbone": "lcnet_035",
    "initial_weights": None,
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "input_size_px": 64,
    "detector_size_px": 96,
}
