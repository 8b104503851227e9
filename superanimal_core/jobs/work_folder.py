"""Where long work keeps what lets it go on after its job was killed; no declared output."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def work_folder(output: Path, record: Mapping[str, Any]) -> Path:
    """A folder beside an output, hidden, named by a digest of all that the output depends on.

    Work of other settings, inputs or code has another name, so that it never mixes in.
    """
    digest = hashlib.sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()
    return output.parent / f".{output.name}-{digest[:16]}"


def remove_work_folders(output: Path) -> None:
    """Remove those of an output that is there now, older ones included."""
    for old in output.parent.glob(f".{output.name}-*"):
        shutil.rmtree(old, ignore_errors=True)
