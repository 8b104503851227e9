"""Predictions of other programs on one video, one file per network, as `Poses`.

DeepLabCut's .csv and .h5 (one animal or several), Lightning Pose's .csv, SLEAP's .analysis.h5.
All three put the center of the top-left pixel at (0, 0), so 0.5 is added (see `pose.arrays`).
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from numpy import ndarray

from superanimal_core.datasets.absence_marks import is_absence_mark
from superanimal_core.datasets.headed_table import SINGLE, HeadedTable, parse_headed_csv
from superanimal_core.datasets.sleap_analysis import WANTED, analysis_arrays, names_in
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import MAX_BYTES, read_text
from superanimal_core.formats.hdf_tables import read_arrays, read_hdf_table
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

PIXEL_CENTER = 0.5
HEADER_BYTES = 2**20
MOST_FRAMES_PER_ROW = 10  # rows may leave frames out, but not nine of ten
FRAME_NUMBER = re.compile(r"[0-9]+\.0*")
ROUNDING_PX = 0.01  # no two networks agree so well everywhere
MOST_LIKELIHOOD = 10.0  # some networks say a little more than 1; a percentage is more
MOST_DIGITS = 15  # of a frame number
SPACE = "predictions"

RowNames = tuple[tuple[str, ...], ...]


def read_ensemble(paths: Sequence[Path], *, fps: float) -> list[Poses]:
    """The predictions of several networks on the same video, keypoints in the first one's order.

    DatasetError when a file cannot be read (see `read_predictions`), has other keypoints,
    individuals or frames than the first, or the predictions of another one: a network that counts
    twice agrees with itself, and all that is said of its uncertainty would be too small.
    """
    return agreeing([read_predictions(path, fps=fps) for path in paths], paths)


def agreeing(members: Sequence[Poses], paths: Sequence[Path]) -> list[Poses]:
    """The members with the first one's order of keypoints. DatasetError as `read_ensemble`."""
    members = [_like(members[0], paths[0], m, p) for m, p in zip(members, paths, strict=True)]
    for (first, one), (second, other) in combinations(zip(paths, members, strict=True), 2):
        if _is_copy(one, other):
            raise DatasetError(f"{second}: the same predictions as {first}; give each network once")
    return members


def _is_copy(one: Poses, other: Poses) -> bool:
    """Whether two members say the same everywhere, but for rounding, of what moves."""
    steps_px = np.diff(one.xy_px, axis=0)
    moves = bool((np.abs(steps_px[np.isfinite(steps_px)]) > ROUNDING_PX).any())
    return moves and np.allclose(one.xy_px, other.xy_px, rtol=0, atol=ROUNDING_PX, equal_nan=True)


def read_predictions(path: Path, *, fps: float) -> Poses:
    """One network's predictions; frame k has the time stamp k / `fps` (Hz).

    Frames that the table leaves out are absent. A negative likelihood is DeepLabCut 3's word for an
    absent animal; (0, 0) and (-1, -1) are others' (no network puts a point there). A SLEAP file
    without point scores gets score 1 where a position is. DatasetError when the file is none of the
    known kinds, has rows that are no frames, or lacks a column.
    """
    where = str(path)
    if path.suffix.lower() == ".csv":
        return _poses_of_table(read_csv_table(path), fps)
    if path.suffix.lower() not in (".h5", ".hdf5", ".hdf"):
        raise DatasetError(
            f"{where}: predictions are read from .csv (DeepLabCut, Lightning Pose), .h5 "
            "(DeepLabCut) and .analysis.h5 (SLEAP: sleap-convert --format analysis)"
        )
    if "node_names" in read_arrays(path, ["node_names"], where):
        return _poses_of_sleap(
            *analysis_arrays(read_arrays(path, WANTED, where), where), where, fps
        )
    return _poses_of_table(read_hdf_table(path, where), fps)


def read_csv_table(path: Path) -> HeadedTable:
    """A table with DeepLabCut's header rows, by Arrow's parser: minutes of video in milliseconds.

    What Arrow does not accept goes to `parse_headed_csv`, which reads it all the same or names the
    row and column that is wrong.
    """
    where = str(path)
    lines, rows = _first_lines(path)
    size = path.stat().st_size
    try:
        header = parse_headed_csv("\n".join(lines[:rows]), where)
        index, values = _csv_body(path, lines[rows - 1], rows, len(header.columns))
    except (DatasetError, pa.ArrowInvalid) as mistake:
        if size > MAX_BYTES:
            raise DatasetError(f"{where}: {str(mistake).removeprefix(f'{where}: ')}") from None
        return parse_headed_csv(read_text(path), where)
    return HeadedTable(where, header.levels, header.columns, index, values)


