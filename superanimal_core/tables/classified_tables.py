"""What a classifier of behavior finds: probabilities per frame, bouts, and sums per video."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.classifier import Classifier, frame_probabilities
from superanimal_core.behavior.features import FeatureTable
from superanimal_core.errors import VideoError
from superanimal_core.tables.accounts import read_quality
from superanimal_core.tables.parquet import read_parquet, write_parquet
from superanimal_core.tables.schemas import columns_to_table, dictionary_array

NONE = "none"


def classified_tables(classifier: Classifier, features: FeatureTable) -> tuple[pa.Table, pa.Table]:
    """The tables probabilities.parquet and bouts.parquet of one video."""
    probability, bouts = frame_probabilities(classifier, features)
    return _probabilities(classifier, features, probability), columns_to_table(bouts)


def _probabilities(
    classifier: Classifier, features: FeatureTable, probability: Float[ndarray, "row class"]
) -> pa.Table:
    names = (NONE, *classifier.behaviors)
    columns = zip(names, probability.T.astype(np.float32), strict=True)
    return pa.table(
        {
            "frame": pa.array(features.frame.astype(np.int32)),
            "time_s": pa.array(features.time_s),
            "individual": dictionary_array([str(name) for name in features.individual]),
            **{f"probability_{name}": pa.array(values) for name, values in columns},
        }
    )


def collect_classified(
    accounts: Sequence[str],
    bouts: Sequence[str],
    behaviors: Sequence[str],
    outputs: Mapping[str, str],
    record: Mapping[str, object],
) -> None:
    """All videos' bouts, and a row per video, animal and behavior with their number and time.

    The user's own columns stand in both. A video that failed is in neither; one that failed here
    stands under `without` in the metadata.
    """
    rows: list[dict[str, Any]] = []
    without: dict[str, str] = {}
    sums: list[dict[str, Any]] = []
    for account, path in zip(read_quality(accounts), bouts, strict=True):
        if account["status"] == "failed":
            continue
        try:
            found = read_parquet(path).to_pylist()
        except VideoError as error:
            without[account["video"]] = str(error)
            print(f"{account['video']}: {error}")
            continue
        front = {"video": account["video"], **account["columns"]}
        rows += [front | row for row in found]
        animals = dict.fromkeys(_animals(path, found))
        lasting = account["figures"].get("duration_s")
        for animal in animals:
            for behavior in behaviors:
                own = [
                    row
                    for row in found
                    if (row["individual"], row["behavior"]) == (animal, behavior)
                ]
                sums.append(front | _sums(animal, behavior, own, lasting))
    told = {**record, "without": without}
    write_parquet(pa.Table.from_pylist(rows), outputs["bouts"], told)
    write_parquet(pa.Table.from_pylist(sums), outputs["videos"], told)


def _animals(path: str, found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The animals of a video that are seen at all, also those without a bout."""
    beside = Path(path).with_name("probabilities.parquet")
    table = pq.read_table(beside, columns=["individual", f"probability_{NONE}"])
    is_seen = pa.array(np.isfinite(table[f"probability_{NONE}"].to_numpy()))
    names = table["individual"].filter(is_seen).unique().to_pylist()
    return names or [row["individual"] for row in found]


def _sums(
    animal: str, behavior: str, bouts: Sequence[Mapping[str, Any]], lasting_s: float | None
) -> dict[str, Any]:
    time_s = float(sum(row["stop_s"] - row["start_s"] for row in bouts))
    return {
        "individual": animal,
        "behavior": behavior,
        "bouts": len(bouts),
        "time_s": time_s,
        "fraction": time_s / lasting_s if lasting_s else float("nan"),
        "mean_bout_s": time_s / len(bouts) if bouts else float("nan"),
    }
