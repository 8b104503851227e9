"""A pose network as an ONNX document, which other programs read and compute.

For our own use with the raw outputs of its head; for others with positions and scores, so that
nobody has to decode them once more.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from superanimal_core.network.pose_network import Keypoints, PoseNetwork

CROPS = "crops"
POSITIONS = ("xy_px", "score")


def onnx_document(network: PoseNetwork, size_px: tuple[int, int]) -> bytes:
    """The network (ready for inference) as ONNX; needs the package `onnx`.

    Its input `crops` are normalized crops (batch, 3, height, width) of `size_px`, its outputs the
    raw outputs of the head. Batch normalization is folded into the convolutions before it.
    """
    return _exported(network, size_px, {CROPS: {0: "batch"}}, None)


def positions_document(network: PoseNetwork, size_px: tuple[int, int]) -> bytes:
    """The same with what the network decodes: `xy_px` (batch, keypoint, 2), in crop pixels as the
    network counts them, and `score` (batch, keypoint), 0-1."""
    axes = {name: {0: "batch"} for name in (CROPS, *POSITIONS)}
    return _exported(_Decoded(network).eval(), size_px, axes, [*POSITIONS])


class _Decoded(nn.Module):
    """A network that gives its positions and scores."""

    def __init__(self, network: PoseNetwork):
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Keypoints:
        return self.network.decode(self.network(crops))


def _exported(
    network: nn.Module,
    size_px: tuple[int, int],
    axes: dict[str, dict[int, str]],
    outputs: list[str] | None,
) -> bytes:
    width, height = size_px
    example = torch.zeros(1, 3, height, width, device=next(network.parameters()).device)
    document = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad(), _plain_attention():
        warnings.simplefilter("ignore")  # of the tracer, and of torch about a slower way to export
        torch.onnx.export(
            network,
            (example,),
            document,  # pyright: ignore[reportArgumentType] -- it is taken, its stub forgets it
            dynamo=False,
            input_names=[CROPS],
            output_names=outputs,
            dynamic_axes=axes,
        )
    return document.getvalue()


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Attention step by step: torch's fused one is no operation of ONNX."""
    was_fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fused)
