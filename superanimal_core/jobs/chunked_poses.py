"""Predictions that survive a killed job: whole chunks of frames are kept in a work folder.

Here and in training_checkpoints something beside Snakemake remembers progress. Chunks of another
run never mix in (work_folder); they are removed when the poses are written.

A chunk ends where a batch ends, and hands on what is usual in detected boxes, so that the poses are
those of the whole video however long the chunks are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.inference.predict import Redetection, batch_stops, predict_video
from superanimal_core.jobs.log import Progress
from superanimal_core.jobs.work_folder import remove_work_folders, work_folder
from superanimal_core.media.video import read_frames
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.parquet import with_record, write_parquet
from superanimal_core.tables.schemas import poses_to_table
from superanimal_core.tables.video_tables import boxes_to_table

USED_BOXES, USUAL = "boxes.npy", "usual.json"  # of a chunk, beside the poses of the members


def predict_resumably(
    bundles: Sequence[ModelBundle],
    names: Sequence[str],
    video: str | Path,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    time_s: Float[ndarray, "frame"],
    folder: str | Path,
    record: Mapping[str, Any],
    *,
    chunk_frames: int,
    device: torch.device,
    again: Redetection | None = None,
    boxes_used: tuple[str | Path, Float[ndarray, "frame individual"]] | None = None,
    **settings: Any,
) -> None:
    """Writes the poses of every member into `folder`, going on from the last whole chunk.

    `names` are the members' model folders, whose last parts (member-0, ...) name the files.
    `boxes_used` are where to write the boxes that the poses were seen in, with those that `again`
    found, and the detector's scores. `settings` are those of `predict_video`. The tables do not
    depend on `chunk_frames` or on whether the job was interrupted, to the last bit.
    """
    folder = Path(folder)
    work, boxes = work_folder(folder, record), boxes_xyxy_px.copy()
    has_box = np.asarray(np.isfinite(boxes).all(axis=2))
    parts = chunks_of(batch_stops(has_box, settings["batch"]), chunk_frames)
    done = len(list(takewhile(lambda part: _chunk(work, part).is_dir(), parts)))
    for part in parts[:done]:
        boxes[part] = np.load(_chunk(work, part) / USED_BOXES)
    if done:
        last = parts[done - 1]
        print(f"going on at frame {last.stop}: {done} whole chunks are there")
        if again:
            again.usual.extend(json.loads((_chunk(work, last) / USUAL).read_text()))
    frames = read_frames(video, start=parts[done - 1].stop if done else 0)
    progress = Progress(len(time_s), "frames")
    for part in parts[done:]:
        poses = predict_video(
            bundles,
            frames,
            boxes[part],
            time_s[part],
            device=device,
            again=again and replace(again, is_detected=again.is_detected[part]),
            **settings,
        )
        with replacing(_chunk(work, part)) as temporary:
            temporary.mkdir()
            for name, member in zip(names, poses, strict=True):
                table = _shifted(poses_to_table(member), part.start)
                pq.write_table(table, temporary / _file(name))
            np.save(temporary / USED_BOXES, boxes[part])
            (temporary / USUAL).write_text(json.dumps(list(again.usual) if again else []))
        progress(part.stop)
    with replacing(folder) as temporary:
        temporary.mkdir()
        for name, bundle in zip(names, bundles, strict=True):
            document = {**record, "space": asdict(bundle.space)}
            tables = [_chunk(work, part) / _file(name) for part in parts]
            _join(tables, temporary / _file(name), document)
    if boxes_used:
        path, scores = boxes_used
        write_parquet(boxes_to_table(boxes, scores, time_s, boxes_xyxy_px), path, record)
    remove_work_folders(folder)


def chunks_of(stops: Sequence[int], chunk_frames: int) -> list[slice]:
    """Chunks that end where batches do: at the last such frame up to each whole `chunk_frames`."""
    frames = stops[-1] if stops else 0
    whole = np.append(np.arange(chunk_frames, frames, chunk_frames), frames)
    before = np.searchsorted(stops, whole, side="right") - 1
    edges = np.unique([0, *(stops[i] for i in before if i >= 0)]).tolist()
    return [slice(a, b) for a, b in pairwise(edges)] or [slice(0, 0)]


def _chunk(work: Path, part: slice) -> Path:
    return work / f"{part.start:09d}-{part.stop:09d}"


def _file(name: str) -> str:
    return f"{Path(name).name}.parquet"


def _shifted(table: pa.Table, start: int) -> pa.Table:
    """Rows of a chunk with frame numbers of the video."""
    frame = table["frame"].to_numpy() + np.int32(start)
    return table.set_column(table.schema.get_field_index("frame"), "frame", pa.array(frame))


def _join(parts: Sequence[Path], path: Path, record: Mapping[str, Any]) -> None:
    """One table of all chunks, never more than one of them in memory."""
    schema = with_record(pq.read_schema(parts[0]), record)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))
