"""A network leaves as ONNX, and what it says elsewhere is what it says here."""

import json

import numpy as np
import pytest
import torch
from tiny_networks import pyramid_bundle, pyramid_context_bundle
from tiny_study import write_tiny_study

from superanimal_core.__main__ import main
from superanimal_core.commands import export_model
from superanimal_core.errors import SuperAnimalError
from superanimal_core.models import exported_model
from superanimal_core.models.exported_model import exported, largest_difference_px
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.onnx_document import CROPS
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.parquet import write_failure, write_parquet
from superanimal_core.tables.video_tables import boxes_to_table
from superanimal_core.training.history import History

onnxruntime = pytest.importorskip("onnxruntime", reason="make test-engines installs it")
SPACE = KeypointSpace("s", ("nose", "tail"))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study with a network that has learned nothing."""
    study = write_tiny_study(tmp_path_factory.mktemp("export") / "study")
    torch.manual_seed(0)
    bundle = pyramid_bundle(SPACE)
    bundle.network.head.weight.data.normal_()
    write_bundle(bundle, study / "results/models/mouse/member-0", {}, History())
    return study


def give_boxes(study, frames=8):
    boxes = np.tile([20.0, 30, 180, 160], (frames, 1, 1))
    boxes[::2] = np.nan
    nothing = np.full((frames, 1), np.nan)
    table = boxes_to_table(boxes, nothing, np.arange(frames) / 30, np.zeros((frames, 1), bool))
    write_parquet(table, study / "results/videos/mouse/boxes.parquet", {})


def export(study, capsys, *words):
    code = main(["export-model", str(study), *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_what_another_program_computes_is_what_torch_computes(study, tmp_path, capsys):
    give_boxes(study)
    file = tmp_path / "mouse.onnx"
    code, said, _ = export(study, capsys, "mouse/member-0", file)
    assert code == 0
    assert "on 4 crops of this study" in said
    told = json.loads(file.with_suffix(".json").read_text())
    assert told["keypoints"] == ["nose", "tail"]
    width, height = told["input"]["size_px"]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    assert (given.name, given.shape[1:]) == (CROPS, [3, height, width])


def test_before_any_video_was_looked_at_nothing_is_compared(study, tmp_path, capsys):
    boxes = study / "results/videos/mouse/boxes.parquet"
    boxes.unlink(missing_ok=True)
    for failed in (False, True):
        if failed:
            write_failure(boxes, {"failure": {"stage": "predict_poses", "reason": "torn"}})
        code, said, _ = export(study, capsys, "mouse/member-0", tmp_path / "mouse.onnx")
        assert (code, "not compared" in said) == (0, True)


@pytest.mark.parametrize(("off_px", "code"), [(1.1e-3, 1), (0.9e-3, 0)])
def test_a_document_that_says_something_else_is_told(
    study, tmp_path, capsys, monkeypatch, off_px, code
):
    give_boxes(study)
    monkeypatch.setattr(exported_model, "largest_difference_px", lambda *_: off_px)
    found, _, told = export(study, capsys, "mouse/member-0", tmp_path / "mouse.onnx")
    assert (found, "is not written: it differs from torch" in told) == (code, bool(code))
    assert (tmp_path / "mouse.onnx").exists() == (not code)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mouse/member-7", "m.onnx"), "mouse/member-7 is no single network in"),
        (("mouse/member-7", "m.onnx"), "there: mouse/member-0"),
        (("mouse/member-0", "m.pt"), "a name that ends in .onnx is needed"),
        (("mouse/member-0", "/"), "/ is a folder; name a file in it"),
        (("mouse/member-0", "/proc/m.onnx"), "m.json cannot be written"),
    ],
)
def test_mistakes_are_one_sentence(study, capsys, words, told):
    code, said, error = export(study, capsys, *words)
    assert (code, said) == (1, "")
    assert told in error
    assert error.count("\n") == 1


def test_packages_that_lack_are_told(study, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(export_model, "find_spec", lambda name: None)
    code, _, told = export(study, capsys, "mouse/member-0", tmp_path / "m.onnx")
    assert code == 1
    assert "-m pip install onnx onnxruntime" in told


def test_a_network_that_looks_at_neighbors_is_refused():
    with pytest.raises(SuperAnimalError, match="looks at neighboring frames"):
        exported(pyramid_context_bundle(SPACE))


@pytest.mark.parametrize("network", ["mouse", "results/models/mouse", "mouse/member-0/"])
def test_a_model_of_one_network_and_paths_are_networks_too(
    study, tmp_path, capsys, monkeypatch, network
):
    """From the folder above, as a user would name the study."""
    monkeypatch.chdir(study.parent)
    code, _, told = export(study.relative_to(study.parent), capsys, network, tmp_path / "m.onnx")
    assert (code, told) == (0, "")


def test_a_description_of_something_else_is_not_replaced(study, tmp_path, capsys):
    (tmp_path / "mouse.json").write_text("{}")
    code, _, told = export(study, capsys, "mouse/member-0", tmp_path / "mouse.onnx")
    assert (code, (tmp_path / "mouse.json").read_text()) == (1, "{}")
    assert "mouse.json is there already" in told


@pytest.mark.parametrize("spoil", [lambda xy: xy + 1.0, lambda xy: np.where(xy > 30, xy, np.nan)])
def test_positions_by_an_engine_are_those_of_torch(monkeypatch, spoil):
    bundle = pyramid_bundle(SPACE)
    crops = list(np.random.default_rng(0).integers(0, 255, (3, 64, 64, 3)).astype(np.uint8))
    document, compute = exported(bundle), exported_model.computed_by
    assert largest_difference_px(document, bundle, crops, "onnxruntime") < 1e-3

    def spoiled(*how):
        return lambda pixels: [spoil(part) for part in compute(*how)(pixels)]

    monkeypatch.setattr(exported_model, "computed_by", spoiled)
    assert largest_difference_px(document, bundle, crops, "onnxruntime") >= 1.0