def csv_header(path: Path) -> HeadedTable:
    """The header rows of a table alone. DatasetError when the file has none."""
    lines, rows = _first_lines(path)
    return parse_headed_csv("\n".join(lines[:rows]), str(path))


def _first_lines(path: Path) -> tuple[list[str], int]:
    """Four lines of a file, and how many of them are header rows."""
    try:
        with path.open("rb") as file:
            start = [file.readline(HEADER_BYTES) for _ in range(4)]
    except OSError as mistake:
        raise DatasetError(f"{path}: cannot be read ({mistake.strerror})") from None
    lines = [line.decode("utf-8-sig", errors="replace").rstrip("\r\n") for line in start]
    return lines, next((n for n, line in enumerate(lines, 1) if line.startswith("coords")), 0)


def _csv_body(path: Path, last_header: str, rows: int, columns: int) -> tuple[RowNames, ndarray]:
    """Row names and numbers under the header rows. ArrowInvalid where a cell is no number.

    The row names must be whole numbers in one column, before as many columns as the header has.
    """
    cells = next(csv.reader([last_header]))
    if len(cells) != columns + 1:
        raise pa.ArrowInvalid("more columns than the header names: those of a spreadsheet")
    names = [str(i) for i in range(len(cells))]
    table = pc.read_csv(
        path,
        read_options=pc.ReadOptions(skip_rows=rows, column_names=names),
        convert_options=pc.ConvertOptions(
            column_types={"0": pa.int64(), **dict.fromkeys(names[1:], pa.float64())},
            null_values=["", "NaN", "nan"],
        ),
    )
    if table.column(0).null_count or len(cells) < 2 or not cells[1]:
        raise pa.ArrowInvalid("row names are no whole numbers in one column")
    values = np.empty((len(table), len(cells) - 1))
    for i in range(values.shape[1]):
        values[:, i] = _numbers(table.column(i + 1), np.float64)
    return tuple((str(n),) for n in _numbers(table.column(0), np.int64).tolist()), values


def _numbers(column: pa.ChunkedArray, kind: type) -> ndarray:
    """Numbers, NaN in empty cells. Not by `to_numpy`, which imports pandas: half a second."""
    parts = [np.empty(0, dtype=kind)]
    for array in column.chunks:
        is_known, numbers = array.buffers()
        rows = slice(array.offset, array.offset + len(array))
        values = np.frombuffer(numbers, dtype=kind)[rows]
        if array.null_count:
            bits = np.unpackbits(np.frombuffer(is_known, dtype=np.uint8), bitorder="little")[rows]
            values = np.where(bits == 1, values, np.nan)
        parts.append(values)
    return np.concatenate(parts)


def _poses_of_table(table: HeadedTable, fps: float) -> Poses:
    keypoints = table.all_keypoints
    for coord in ("x", "y", "likelihood"):
        if not table.has_coordinate(coord):
            raise DatasetError(
                f"{table.where}: no column '{coord}'; predictions have x, y and likelihood for "
                "every keypoint (labels have not)"
            )
    parts = [
        [table.coordinate(i, keypoints, c) for i in table.individuals]
        for c in ("x", "y", "likelihood")
    ]
    x, y, likelihood = (np.stack(part, axis=1) for part in parts)
    written = np.stack([x, y], axis=-1)
    _refuse_likelihoods(likelihood, np.isfinite(written), table.where)
    is_absent = ~(likelihood >= 0) | is_absence_mark(written)
    xy = np.where(is_absent[..., None], np.nan, written + PIXEL_CENTER)
    score = np.where(is_absent, 0.0, np.minimum(likelihood, 1.0))
    frames = _frame_numbers(table)
    individuals = tuple("animal0" if name == SINGLE else name for name in table.individuals)
    return _poses(keypoints, individuals, _spread(frames, xy, np.nan), _spread(frames, score, 0.0),
                  fps, table.where)  # fmt: skip


def _refuse_likelihoods(likelihood: ndarray, is_written: ndarray, where: str) -> None:
    """DatasetError for percentages, and for positions of which not one has a likelihood."""
    known = likelihood[np.isfinite(likelihood)]
    if is_written.any() and not len(known):
        raise DatasetError(f"{where}: every likelihood is empty, so that nothing would be seen")
    if len(known) and known.max() > MOST_LIKELIHOOD:
        raise DatasetError(
            f"{where}: likelihood is up to {known.max():g}; expected 0 to 1, and no percentage"
        )


