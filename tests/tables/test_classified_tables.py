"""What a classifier found in all videos, with the user's own columns."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.tables.classified_tables import collect_classified
from superanimal_core.tables.parquet import write_failure, write_parquet


def bout(start_s, stop_s):
    return {"individual": "animal0", "behavior": "rear", "start_s": start_s, "stop_s": stop_s}


def write_video(folder, video, status, bouts):
    place = folder / video / "classified/rearing"
    place.mkdir(parents=True)
    account = {"video": video, "status": status, "columns": {"group": video[0]}, "file": video}
    account |= {"figures": {"duration_s": 10.0}, "remarks": [], "smoother": "", "adaptation": []}
    (folder / video / "quality.json").write_text(json.dumps(account))
    if bouts is None:
        failure = {"failure": {"stage": "classify_behavior", "reason": "torn"}}
        write_failure(place / "bouts.parquet", failure)
    else:
        write_parquet(pa.Table.from_pylist(bouts), place / "bouts.parquet", {})
        animals = pa.array(["animal0", "animal1", "never_seen"]).dictionary_encode()
        nothing = pa.array([0.5, 1.0, np.nan], pa.float32())
        frames = pa.table({"individual": animals, "probability_none": nothing})
        write_parquet(frames, place / "probabilities.parquet", {})
    return str(folder / video / "quality.json"), str(place / "bouts.parquet")


def test_bouts_are_counted_and_animals_without_any_have_none(tmp_path):
    written = [
        write_video(tmp_path, "a1", "ok", [bout(1.0, 2.5), bout(4.0, 5.0)]),
        write_video(tmp_path, "b1", "flagged", None),
        write_video(tmp_path, "c1", "failed", None),
    ]
    outputs = {name: str(tmp_path / f"{name}.parquet") for name in ("bouts", "videos")}
    accounts, bouts = map(list, zip(*written, strict=True))
    collect_classified(accounts, bouts, ["rear", "groom"], outputs, {"rule": "x"})
    rows = pq.read_table(outputs["bouts"]).to_pylist()
    assert [(row["video"], row["group"], row["start_s"]) for row in rows] == [
        ("a1", "a", 1.0), ("a1", "a", 4.0)
    ]  # fmt: skip
    sums = pq.read_table(outputs["videos"])
    found = {(r["individual"], r["behavior"]): r for r in sums.to_pylist()}
    assert len(found) == 4
    rear = found["animal0", "rear"]
    assert (rear["bouts"], rear["time_s"], rear["fraction"]) == (2, 2.5, 0.25)
    assert (found["animal1", "rear"]["bouts"], found["animal1", "rear"]["time_s"]) == (0, 0.0)
    record = json.loads(sums.schema.metadata[b"superanimal"])
    assert [*record["without"]] == ["b1"]
