from pathlib import Path

import numpy as np
import pytest
import torch
from deeplabcut_checkpoints import checkpoint_of, golden_image, needs_fixtures

from superanimal_core.__main__ import main
from superanimal_core.media.images import read_image, write_image
from superanimal_core.models.downloads import file_sha256

pytestmark = needs_fixtures
SPACES = Path(__file__).resolve().parents[2] / "config/keypoints"
SPACE = str(SPACES / "superanimal_quadruped.yaml")


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "pose_model.pth"
    torch.save({"model": checkpoint_of("superanimal_quadruped_rtmpose_s")}, path)
    return path


def test_hash_and_layout_are_told_and_predictions_drawn(tmp_path, weights, capsys):
    torch.save(checkpoint_of("detector_ssdlite"), tmp_path / "detector.pt")
    write_image(golden_image(), tmp_path / "frame.png")
    arguments = ["--image", tmp_path / "frame.png", "--output", tmp_path / "seen.png"]
    detector = ["--detector", tmp_path / "detector.pt", "--min-box-score", "0.05"]
    command = ["verify-weights", weights, "--space", SPACE, *detector, *arguments]
    assert main([str(part) for part in command]) == 0
    told = capsys.readouterr().out
    assert "layout  rtmpose_s, 39 keypoints of superanimal_quadruped: all 254 tensors fit" in told
    assert f"sha256  {file_sha256(weights)}" in told
    assert "layout  ssdlite, 2 classes: all 476 tensors fit" in told
    assert "seen.png: boxes" in told
    drawn = read_image(str(tmp_path / "seen.png"))
    assert np.abs(drawn[::2, ::2][:240].astype(int) - golden_image()).max() > 100


def test_what_cannot_be_used_is_told_in_one_sentence(tmp_path, weights, capsys):
    mouse = str(SPACES / "superanimal_topviewmouse.yaml")
    assert main(["verify-weights", str(weights), "--space", mouse]) == 1
    assert "39 keypoints, but the keypoint space" in capsys.readouterr().err
    assert main(["verify-weights", str(weights), "--space", SPACE, "--image", "a.png"]) == 1
    assert "--image and --output belong together" in capsys.readouterr().err
