"""A pose network as an ONNX document, which other programs read and compute."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from superanimal_core.network.pose_network import PoseNetwork

CROPS = "crops"


def onnx_document(network: PoseNetwork, size_px: tuple[int, int]) -> bytes:
    """The network (ready for inference) as ONNX; needs the package `onnx`.

    Its input `crops` are normalized crops (batch, 3, height, width) of `size_px`, its outputs the
    raw outputs of the head. Batch normalization is folded into the convolutions before it.
    """
    width, height = size_px
    example = torch.zeros(1, 3, height, width, device=next(network.parameters()).device)
    axes = {CROPS: {0: "batch"}}
    document = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad(), _plain_attention():
        warnings.simplefilter("ignore")  # of the tracer, and of torch about a slower way to export
        torch.onnx.export(
            network,
            (example,),
            document,  # pyright: ignore[reportArgumentType] -- it is taken, its stub forgets it
            dynamo=False,
            input_names=[CROPS],
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
