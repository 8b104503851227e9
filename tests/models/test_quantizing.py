"""Networks in int8 say what they say in float32, as far as their ranges were seen."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from superanimal_core.models.quantizing import quantized_document
from superanimal_core.network import quantized
from superanimal_core.network.engines import computed_by
from superanimal_core.network.pose_network import HeatmapNetwork
from superanimal_core.network.quantized import (
    MOST_PX,
    in_float32,
    in_int8,
    mean_move_px,
    moves_px,
    outputs_by,
    positions,
)

CPU = torch.device("cpu")
SIZE = 64
ROOT = Path(__file__).resolve().parents[2]
TAUGHT = np.ones(3, dtype=bool)


class DotNetwork(HeatmapNetwork):
    """Sees a dot in each color: what a network would learn, in two layers."""

    def __init__(self):
        super().__init__(3, stride_px=1, sigma_px=3.0, is_subpixel=True)
        self.blur = nn.Conv2d(3, 3, 9, padding=4, groups=3, bias=False)
        self.head = nn.Conv2d(3, 3, 1, bias=False)
        at = np.arange(9) - 4.0
        kernel = np.exp(-(at[:, None] ** 2 + at**2) / 8)
        self.blur.weight.data[:] = torch.from_numpy(kernel / kernel.max() / 8).float()
        self.head.weight.data[:] = torch.eye(3)[..., None, None]

    def forward(self, crops):
        return self.head(torch.relu(self.blur(crops)))


def crops_of(seed, count=12):
    """Crops with a dot of three pixels in each color."""
    random, crops = np.random.default_rng(seed), np.zeros((count, 3, SIZE, SIZE), np.float32)
    for crop in crops:
        for color in crop:
            x, y = random.integers(8, SIZE - 8, 2)
            color[y : y + 3, x : x + 3] = random.uniform(0.6, 1.4, (3, 3))
    return crops


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("onnxruntime", reason="make test-engines installs it")
    return DotNetwork().eval()


@pytest.fixture(scope="module", params=["onnxruntime", "openvino"])
def engine(request):
    pytest.importorskip(request.param, reason="make test-engines installs it")
    return request.param


@pytest.fixture(scope="module")
def document(network):
    return quantized_document(network, crops_of(0))


def test_a_network_in_int8_sees_almost_the_same(network, engine, document):
    outputs = outputs_by(computed_by(engine, document, CPU))
    move_px = mean_move_px(network, outputs, crops_of(1), TAUGHT)
    assert 0 < move_px < MOST_PX
    used = in_int8(network, engine, document)
    np.testing.assert_allclose(mean_move_px(network, used, crops_of(1), TAUGHT), move_px, rtol=1e-3)


def test_whole_numbers_of_eight_bits_are_in_the_document(network, document):
    onnx = pytest.importorskip("onnx")
    graph = onnx.load_from_string(document).graph
    kept = {each.name: each.data_type for each in graph.initializer}
    assert {onnx.TensorProto.INT8} < {*kept.values()}
    assert not any(kept.get(name) == onnx.TensorProto.FLOAT for name in ("blur.weight", "head.w"))


def test_what_it_is_calibrated_on_matters(network, engine, document):
    blind = quantized_document(network, np.full((4, 3, SIZE, SIZE), 0.01, dtype=np.float32))
    own, others = (
        mean_move_px(network, outputs_by(computed_by(engine, of, CPU)), crops_of(1), TAUGHT)
        for of in (document, blind)
    )
    assert others > MOST_PX > 3 * own


def test_the_same_crops_give_the_same_document(network, document):
    assert quantized_document(network, crops_of(0)) == document


def test_beyond_the_limit_the_engine_computes_in_float32(network, engine):
    exact = in_float32(network, engine, (SIZE, SIZE), CPU)
    assert mean_move_px(network, exact, crops_of(1), TAUGHT) < 1e-3


def test_outputs_that_are_far_off_are_torchs(network, engine, document, capsys):
    """A document of another network, or a processor on which the sums run over."""
    other = DotNetwork().eval()
    other.head.weight.data *= 2
    off = in_int8(other, engine, document)
    assert mean_move_px(other, off, crops_of(1), TAUGHT) == 0
    assert f"{engine} in int8 says something else than torch" in capsys.readouterr().out


class Says(HeatmapNetwork):
    """Says the same of every crop: positions (crop px) and scores."""

    def __init__(self, xy_px, score):
        super().__init__(len(score), stride_px=1, sigma_px=1.0, is_subpixel=True)
        self.said = torch.tensor(xy_px), torch.tensor(score)

    def forward(self, crops):
        xy_px, score = self.said
        return xy_px.expand(len(crops), -1, -1), score.expand(len(crops), -1)

    def decode(self, outputs):
        return outputs


@pytest.mark.parametrize(
    ("score", "is_taught", "move_px"),
    [
        ([0.5, 0.5], [True, True], 10.0),  # a 3, 4 triangle in a crop of 64 px: 20 px of 256
        ([0.5, 0.49], [True, True], 20.0),
        ([0.49, 0.5], [True, True], 0.0),
        ([0.5, 0.5], [True, False], 20.0),
        ([0.49, 0.5], [True, False], np.nan),
    ],
)
def test_moves_are_those_of_keypoints_that_are_seen(score, is_taught, move_px):
    """In px of a crop with sides of 256, by the scores of float32."""
    one, other = Says([[1.0, 1], [9, 9]], score), Says([[4.0, 5], [9, 9]], [0.0, 0.0])
    crops = np.zeros((quantized.BATCH + 1, 3, 32, 64), dtype=np.float32)
    found = mean_move_px(one, other, crops, np.array(is_taught))
    np.testing.assert_allclose(found, move_px)


def test_without_crops_nobody_knows():
    one = Says([[1.0, 1]], [1.0])
    nothing = np.zeros((0, 3, 32, 64), dtype=np.float32)
    assert np.isnan(mean_move_px(one, one, nothing, np.array([True])))


def test_moves_are_told_in_parts_of_each_crop():
    xy = np.zeros((2, 1, 2))
    moved = moves_px(xy, xy + np.array([3.0, 4.0]), np.array([256.0, 128.0]))
    np.testing.assert_allclose(moved, [[5.0], [10.0]])


def test_every_crop_is_looked_at_once():
    crops = np.arange(20, dtype=np.float32)[:, None, None, None] * np.ones((1, 3, 2, 2), np.float32)

    class Tells(Says):
        def forward(self, crops):
            return crops[:, :1, 0], crops[:, :1, 0, 0]

    tells = Tells([[0.0, 0]], [0.0])
    xy_px, score = positions(tells, tells, crops)
    np.testing.assert_array_equal(score[:, 0], np.arange(20))
    assert xy_px.shape == (20, 1, 2)


def test_quantizing_tells_its_maker_nothing(tmp_path, network):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_quantizing import DotNetwork, crops_of, quantized_document\n"
        "quantized_document(DotNetwork().eval(), crops_of(0))"
    )
    silent = ("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    known = {name: value for name, value in os.environ.items() if name not in silent}
    known |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    where = {"cwd": tmp_path, "env": known | {"HOME": str(tmp_path)}}
    subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent)], check=True, **where)
    assert not [*tmp_path.iterdir()]
