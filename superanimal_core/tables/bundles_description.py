"""bundle.json: what a trained model says of itself. Read without loading the network."""

import json
from pathlib import Path
from typing import Any

from superanimal_core.errors import SuperAnimalError
from superanimal_core.tables.parquet import raise_failure_in

DESCRIPTION = "bundle.json"


def read_description(folder: str | Path, kind: str = "pose") -> dict[str, Any]:
    """The description of a model of a kind ('pose', 'detector').

    VideoError when the folder stands for a video whose adaptation failed, SuperAnimalError when it
    is no model folder or of another kind.
    """
    raise_failure_in(folder)
    try:
        document = json.loads((Path(folder) / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SuperAnimalError(f"{folder}: not a model folder ({error})") from None
    if document.get("kind") != kind:
        raise SuperAnimalError(f"{folder}: holds a '{document.get('kind')}' model, not a '{kind}'")
    return document
