"""A pose network turned into whole numbers of eight bits (int8), by ONNX Runtime.

Static quantization: the ranges of its inner values are those that crops of labeled animals give.
Weights are quantized by channel, activations by tensor. Written by the docs of onnxruntime 1.32.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from numpy import ndarray

from superanimal_core.network.onnx_document import CROPS, onnx_document
from superanimal_core.network.pose_network import PoseNetwork
from superanimal_core.network.quantized import Crops, in_batches


def quantized_document(network: PoseNetwork, crops: Crops) -> bytes:
    """A ready network as ONNX in int8, whose ranges are those of normalized crops.

    Needs the packages onnx and onnxruntime.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # as network.engines says of it
    import onnxruntime  # pyright: ignore[reportMissingImports] -- superanimal[engines]
    from onnxruntime import quantization  # pyright: ignore[reportMissingImports]
    from onnxruntime.quantization import shape_inference  # pyright: ignore[reportMissingImports]

    onnxruntime.disable_telemetry_events()
    height, width = crops.shape[2:]
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, quantized = (Path(folder) / f"{name}.onnx" for name in "abc")
        plain.write_bytes(onnx_document(network, (width, height)))
        shape_inference.quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared,
            quantized,
            _reader(crops),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        return quantized.read_bytes()


def _reader(crops: Crops) -> Any:
    """Crops as ONNX Runtime's quantization asks for them."""
    from onnxruntime.quantization import (  # pyright: ignore[reportMissingImports]
        CalibrationDataReader,
    )

    class Batches(CalibrationDataReader):
        def __init__(self) -> None:
            self.parts = iter([{CROPS: part} for part in in_batches(crops)])

        def get_next(self) -> dict[str, ndarray] | None:
            return next(self.parts, None)

    return Batches()
