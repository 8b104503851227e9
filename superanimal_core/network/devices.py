"""The accelerator that is there, what it can compute in; how many threads to use without one."""

import random
from functools import cache

import numpy as np
import torch


def use_device(threads: int, seed: int) -> torch.device:
    """CUDA, Apple's MPS or the CPU with `threads` threads; seeds every random generator.

    Which one is printed: the report counts from the logs how long graphics processors were used.
    """
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 -- libraries may draw from it
    torch.manual_seed(seed)
    torch.set_num_threads(max(threads, 1))
    has_mps = torch.backends.mps.is_available()
    kind = "cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu"
    print("computes on", kind)
    return torch.device(kind)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Networks in a precision; in float32 where a processor does not have that precision."""
    is_reduced = precision != "float32" and has_precision(device.type, precision)
    return torch.autocast(device.type, getattr(torch, precision), enabled=is_reduced)


@cache
def has_precision(kind: str, precision: str) -> bool:
    """Whether a kind of device has a precision. Processors without it imitate it, far slower.

    The answer no is printed, once in a process. It is oneDNN's, which computes the convolutions.
    """
    if kind != "cpu" or precision == "float32" or not torch.backends.mkldnn.is_available():
        return True
    questions = {"bfloat16": "_is_mkldnn_bf16_supported", "float16": "_is_mkldnn_fp16_supported"}
    is_there = bool(getattr(torch.ops.mkldnn, questions[precision])())
    if not is_there:
        print(f"this processor has no {precision}: float32 is used instead, which is faster here")
    return is_there
