"""What the program that computes the networks cannot do, told before anything runs."""

import sys
from importlib.util import find_spec

from superanimal_core.settings import InferenceSettings

NEEDED = {"onnxruntime": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}


def engine_mistakes(inference: InferenceSettings) -> list[str]:
    """Packages that are not installed, and settings that only torch knows."""
    engine, where = inference.engine, "config/config.yaml: inference"
    if engine == "torch":
        return []
    mistakes = []
    lacking = [name for name in NEEDED[engine] if find_spec(name) is None]
    if lacking:
        mistakes.append(
            f"{where}.engine: {engine} needs {' and '.join(lacking)}, not installed here: "
            f"{sys.executable} -m pip install {' '.join(lacking)}, or write torch"
        )
    if inference.compiled:
        mistakes.append(
            f"{where}.compiled: torch compiles, and engine is {engine}; write compiled: false"
        )
    if engine == "onnxruntime" and inference.precision != "float32":
        mistakes.append(
            f"{where}.precision: onnxruntime computes in float32 here, and not in "
            f"{inference.precision}; write float32"
        )
    if engine == "openvino" and inference.precision == "float16":
        mistakes.append(
            f"{where}.precision: openvino computes in float32 or bfloat16 here; write one of them"
        )
    return mistakes
