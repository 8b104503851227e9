"""The folder of a classifier of behavior: classifier.json, weights.safetensors, evaluation.parquet.

Plain numbers and texts: nothing in it is run when it is read.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy import ndarray
from safetensors.numpy import load_file, save_file

from superanimal_core.behavior.class_bouts import BoutRule
from superanimal_core.behavior.class_probabilities import Calibration
from superanimal_core.behavior.classifier import Classifier
from superanimal_core.errors import SuperAnimalError
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table

VERSION = 1
DESCRIPTION, WEIGHTS, EVALUATION = "classifier.json", "weights.safetensors", "evaluation.parquet"


def write_classifier(
    classifier: Classifier,
    scores: object,
    told: Mapping[str, object],
    folder: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write the folder; `scores` become evaluation.parquet, what is `told` stands in the json."""
    description = {
        "version": VERSION,
        "method": classifier.method,
        "behaviors": list(classifier.behaviors),
        "features": list(classifier.features),
        "window": dict(classifier.window),
        "temperature": classifier.calibration.temperature,
        "bias": classifier.calibration.bias.tolist(),
        "rules": [rule._asdict() for rule in classifier.rules],
        **told,
        "record": record,
    }
    with replacing(folder) as temporary:
        temporary.mkdir()
        text = json.dumps(description, indent=2, ensure_ascii=False, allow_nan=False)
        (temporary / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
        arrays = {name: np.ascontiguousarray(array) for name, array in classifier.weights.items()}
        save_file(arrays, temporary / WEIGHTS)
        write_parquet(columns_to_table(scores), temporary / EVALUATION, record)


def read_classifier(folder: str | Path) -> Classifier:
    """The inverse of `write_classifier`. SuperAnimalError for what is none, or a newer one."""
    try:
        text = (Path(folder) / DESCRIPTION).read_text(encoding="utf-8")
        description = json.loads(text)
        weights: dict[str, ndarray] = load_file(Path(folder) / WEIGHTS)
    except (OSError, ValueError) as error:
        raise SuperAnimalError(
            f"{folder}: not a classifier of ours ({type(error).__name__}); delete it and run again"
        ) from error
    if description["version"] > VERSION:
        raise SuperAnimalError(f"{folder}: written by a newer version; update the pipeline")
    return Classifier(
        description["method"],
        tuple(description["behaviors"]),
        tuple(description["features"]),
        description["window"],
        weights,
        Calibration(description["temperature"], np.array(description["bias"])),
        tuple(BoutRule(**rule) for rule in description["rules"]),
    )
