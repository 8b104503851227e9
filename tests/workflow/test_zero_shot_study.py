"""A study whose networks are checkpoints in the released layouts: nothing is trained."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from deeplabcut_checkpoints import checkpoint_of, needs_fixtures
from tiny_study import (
    FRAMES,
    SPACE,
    change_setting,
    copy_workflow,
    planned,
    quality_rows,
    run_snakemake,
)

pytestmark = needs_fixtures
NO_NETWORK = """
import socket


class NoNetwork(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise OSError(f"a job wanted to reach {address}")
        return super().connect(address)


socket.socket = NoNetwork
"""


@pytest.fixture
def zero_shot(fresh_study):
    """The tiny study with released layouts and made-up weights instead of data sets."""
    config = fresh_study / "config"
    shutil.rmtree(fresh_study / "datasets")
    (config / "datasets.tsv").write_text("dataset\tpath\tformat\tspace\trole\n")
    weights = fresh_study / "weights"
    weights.mkdir()
    shapes = {
        "heads.bodypart.final_layer.weight": (27, 512, 7, 7),
        "heads.bodypart.final_layer.bias": (27,),
    }
    pose = checkpoint_of("superanimal_quadruped_rtmpose_s", shapes)
    torch.save({"model": pose, "metadata": {"epoch": 1}}, weights / "pose_model.pth")
    torch.save({"model": checkpoint_of("detector_ssdlite")}, weights / "detector.pt")
    change_setting(fresh_study, "models.mouse.pose_weights", "weights/pose_model.pth")
    change_setting(fresh_study, "models.mouse.detector_weights", "weights/detector.pt")
    return fresh_study


@pytest.fixture
def offline(tmp_path):
    """A folder for the path that lets every connection fail."""
    folder = tmp_path / "offline"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    return folder


def description_of(study, model):
    return json.loads((study / "results/models/mouse" / model / "bundle.json").read_text())


@pytest.mark.slow
def test_released_layouts_give_poses_without_network_or_training(
    workflow, zero_shot, offline, tmp_path
):
    change_setting(zero_shot, "adaptation.enabled", False)
    poses = "results/videos/mouse/poses.parquet"
    result = run_snakemake(workflow, zero_shot, poses, sabotage=offline)
    assert result.returncode == 0, result.stdout[-6000:]
    table = pq.read_table(zero_shot / poses)
    assert table.num_rows == FRAMES * 27
    assert np.isfinite(table["x_raw_px"].to_numpy()).mean() > 0.5
    member = description_of(zero_shot, "member-0")
    assert member["architecture"] == "rtmpose"
    assert member["space"]["name"] == SPACE
    assert "weights/pose_model.pth" in member["made_by"]["inputs"]
    assert description_of(zero_shot, "detector")["architecture"] == "ssdlite"
    assert planned(run_snakemake(workflow, zero_shot, poses, "-n")) == {}
    moved = copy_workflow(tmp_path / "elsewhere", workflow)
    assert planned(run_snakemake(moved, zero_shot, poses, "-n")) == {}
    change_setting(zero_shot, "detector.normalize_twice", False)
    rerun = planned(run_snakemake(workflow, zero_shot, poses, "-n"))
    assert "import_detector" in rerun
    assert "import_pose_model" not in rerun


@pytest.mark.slow
def test_released_layouts_go_through_the_whole_chain(workflow, zero_shot, offline):
    result = run_snakemake(workflow, zero_shot, sabotage=offline)
    assert result.returncode == 0, result.stdout[-6000:]
    assert quality_rows(zero_shot)["mouse"]["status"] in ("ok", "flagged")
    assert "weights/pose_model.pth" in (zero_shot / "results/report/index.html").read_text()
    assert not (zero_shot / "results/models/mouse/evaluation.parquet").exists()


def test_a_released_name_is_fetched_before_it_is_imported(workflow, zero_shot):
    change_setting(zero_shot, "models.mouse.pose_weights", "superanimal_topviewmouse_hrnet_w32")
    jobs = planned(run_snakemake(workflow, zero_shot, "-n"))
    assert jobs["fetch_weights"] == jobs["import_pose_model"] == jobs["import_detector"] == 1
    assert not jobs.keys() & {"pretrain", "train_detector", "evaluate_model", "convert_dataset"}


def test_mistakes_in_the_names_of_weights_are_told_at_once(workflow, zero_shot):
    settings = yaml.safe_load((zero_shot / "config/config.yaml").read_text())
    model = settings["models"]["mouse"]
    settings["models"] |= {
        "typo": model | {"pose_weights": "superanimal_topviewmouse_hrnet_w23"},
        "other": model | {"pose_weights": "superanimal_quadruped_hrnet_w32"},
        "kind": model | {"detector_weights": "superanimal_topviewmouse_hrnet_w32"},
        "many": model | {"seeds": [0, 1]},
    }
    (zero_shot / "config/config.yaml").write_text(yaml.safe_dump(settings))
    told = run_snakemake(workflow, zero_shot, "-n").stdout
    place = "config/config.yaml: models."
    assert "4 to mend before anything runs" in told
    assert "did you mean 'superanimal_topviewmouse_hrnet_w32'?" in told
    assert f"{place}other.pose_weights: 'superanimal_quadruped_hrnet_w32' speaks" in told
    assert f"{place}kind.detector_weights: 'superanimal_topviewmouse_hrnet_w32' is a pose" in told
    assert f"{place}many.seeds: 2 members, but pose_weights are one network; write [0]" in told
