"""The accelerator that is there, and how many threads to use without one."""

import random

import numpy as np
import torch


def use_device(threads: int, seed: int) -> torch.device:
    """CUDA, Apple's MPS or the CPU with `threads` threads; seeds every random generator."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 -- libraries may draw from it
    torch.manual_seed(seed)
    torch.set_num_threads(max(threads, 1))
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
