"""Foreign weights from disk, without running any code that a file may hold.

Checkpoints of PyTorch are pickles. They are opened with `weights_only`: tensors, numbers, texts and
containers are built, and nothing else is ever called.
"""

import pickle
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.released_weights import tensors_in

PICKLES = (".pt", ".pth")
OF_NO_PICKLE = (  # what bytes raise that are none, or a torn one
    *(pickle.UnpicklingError, LookupError, AssertionError, AttributeError, TypeError),
    *(struct.error, OverflowError, MemoryError),
)
_scalar = np.float64(0).__reduce__()[0]
# numbers of numpy's that old DeepLabCut snapshots hold among their metrics; plain values
NUMPY_NUMBERS: list[Any] = [
    np.dtype,
    np.dtypes.Float64DType,
    (_scalar, "numpy.core.multiarray.scalar"),
    (_scalar, "numpy._core.multiarray.scalar"),
]


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    """The named tensors of a .pt, .pth, .npz or .safetensors file.

    SuperAnimalError when the file cannot be read, holds no tensors or holds what could run code.
    """
    suffix = Path(path).suffix
    try:
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                found: Any = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        elif suffix == ".safetensors":
            found = load_file(path)
        elif suffix in PICKLES:
            with torch.serialization.safe_globals(NUMPY_NUMBERS):
                found = torch.load(path, map_location="cpu", weights_only=True)
        else:
            raise SuperAnimalError(
                f"{path}: weights are read from {', '.join(PICKLES)}, .npz and .safetensors"
            )
    except OF_NO_PICKLE as error:
        raise SuperAnimalError(f"{path}: {_refusal(str(error))}") from None
    except (OSError, ValueError, RuntimeError, EOFError, SafetensorError, zipfile.BadZipFile) as e:
        first = next(iter(str(e).splitlines()), type(e).__name__)
        raise SuperAnimalError(f"{path}: weights cannot be read ({first[:200]})") from None
    return tensors_in(found, str(path))


def _refusal(message: str) -> str:
    """Why a pickle was not opened, from torch's message, which names what could run code."""
    named = re.search(r"(?:GLOBAL|global|function|class) `?([A-Za-z_][\w.]*\.[\w.]+)", message)
    if not named:
        return "weights cannot be read (no checkpoint of PyTorch, or a torn one; copy it again)"
    return (
        f"refused: it holds '{named[1]}' beside tensors, which could run code; save the state dict "
        "alone"
    )
