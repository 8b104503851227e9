"""Predictions that survive a killed job: whole chunks of frames are kept in a work folder.

Here, in training_checkpoints and in video_adaptation something beside Snakemake remembers progress.
Chunks of another run never mix in (work_folder); they are removed when the poses are written. One
that cannot be read (a power cut, a disk that fails) is predicted again, and all behind it.

A chunk ends where a batch ends, and hands on what the detector has said and what is usual in its
boxes, so that the poses are those of the whole video however long the chunks are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.detect import STAGE, BoxSource
from superanimal_core.inference.predict import Redetection, member_poses, predict_batches
from superanimal_core.inference.seen import SeenFrames, join_seen
from superanimal_core.inference.surroundings import Carried, carried_from
from superanimal_core.jobs.log import Progress
from superanimal_core.jobs.on_disk import write_through
from superanimal_core.jobs.work_folder import remove_work_folders, work_folder
from superanimal_core.media.video import read_frames
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.parquet import packing, with_record, write_parquet
from superanimal_core.tables.schemas import poses_to_table
from superanimal_core.tables.spaces import TAUGHT, read_space, read_taught
from superanimal_core.tables.video_columns import LOOKS
from superanimal_core.tables.video_tables import boxes_to_table

STATE = "state.npz"  # of a chunk, beside the poses of the members
USED, FOUND_AGAIN, LOOKED_AGAIN = "used", "found_again", "looked_again"


@dataclass(frozen=True)
class VideoPrediction:
    """A prediction of a video in chunks; `bundles` by member (member-0, ...).

    The tables depend neither on `chunk_frames` nor on whether the job was interrupted, to the last
    bit. `settings` are those of `predict_batches`.
    """

    bundles: Mapping[str, ModelBundle]
    video: str
    time_s: Float[ndarray, "frame"]
    source: BoxSource
    redetection: Redetection | None
    chunk_frames: int
    settings: Mapping[str, Any]

    def write(
        self,
        folder: str | Path,
        records: Mapping[str, Mapping[str, Any]],
        *,
        boxes: str | Path | None = None,
        unchanged: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Writes the poses of every member, each with its record, into `folder`.

        Goes on from the last whole chunk. `boxes` is where the boxes are written that the poses
        were seen in; `unchanged` are tables of further members, whose poses are taken as they are.
        """
        folder = Path(folder)
        work = work_folder(folder, records)
        chunks = _chunks_in(work, [*self.bundles])
        carried = self._restore(chunks)
        done = _stop_of(chunks[-1]) if chunks else 0
        for start, seen in self._predict(done, carried) if self.bundles else ():
            chunks.append(self._keep(work, start, seen, carried))
        with replacing(folder) as temporary:
            temporary.mkdir()
            for member, record in records.items():
                file = f"{member}.parquet"
                parts = [chunk / file for chunk in chunks]
                if member in unchanged:
                    parts = [Path(unchanged[member])]
                    space, taught = read_space(parts[0]), read_taught(parts[0])
                else:
                    bundle = self.bundles[member]
                    space, taught = bundle.space, bundle.taught_keypoints
                spoken = {"space": asdict(space), TAUGHT: list(taught)}
                _join(parts, temporary / file, {**record, **spoken})
        if boxes is not None:
            self._write_boxes(chunks, boxes, next(iter(records.values())))
        remove_work_folders(folder)

    def _restore(self, chunks: Sequence[Path]) -> Carried:
        """What the frames behind the last chunk need; what the source knew, it knows again."""
        saved: dict[str, ndarray] = {}
        for chunk in chunks:
            saved = _saved(chunk)
            self.source.restore(_start_of(chunk), saved)
        if chunks:
            print(f"going on at frame {_stop_of(chunks[-1])}: {len(chunks)} whole chunks are there")
        return carried_from(saved, self.settings["device"])

    def _predict(self, start: int, carried: Carried) -> Iterator[tuple[int, SeenFrames]]:
        """Chunks from frame `start` on; each ends with the batch in which it becomes full."""
        frames = self.source.boxed(read_frames(self.video, start=start), start)
        parts: list[SeenFrames] = []
        done, progress = start, Progress(len(self.time_s), "frames", start=start)
        bundles = [*self.bundles.values()]
        how = {**self.settings, "redetection": self.redetection, "carried": carried}
        for part in predict_batches(bundles, frames, **how):
            parts.append(part)
            before, done = done, done + len(part)
            progress(done)
            if done // self.chunk_frames > before // self.chunk_frames:
                yield start, join_seen(parts)
                start, parts = done, []
        if done < len(self.time_s):
            raise VideoError(
                STAGE,
                f"{self.video} gives {done} frames, and gave {len(self.time_s)} when it was probed",
            )
        if parts:
            yield start, join_seen(parts)

    def _keep(self, work: Path, start: int, seen: SeenFrames, carried: Carried) -> Path:
        """A chunk on disk; it appears whole or not at all."""
        chunk = work / f"{start:09d}-{start + len(seen):09d}"
        times = self.time_s[start : start + len(seen)]
        state = {USED: seen.boxes_xyxy_px, FOUND_AGAIN: seen.is_found_again}
        state[LOOKED_AGAIN] = seen.is_looked_again
        state |= carried.saved() | self.source.saved(start)
        with replacing(chunk) as temporary:
            temporary.mkdir()
            poses = member_poses(
                next(iter(self.bundles.values())).space, times, seen.xy_px, seen.score
            )
            for member, of_member in zip(self.bundles, poses, strict=True):
                table = _shifted(poses_to_table(of_member), start)
                pq.write_table(table, temporary / f"{member}.parquet")
            np.savez(temporary / STATE, allow_pickle=False, **state)
            write_through([temporary])
        return chunk

    def _write_boxes(
        self, chunks: Sequence[Path], path: str | Path, record: Mapping[str, Any]
    ) -> None:
        boxes, again, looked_again = (
            np.concatenate([_saved(chunk)[name] for chunk in chunks])
            for name in (USED, FOUND_AGAIN, LOOKED_AGAIN)
        )
        looks = int((self.source.is_looked_at | looked_again).sum())
        print(f"the detector looked at {looks} of {len(boxes)} frames")
        table = boxes_to_table(boxes, self.source.scores, self.time_s, again)
        write_parquet(table, path, {**record, LOOKS: looks})


