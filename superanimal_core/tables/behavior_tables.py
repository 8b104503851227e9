"""features.parquet: one row per frame and individual."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from superanimal_core.behavior.features import FeatureTable
from superanimal_core.tables.parquet import read_parquet
from superanimal_core.tables.schemas import dictionary_array

KEYS = ("frame", "time_s", "individual")


def features_to_table(features: FeatureTable) -> pa.Table:
    """Keys, then one float32 column per feature."""
    columns = {name: pa.array(v.astype(np.float32)) for name, v in features.columns.items()}
    return pa.table(
        {
            "frame": pa.array(features.frame.astype(np.int32)),
            "time_s": pa.array(features.time_s),
            "individual": dictionary_array([str(name) for name in features.individual]),
            **columns,
        }
    )


def read_features(path: str | Path) -> FeatureTable:
    """Read features.parquet. VideoError when the video has failed."""
    table = read_parquet(path)
    names = [name for name in table.column_names if name not in KEYS]
    return FeatureTable(
        table["frame"].to_numpy(),
        table["time_s"].to_numpy(),
        np.array(table["individual"].to_pylist(), dtype=object),
        {name: table[name].to_numpy().astype(np.float64) for name in names},
    )
