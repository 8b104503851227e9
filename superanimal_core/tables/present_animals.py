"""Which animals a study has seen at all, in which videos, and for how long."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.tables.animal_names import Key

SEEN = "bridged_keypoints"  # a feature that is known where any keypoint is


def present_animals(features: str) -> dict[Key, float]:
    """The individuals of each video that are seen at all, each with the part of the frames.

    They come from the table of all features, which may be very long. Other programs name as many
    animals as there may be in any video.
    """
    names = ["video", "individual"]
    if not {*names, SEEN} <= set(pq.read_schema(features).names):
        return {}
    seen, frames = Counter[Key](), Counter[Key]()
    for batch in pq.ParquetFile(features).iter_batches(columns=[*names, SEEN]):
        is_seen = np.isfinite(batch[SEEN].to_numpy(zero_copy_only=False)).astype(np.int64)
        texts = {name: batch[name].cast(pa.string()) for name in names}
        summed = pa.table({**texts, SEEN: is_seen}).group_by(names)
        for row in summed.aggregate([(SEEN, "sum"), (SEEN, "count")]).to_pylist():
            key = row["video"], row["individual"]
            seen[key] += row[f"{SEEN}_sum"]
            frames[key] += row[f"{SEEN}_count"]
    return {key: seen[key] / frames[key] for key in sorted(seen) if seen[key]}