def _poses_of_sleap(
    arrays: Mapping[str, ndarray], nodes: tuple[str, ...], where: str, fps: float
) -> Poses:
    """`tracks` is (track, 2, node, frame), `point_scores` (track, node, frame)."""
    tracks = arrays["tracks"]
    scores = arrays.get("point_scores", np.ones((len(tracks), *tracks.shape[2:])))
    names = tuple(names_in(arrays.get("track_names", np.empty(0))))
    individuals = names if len(names) == len(tracks) else tuple(
        f"animal{i}" for i in range(len(tracks))
    )  # fmt: skip
    xy = tracks.transpose(3, 0, 2, 1).astype(np.float64) + PIXEL_CENTER
    score = np.nan_to_num(scores.transpose(2, 0, 1).astype(np.float64))
    is_there = np.isfinite(xy).all(axis=-1)
    return _poses(nodes, individuals, xy, np.where(is_there, score.clip(0, 1), 0.0), fps, where)


def _poses(
    keypoints: tuple[str, ...], individuals: tuple[str, ...], xy: ndarray, score: ndarray,
    fps: float, where: str,
) -> Poses:  # fmt: skip
    if len(set(individuals)) < len(individuals):
        raise DatasetError(f"{where}: two individuals have the same name")
    if not len(xy):
        raise DatasetError(f"{where}: not one frame")
    return Poses(KeypointSpace(SPACE, keypoints), individuals, np.arange(len(xy)) / fps, xy, score)


def _frame_numbers(table: HeadedTable) -> ndarray:
    """The rows' names as increasing frame numbers. DatasetError when they are none."""
    names = ["/".join(row) for row in table.index]
    for name in names:
        if len(name) > MOST_DIGITS or not (name.isdecimal() or FRAME_NUMBER.fullmatch(name)):
            raise DatasetError(
                f"{table.where}: row '{name[:80]}' is no frame number; give predictions on a "
                "whole video"
            )
    numbers = np.array(names, dtype=np.float64).astype(np.int64)
    backwards = np.flatnonzero(np.diff(numbers) <= 0)
    if len(backwards):
        row = int(backwards[0]) + 1
        raise DatasetError(
            f"{table.where}: frame {numbers[row]} stands after frame {numbers[row - 1]}; rows must "
            "be in order of frames, one each"
        )
    if len(numbers) and numbers[-1] > MOST_FRAMES_PER_ROW * len(numbers):
        raise DatasetError(
            f"{table.where}: {len(numbers)} rows for {numbers[-1] + 1} frames; give predictions on "
            "a whole video"
        )
    return numbers


def _spread(frames: ndarray, values: ndarray, absent: float) -> ndarray:
    """Values at their frames; `absent` in the frames that the table leaves out."""
    if not len(frames) or len(frames) == frames[-1] + 1:
        return values
    dense = np.full((frames[-1] + 1, *values.shape[1:]), absent)
    dense[frames] = values
    return dense


def _like(first: Poses, first_path: Path, member: Poses, path: Path) -> Poses:
    """The member with the first one's order of keypoints. DatasetError when the two differ."""
    wanted, found = first.space.keypoints, member.space.keypoints
    if set(wanted) != set(found):
        lacking = ", ".join(sorted(set(wanted) - set(found))) or "none"
        more = ", ".join(sorted(set(found) - set(wanted))) or "none"
        raise DatasetError(
            f"{path}: other keypoints than {first_path} (it lacks: {lacking}; only it has: {more})"
        )
    if set(first.individuals) != set(member.individuals):
        raise DatasetError(
            f"{path}: individuals {', '.join(member.individuals)}, but {first_path} has "
            f"{', '.join(first.individuals)}"
        )
    if len(first) != len(member):
        raise DatasetError(
            f"{path}: {len(member)} frames, but {first_path} has {len(first)}; predict all members "
            "again from the same video"
        )
    rows = [member.individuals.index(name) for name in first.individuals]
    columns = [member.space.index(name) for name in wanted]
    return replace(
        member,
        space=first.space,
        individuals=first.individuals,
        xy_px=member.xy_px[:, rows][:, :, columns],
        score=member.score[:, rows][:, :, columns],
    )
