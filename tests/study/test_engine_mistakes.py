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
        ({"engine": "openvino", "compiled": True}, "compiled"),
    ],
)
def test_settings_that_only_torch_knows_are_told(monkeypatch, changes, key):
    mistakes = told(monkeypatch, **changes)
    assert [m.split(":")[1].strip() for m in mistakes] == ([f"inference.{key}"] if key else [])
