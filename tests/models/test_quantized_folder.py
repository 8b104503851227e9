"""What is calibrated and measured on labels, and what of it lies on the disk."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_networks import pyramid_bundle

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models import quantized_folder as module
from superanimal_core.models import quantized_seers
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.models.quantized_folder import (
    MOST_CROPS,
    Measured,
    read_document,
    read_measured,
    write_quantized,
)
from superanimal_core.models.quantized_seers import quantized_members
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.pose_network import PoseNetwork
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, string_array
from superanimal_core.tables.label_files import write_labels
from superanimal_core.training.history import History

SPACE = KeypointSpace("s", ("nose", "tail"))
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
MEASURED = Measured(0.3, 0.3, 4, 8, "onnxruntime", {})


def labels_of(splits):
    n = len(splits)
    at = np.random.default_rng(0).uniform(20, 60, (n, 2, 2))
    return Labels(
        space=SPACE,
        source=string_array(["lab"] * n),
        image=string_array([f"{i}.png" for i in range(n)]),
        image_size_px=np.full((n, 2), 80),
        individual=string_array(["a"] * n),
        group=string_array([str(i) for i in range(n)]),
        split=string_array(splits),
        box_xyxy_px=np.tile([10.0, 10, 70, 70], (n, 1)),
        xy_px=at,
        state=np.full((n, 2), LabelState.VISIBLE, dtype=np.int8),
        score=np.ones((n, 2)),
    )


def picture(name):
    seed = int(name.partition(".")[0])
    return np.random.default_rng(seed).integers(0, 255, (80, 80, 3)).astype(np.uint8)


def chosen(splits):
    learned, held = module._shown(labels_of(splits))
    return [[str(name) for name in part.image] for part in (learned, held)]


def test_what_was_learned_calibrates_and_what_was_held_out_measures():
    assert chosen(["train", "test", "train"]) == [["0.png", "2.png"], ["1.png"]]


@pytest.mark.parametrize("split", ["test", "train"])
def test_where_all_are_of_one_kind_every_second_one_measures(split):
    assert chosen([split] * 4) == [["0.png", "2.png"], ["1.png", "3.png"]]
    assert chosen([split]) == [["0.png"], []]


def test_many_animals_are_thinned_out_evenly():
    learned, held = chosen(["train", "test"] * (2 * MOST_CROPS))
    assert (len(learned), len(held)) == (MOST_CROPS, MOST_CROPS)
    assert (learned[0], learned[-1]) == ("0.png", f"{4 * MOST_CROPS - 2}.png")


def test_without_a_position_nothing_can_be_calibrated():
    labels = labels_of(["train"] * 2)
    nowhere = replace(
        labels,
        xy_px=np.full(labels.xy_px.shape, np.nan),
        state=np.full(labels.state.shape, LabelState.NOT_LABELED, dtype=np.int8),
    )
    with pytest.raises(SuperAnimalError, match=r"none of 2 has a keypoint .* or write float32"):
        module._shown(nowhere)


@pytest.mark.parametrize(
    ("move_px", "told"),
    [
        (0.3, None),
        (0.3001, "by 0.30 px"),
        (4.0, "by 4.00 px"),
        (None, "no keypoint of a held-out labeled"),
    ],
)
def test_the_limit_itself_is_within_it(move_px, told):
    why_not = replace(MEASURED, move_px=move_px).why_not()
    assert (why_not is None) if told is None else (told in why_not)


@pytest.fixture
def member(tmp_path):
    torch.manual_seed(0)
    bundle = pyramid_bundle(SPACE)
    bundle.network.head.weight.data.normal_()
    bundle.network.head.bias.data += 2  # scores that count
    folder = tmp_path / "models/mouse/member-0"
    write_bundle(bundle, folder, {}, History())
    write_labels(labels_of(["train", "test"] * 5), tmp_path / "unified.parquet", {})
    return folder


def write(member):
    labels = [str(member.parents[2] / "unified.parquet")]
    folder = member.parent / "quantized" / member.name
    how = {"box_margin": 0.1, "engine": "onnxruntime", "threads": 1}
    return folder, write_quantized(member, labels, picture, folder, **how)


def test_what_was_measured_is_read_again(member):
    pytest.importorskip("onnxruntime", reason="make test-engines installs it")
    folder, measured = write(member)
    assert read_measured(folder) == measured
    assert (measured.crops, measured.calibrated_on, measured.most_px) == (5, 5, 0.3)
    assert measured.move_px > 0
    assert {*measured.versions} == {"onnx", "onnxruntime"}
    assert read_document(folder)


def test_a_killed_job_leaves_the_old_folder_or_none(member, monkeypatch):
    monkeypatch.setattr(module, "quantized_document", lambda *_: b"document")
    monkeypatch.setattr(module, "computed_by", lambda *_: list)
    monkeypatch.setattr(module, "mean_move_px", lambda *_: 0.1)
    monkeypatch.setattr(module, "import_module", lambda _: SimpleNamespace(__version__="1"))
    with monkeypatch.context() as patch:
        patch.setattr(module.json, "dumps", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write(member)
    assert not [*(member.parent / "quantized").iterdir()]
    folder, measured = write(member)
    assert (read_measured(folder), read_document(folder)) == (measured, b"document")
    assert [each.name for each in folder.parent.iterdir()] == ["member-0"]


def test_torn_files_are_told(tmp_path):
    with pytest.raises(SuperAnimalError, match=r"measured\.json: cannot be read"):
        read_measured(tmp_path)
    (tmp_path / "measured.json").write_text("{")
    with pytest.raises(SuperAnimalError, match=r"measured\.json: cannot be read"):
        read_measured(tmp_path)
    with pytest.raises(SuperAnimalError, match=r"network\.onnx: cannot be read"):
        read_document(tmp_path)


class Named(PoseNetwork):
    """Stands for a network as an engine computes it."""

    keypoints = len(SPACE)

    def __init__(self, name):
        super().__init__()
        self.name = name

    forward = decode = keypoint_losses = lambda *_: None


@pytest.fixture
def seen_by(member, monkeypatch):
    """Who sees a video when int8 moves keypoints so far, and what is said of it."""
    folder = member.parent / "quantized" / member.name
    folder.mkdir(parents=True)
    (folder / "network.onnx").write_bytes(b"document")
    monkeypatch.setattr(quantized_seers, "ready_network", lambda network, _: network)
    monkeypatch.setattr(quantized_seers, "in_float32", lambda *_: Named("float32"))
    monkeypatch.setattr(quantized_seers, "in_int8", lambda *_: Named("int8"))

    def see(move_px, device=CPU):
        measured = replace(MEASURED, move_px=move_px)
        (folder / "measured.json").write_text(json.dumps(vars(measured)))
        bundles, told = quantized_members(
            "v.mp4",
            [str(member)],
            [],
            {"engine": "onnxruntime"},
            detector=None,
            inference={"device": device},
            calibrations=[str(folder)],
        )
        assert all(isinstance(bundle, ModelBundle) for bundle in bundles.values())
        return {name: bundle.network.name for name, bundle in bundles.items()}, told

    return see


def test_within_the_limit_a_network_sees_in_int8(seen_by):
    assert seen_by(0.3) == ({"member-0": "int8"}, {})


def test_beyond_it_the_engine_computes_in_float32_and_the_video_says_so(seen_by, capsys):
    seen, told = seen_by(0.42)
    assert seen == {"member-0": "float32"}
    (remark,) = told["remarks"]
    assert remark.startswith("member-0 is computed in float32: int8 would move")
    assert "by 0.42 px" in remark
    assert remark in capsys.readouterr().out


def test_graphics_processors_compute_in_float32(seen_by):
    seen, told = seen_by(0.1, CUDA)
    assert seen == {"member-0": "float32"}
    assert "here is a graphics processor" in told["remarks"][0]
