"""Networks that ONNX Runtime and OpenVINO compute say what torch says."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from test_architectures import PARAMETERS, SIZE, bundle_of, crops_of

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.passes import Ensemble
from superanimal_core.inference.predict import predict_video
from superanimal_core.network import engines
from superanimal_core.network.engines import EngineNetwork, engine_network
from superanimal_core.network.pose_network import HeatmapNetwork

pytest.importorskip("onnx", reason="make test-engines installs it")
CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("onnxruntime", "openvino")
ALONE = [name for name in PARAMETERS if not name.endswith("_context")]


@pytest.fixture(params=ENGINES)
def engine(request):
    pytest.importorskip(request.param, reason="make test-engines installs it")
    return request.param


@pytest.mark.parametrize("architecture", ALONE)
def test_an_engine_gives_the_outputs_and_positions_of_torch(engine, architecture):
    bundle = bundle_of(architecture, ("a", "b", "c"), 1)
    network = engine_network(bundle.network, engine, SIZE, CPU)
    crops = torch.cat([crops_of(seed) for seed in range(3)])  # not the batch it was written with
    with torch.inference_mode():
        said, truth = network(crops), bundle.network(crops)
        found, known = network.decode(said), bundle.network.decode(truth)
        again = network(crops[:1])
    whole, one = ((t,) if isinstance(t, torch.Tensor) else t for t in (truth, again))
    for own, other in zip((said,) if len(whole) == 1 else said, whole, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))
    torch.testing.assert_close(one[0], whole[0][:1], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found[0], known[0], atol=1e-3)
    np.testing.assert_allclose(found[1], known[1], atol=1e-4)


def seen_by(engine, bundle):
    """Poses of a network in a video of noise."""
    random = np.random.default_rng(0)
    frames = [random.integers(0, 255, (80, 120, 3)).astype(np.uint8) for _ in range(5)]
    boxes, times = np.tile([10.0, 5, 100, 70], (5, 1, 1)), np.arange(5) / 30
    how = {"batch": 2, "precision": "float32", "device": CPU}
    (poses,) = predict_video([bundle], frames, boxes, times, engine=engine, **how)
    return poses


@pytest.mark.parametrize("architecture", ["pyramid", "rtmpose"])
def test_a_video_is_seen_alike(engine, architecture, capsys):
    bundle = bundle_of(architecture, ("a", "b", "c"), 1)
    own, torchs = seen_by(engine, bundle), seen_by("torch", bundle)
    np.testing.assert_allclose(own.xy_px, torchs.xy_px, atol=2e-3)
    np.testing.assert_allclose(own.score, torchs.score, atol=1e-4)
    assert "torch is used" not in capsys.readouterr().out


class Same(HeatmapNetwork):
    """Says what it is given."""

    def __init__(self):
        super().__init__(3, stride_px=1, sigma_px=1.0, is_subpixel=True)

    def forward(self, crops):
        return crops


class SameTwice(Same):
    """Says it twice."""

    def forward(self, crops):
        return crops, crops


CROPS = torch.eye(3).expand(2, 3, 3, 3)


@pytest.mark.parametrize(("share", "is_used"), [(0.9e-3, True), (1.1e-3, False)])
def test_an_engine_that_says_something_else_is_not_used(capsys, share, is_used):
    """The largest output is 1; a thousandth of it is allowed."""
    network = EngineNetwork(
        Same(), lambda crops: [crops + np.float32(share)], name="e", is_exact=True
    )
    for _ in range(2):
        assert torch.equal(network(CROPS), CROPS) == (not is_used)
    assert ("torch is used instead" in capsys.readouterr().out) == (not is_used)


@pytest.mark.parametrize("wrong", [lambda c: [c[:1]], lambda c: [c * np.nan], lambda c: [c, c]])
def test_outputs_of_another_shape_and_no_numbers_are_something_else(wrong):
    network = EngineNetwork(Same(), wrong, name="e", is_exact=True)
    assert torch.equal(network(CROPS), CROPS)


@pytest.mark.parametrize("wrong", [(1, np.nan), (np.nan, 1)])
def test_no_numbers_in_one_of_two_outputs_are_something_else(capsys, wrong):
    network = EngineNetwork(
        SameTwice(), lambda c: [c * of for of in wrong], name="e", is_exact=True
    )
    assert all(torch.equal(output, CROPS) for output in network(CROPS))
    assert "torch is used instead" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_engine_that_has_no_numbers_later_is_not_used_any_more(wrong):
    calls = iter([0, wrong, 0])
    network = EngineNetwork(
        Same(), lambda c: [c + np.float32(next(calls))], name="e", is_exact=True
    )
    for _ in range(3):
        assert torch.equal(network(CROPS), CROPS)


@pytest.mark.parametrize("crop", [0, 2])
def test_a_batch_of_another_size_is_compared_at_its_ends(crop):
    """As the last one of a video, which is shorter."""

    def wrong_if_short(crops):
        said = crops.copy()
        if len(crops) == 3:
            said[crop] += 1
        return [said]

    network = EngineNetwork(Same(), wrong_if_short, name="e", is_exact=True)
    for size in (4, 3, 4):
        crops = torch.eye(3).expand(size, 3, 3, 3)
        assert torch.equal(network(crops), crops)


@pytest.mark.parametrize(("share", "is_used"), [(0.24, True), (0.26, False)])
def test_what_is_meant_to_differ_may_differ_by_a_quarter(share, is_used):
    network = EngineNetwork(
        Same(), lambda crops: [crops + np.float32(share)], name="e", is_exact=False
    )
    assert torch.equal(network(CROPS), CROPS) == (not is_used)


def test_an_engine_without_the_device_is_told(engine, monkeypatch):
    bundle = bundle_of("pyramid", ("a", "b", "c"), 1)
    monkeypatch.setattr(engines, "onnx_document", lambda *_: b"")
    with pytest.raises(SuperAnimalError, match=r"a graphics processor: .*write engine: torch"):
        engine_network(bundle.network, engine, SIZE, torch.device("cuda"))


def test_networks_that_look_at_neighbors_stay_with_torch(engine):
    """Brought ones, too, that no setting speaks of."""
    bundle = bundle_of("pyramid_context", ("a", "b", "c"), 1)
    own, torchs = seen_by(engine, bundle), seen_by("torch", bundle)
    np.testing.assert_array_equal(own.xy_px, torchs.xy_px)


def test_an_ensemble_uses_the_engine_for_each_network(engine):
    bundles = [bundle_of("pyramid", ("a", "b", "c"), seed) for seed in (1, 2)]
    ensemble = Ensemble(bundles, 2, "float32", CPU, engine=engine)
    assert [network.name for network in ensemble._networks] == [engine] * 2


def test_onnxruntime_tells_its_maker_nothing(tmp_path):
    """As shipped it keeps a number for this computer, and what it would send, in the home."""
    pytest.importorskip("onnxruntime")
    code = (
        "import torch; from superanimal_core.network import engines\n"
        "engines.onnx_document = lambda *_: open('model.onnx', 'rb').read()\n"
        "engines.engine_network(None, 'onnxruntime', (3, 3), torch.device('cpu'))"
    )
    torch.onnx.export(
        Same(), (CROPS,), str(tmp_path / "model.onnx"), dynamo=False, input_names=["crops"]
    )
    silent = ("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")  # what would keep it quiet anyway
    known = {name: value for name, value in os.environ.items() if name not in silent}
    where = {"cwd": tmp_path, "env": known | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}}
    subprocess.run([sys.executable, "-c", code], check=True, **where)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
