"""What engines cannot do is told before anything runs."""

from importlib.machinery import ModuleSpec

import pytest

from superanimal_core.settings import InferenceSettings
from superanimal_core.study import engine_mistakes as module
from superanimal_core.study.engine_mistakes import engine_mistakes

SOUND = {"batch": 1, "precision": "float32", "scales": (1.0,), "flip": False, "compiled": False}
SOUND |= {"chunk_frames": 10, "engine": "torch"}


def told(monkeypatch, there=("onnx", "onnxruntime", "openvino"), **changes):
    spec = {name: ModuleSpec(name, None) for name in there}
    monkeypatch.setattr(module, "find_spec", spec.get)
    return engine_mistakes(InferenceSettings(**SOUND | changes))


def test_torch_needs_nothing(monkeypatch):
    assert told(monkeypatch, (), compiled=True, precision="float16") == []


def test_torch_does_not_compute_in_int8(monkeypatch):
    (mistake,) = told(monkeypatch, precision="int8")
    assert "inference.precision: int8 is computed by engine: openvino or" in mistake
    assert "or write float32 or bfloat16" in mistake


@pytest.mark.parametrize(
    ("engine", "there", "lacking"),
    [
        ("openvino", ("onnx", "openvino"), "openvino in int8 needs onnxruntime,"),
        ("onnxruntime", ("onnx",), "onnxruntime in int8 needs onnxruntime,"),
    ],
)
def test_what_quantizes_is_needed_whoever_computes(monkeypatch, engine, there, lacking):
    (mistake,) = told(monkeypatch, there, engine=engine, precision="int8")
    assert lacking in mistake
    assert "-m pip install onnxruntime," in mistake


@pytest.mark.parametrize(
    ("there", "lacking"),
    [(("onnx",), "needs openvino,"), ((), "needs onnx and openvino,"), (("openvino",), "onnx,")],
)
def test_packages_that_are_not_installed_are_named(monkeypatch, there, lacking):
    (mistake,) = told(monkeypatch, there, engine="openvino")
    assert lacking in mistake
    assert "-m pip install " in mistake


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"engine": "openvino"}, None),
        ({"engine": "onnxruntime"}, None),
        ({"engine": "openvino", "precision": "bfloat16"}, None),
        ({"engine": "openvino", "precision": "float16"}, "precision"),
        ({"engine": "onnxruntime", "precision": "bfloat16"}, "precision"),
        ({"engine": "onnxruntime", "precision": "int8"}, None),
        ({"engine": "openvino", "precision": "int8"}, None),
        ({"engine": "openvino", "compiled": True}, "compiled"),
    ],
)
def test_settings_that_only_torch_knows_are_told(monkeypatch, changes, key):
    mistakes = told(monkeypatch, **changes)
    assert [m.split(":")[1].strip() for m in mistakes] == ([f"inference.{key}"] if key else [])
