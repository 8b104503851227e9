"""What the page reads of tables that grow with all videos: sums and single columns only."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

Row = dict[str, Any]

BOUT_KEYS = ("video", "individual", "behavior")
Path2d = Float[ndarray, "frame 2"]


def read_behavior_times(bouts: str | Path) -> list[Row]:
    """Of each behavior of each animal of each video: `bouts` and `time_s` in all, from all bouts.

    Of a study without bouts there is none.
    """
    columns = [*BOUT_KEYS, "start_s", "stop_s"]
    if not set(columns) <= set(pq.read_schema(bouts).names):
        return []
    table: pa.Table = pq.read_table(bouts, columns=columns)
    lasting = table["stop_s"].to_numpy() - table["start_s"].to_numpy()
    keys = {name: table[name].cast(pa.string()) for name in BOUT_KEYS}
    summed = pa.table({**keys, "time_s": lasting}).group_by([*BOUT_KEYS], use_threads=False)
    summed = summed.aggregate([("time_s", "sum"), ("time_s", "count")])
    return summed.rename_columns([*BOUT_KEYS, "time_s", "bouts"]).to_pylist()


def read_walks_of_videos(walks: str | Path) -> list[Row]:
    """The rows of tables/walks.parquet that are about all walks of an animal in a video."""
    if "scope" not in pq.read_schema(walks).names:
        return []
    return pq.read_table(walks, filters=[("scope", "==", "video")]).to_pylist()


def read_paths(folder: Path, videos: Iterable[str]) -> dict[str, dict[str, Path2d]]:
    """By video and animal the way of the middle of the body (px; NaN where it is not known)."""
    names = ["individual", "center_x_px", "center_y_px"]
    found: dict[str, dict[str, Path2d]] = {}
    for video in videos:
        file = folder / video / "features.parquet"
        if not set(names) <= set(pq.read_schema(file).names):
            continue
        table: pa.Table = pq.read_table(file, columns=names)
        individual = np.array(table["individual"].to_pylist(), dtype=object)
        xy_px = np.stack([table[name].to_numpy() for name in names[1:]], axis=1).astype(float)
        found[video] = {str(n): xy_px[individual == n] for n in dict.fromkeys(individual)}
    return found