def _chunks_in(work: Path, members: Sequence[str]) -> list[Path]:
    """The whole chunks that follow each other from the first frame on."""
    chunks: list[Path] = []
    for chunk in sorted(work.glob("[0-9]*-[0-9]*")):
        if _start_of(chunk) != (_stop_of(chunks[-1]) if chunks else 0):
            continue
        try:
            _read_through(chunk, members)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, pa.ArrowException) as error:
            print(f"{chunk.name}: cannot be read ({error}); these frames are predicted again")
            break
        chunks.append(chunk)
    return chunks


def _read_through(chunk: Path, members: Sequence[str]) -> None:
    """Read all of a chunk, as `_restore` and `_join` will."""
    missing = {USED, FOUND_AGAIN, LOOKED_AGAIN} - {*_saved(chunk)}
    rows = {pq.read_table(chunk / f"{member}.parquet").num_rows for member in members}
    if missing or len(rows) != 1:
        raise ValueError("a part is missing")


def _saved(chunk: Path) -> dict[str, ndarray]:
    with np.load(chunk / STATE) as saved:
        return dict(saved)


def _start_of(chunk: Path) -> int:
    return int(chunk.name.split("-")[0])


def _stop_of(chunk: Path) -> int:
    return int(chunk.name.split("-")[1])


def _shifted(table: pa.Table, start: int) -> pa.Table:
    """Rows of a chunk with frame numbers of the video."""
    frame = table["frame"].to_numpy() + np.int32(start)
    return table.set_column(table.schema.get_field_index("frame"), "frame", pa.array(frame))


def _join(parts: Sequence[Path], path: Path, record: Mapping[str, Any]) -> None:
    """One table of several, never more than a part of one in memory."""
    schema = with_record(pq.read_schema(parts[0]), record)
    with pq.ParquetWriter(path, schema, **packing(schema)) as writer:
        for part in map(pq.ParquetFile, parts):
            for group in range(part.num_row_groups):
                writer.write_table(part.read_row_group(group).cast(schema))
