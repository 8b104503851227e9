"""A pose network computed by another program than torch: ONNX Runtime, or OpenVINO.

They read the network as an ONNX document and give the raw outputs of its head, from which the
network itself decodes positions. The first batch is computed by torch, too, and of each other size
of a batch two crops: an engine that says something else, or no numbers, is not used any more.
Written by docs of onnxruntime 1.32 and openvino 2026.4.
"""

import os
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.devices import has_precision
from superanimal_core.network.onnx_document import CROPS, onnx_document
from superanimal_core.network.pose_network import Keypoints, Outputs, PoseNetwork

TORCH = "torch"
Compute = Callable[[ndarray], Sequence[ndarray]]
TOLERANCE = 1e-3  # of the largest output: far more than other orders of sums make
REDUCED_TOLERANCE = 0.25  # in reduced precision, which is meant to differ, but not by so much
GRAPHICS = ("TensorrtExecutionProvider", "CUDAExecutionProvider")


class EngineNetwork:
    """A network whose raw outputs an engine computes; used as the network is.

    `is_exact`: the engine computes in float32, so that its outputs must be torch's.
    """

    def __init__(self, network: PoseNetwork, compute: Compute, *, name: str, is_exact: bool):
        self.network, self.name = network, name
        self._compute: Compute | None = compute
        self._tolerance = TOLERANCE if is_exact else REDUCED_TOLERANCE
        self._sizes: set[int] = set()  # of batches that were compared

    def __call__(self, crops: Float[Tensor, "batch 3 _height _width"]) -> Outputs:
        """Raw outputs of the head for normalized crops, as the network gives them."""
        if self._compute is None:
            return self.network(crops)
        arrays = self._compute(np.ascontiguousarray(crops.cpu().numpy()))
        outputs = [torch.from_numpy(np.array(array)) for array in arrays]
        if (off := self._off(crops, outputs)) > self._tolerance:
            self._compute = None
            print(
                f"inference.engine: {self.name} says something else than torch "
                f"({off:.1g} of the largest output): torch is used instead"
            )
            return self.network(crops)
        return outputs[0] if len(outputs) == 1 else (outputs[0], outputs[1])

    def _off(self, crops: Tensor, outputs: Sequence[Tensor]) -> float:
        """How far outputs are from torch's, where they are compared; infinite for no numbers."""
        size = len(crops)
        if any(len(o) != size or not bool(torch.isfinite(o).all()) for o in outputs):
            return float("inf")
        if size in self._sizes:
            return 0.0
        rows = [*range(size)] if not self._sizes else sorted({0, size - 1})
        self._sizes.add(size)
        truth = self.network(crops[rows])
        truth = [truth] if isinstance(truth, Tensor) else [*truth]
        return _largest_difference([o[rows] for o in outputs], truth)

    def decode(self, outputs: Outputs) -> Keypoints:
        """Positions and scores, as the network decodes them."""
        return self.network.decode(outputs)


def engine_network(
    network: PoseNetwork,
    engine: str,
    size_px: tuple[int, int],
    device: torch.device,
    precision: str = "float32",
) -> EngineNetwork:
    """A ready network computed by an engine, for crops of `size_px` (width, height).

    SuperAnimalError as of `computed_by`.
    """
    is_reduced = precision == "bfloat16" and has_precision("cpu", precision)
    is_exact = not is_reduced if engine == "openvino" else device.type != "cuda"
    how = "float32" if is_exact else precision
    compute = computed_by(engine, onnx_document(network, size_px), device, how)
    return EngineNetwork(network, compute, name=engine, is_exact=is_exact)


def computed_by(
    engine: str, document: bytes, device: torch.device, precision: str = "float32"
) -> Compute:
    """What an engine makes of a batch by a document: its outputs, in their order.

    As many threads are used as torch has. SuperAnimalError where the engine has no device of this
    kind, or its package is not installed.
    """
    if engine == "openvino":
        return _openvino(document, device, "bf16" if precision == "bfloat16" else "f32")
    return _onnxruntime(document, device)


def _onnxruntime(document: bytes, device: torch.device) -> Compute:
    # since 1.29 it tells its maker of sessions and models, unless this stands before its import
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # pyright: ignore[reportMissingImports] -- superanimal[engines]

    providers = ["CPUExecutionProvider"]
    if device.type == "cuda":
        there = [name for name in GRAPHICS if name in onnxruntime.get_available_providers()]
        if not there:
            raise SuperAnimalError(
                "inference.engine: this onnxruntime computes on processors only, and here is a "
                "graphics processor: install onnxruntime-gpu, or write engine: torch"
            )
        providers = [*there, *providers]
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors
    # threads that wait sleep: the one that decodes needs their core
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(document, options, providers=providers)
    return lambda crops: session.run(None, {CROPS: crops})


def _openvino(document: bytes, device: torch.device, precision: str) -> Compute:
    import openvino  # pyright: ignore[reportMissingImports] -- superanimal[engines]

    if device.type == "cuda":
        raise SuperAnimalError(
            "inference.engine: openvino computes on processors, and here is a graphics processor: "
            "write engine: torch, or onnxruntime"
        )
    core = openvino.Core()
    how = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": precision,
    }
    compiled = core.compile_model(core.read_model(document, b""), "CPU", how)
    return lambda crops: [*compiled(crops).values()]


def _largest_difference(outputs: Sequence[Tensor], truth: Sequence[Tensor]) -> float:
    """The largest difference of all outputs, over the largest output; infinite for other shapes."""
    if [o.shape for o in outputs] != [t.shape for t in truth]:
        return float("inf")
    known = [t.cpu().float() for t in truth]
    off = [
        float((o.float() - t).abs().max() / t.abs().max().clamp(min=1e-12))
        for o, t in zip(outputs, known, strict=True)
    ]
    return float(np.nan_to_num(np.max(off), nan=np.inf))
