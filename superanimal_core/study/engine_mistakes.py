"""What the program that computes the networks cannot do, told before anything runs."""

import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from superanimal_core.settings import INT8, InferenceSettings, Settings
from superanimal_core.study.study_rows import DatasetRow

NEEDED = {"onnxruntime": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}
QUANTIZES = "onnxruntime"  # whichever engine computes


def engine_mistakes(inference: InferenceSettings) -> list[str]:
    """Packages that are not installed, and settings that only torch knows."""
    engine, where = inference.engine, "config/config.yaml: inference"
    is_int8 = inference.precision == INT8
    if engine == "torch":
        return [
            f"{where}.precision: int8 is computed by engine: openvino or engine: onnxruntime, and "
            "engine is torch; name one of them, or write float32 or bfloat16"
        ] * is_int8
    mistakes = []
    needed = dict.fromkeys((*NEEDED[engine], *((QUANTIZES,) * is_int8)))
    lacking = [name for name in needed if find_spec(name) is None]
    if lacking:
        asked = f"{engine} in int8" if is_int8 else engine
        mistakes.append(
            f"{where}.engine: {asked} needs {' and '.join(lacking)}, not installed here: "
            f"{sys.executable} -m pip install {' '.join(lacking)}, or write torch"
        )
    if inference.compiled:
        mistakes.append(
            f"{where}.compiled: torch compiles, and engine is {engine}; write compiled: false"
        )
    if engine == "onnxruntime" and inference.precision not in ("float32", INT8):
        mistakes.append(
            f"{where}.precision: onnxruntime computes in float32 or int8 here, and not in "
            f"{inference.precision}; write one of them"
        )
    if engine == "openvino" and inference.precision == "float16":
        mistakes.append(
            f"{where}.precision: openvino computes in float32, bfloat16 or int8 here; write one of "
            "them"
        )
    return mistakes


def unlabeled_mistakes(
    settings: Settings, datasets: Mapping[str, DatasetRow], models_of_videos: Iterable[str]
) -> list[str]:
    """Models that see videos, shall do so in int8, and have no labels to be calibrated on."""
    if settings.inference.precision != INT8:
        return []
    labeled = {row.space for row in datasets.values()}
    return [
        f"config/config.yaml: inference.precision: int8 is calibrated on labeled pictures, and "
        f"{settings.datasets} has none in '{model.space}' for model '{name}'; give some (role "
        "evaluate is enough), or write float32"
        for name, model in settings.models.items()
        if name in set(models_of_videos) and model.predictions is None
        if model.space not in labeled
    ]
