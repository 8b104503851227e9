"""Predictions that survive a killed job: whole chunks of frames are kept in a work folder.

Here and in training_checkpoints something beside Snakemake remembers progress. Chunks of another
run never mix in (work_folder); they are removed when the poses are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.inference.predict import Redetection, predict_video
from superanimal_core.jobs.log import Progress
from superanimal_core.jobs.work_folder import remove_work_folders, work_folder
from superanimal_core.media.video import read_frames
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.parquet import with_record
from superanimal_core.tables.schemas import poses_to_table


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
    **settings: Any,
) -> None:
    """Writes the poses of every member into `folder`, going on from the last whole chunk.

    `names` are the members' model folders, whose last parts (member-0, ...) name the files.
    `settings` are those of `predict_video`. Chunks are predicted one by one whether or not the job
    was interrupted, so that the table is the same to the last bit.
    """
    folder = Path(folder)
    work = work_folder(folder, record)
    starts = range(0, max(len(time_s), 1), chunk_frames)
    done = len(list(takewhile(lambda start: _chunk(work, start).is_dir(), starts)))
    if done:
        print(f"going on at frame {starts[done - 1] + chunk_frames}: {done} whole chunks are there")
    frames = read_frames(video, start=done * chunk_frames)
    progress = Progress(len(time_s), "frames")
    for start in starts[done:]:
        part = slice(start, start + chunk_frames)
        here = again and replace(again, is_detected=again.is_detected[part])
        poses = predict_video(
            bundles,
            frames,
            boxes_xyxy_px[part],
            time_s[part],
            device=device,
            again=here,
            **settings,
        )
        with replacing(_chunk(work, start)) as temporary:
            temporary.mkdir()
            for name, member in zip(names, poses, strict=True):
                pq.write_table(_shifted(poses_to_table(member), start), temporary / _file(name))
        progress(min(start + chunk_frames, len(time_s)))
    with replacing(folder) as temporary:
        temporary.mkdir()
        for name, bundle in zip(names, bundles, strict=True):
            document = {**record, "space": asdict(bundle.space)}
            _join(
                [_chunk(work, s) / _file(name) for s in starts], temporary / _file(name), document
            )
    remove_work_folders(folder)


def _chunk(work: Path, start: int) -> Path:
    return work / f"{start:09d}"


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
