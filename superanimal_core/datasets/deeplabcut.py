"""DeepLabCut projects: `labeled-data/<video>/CollectedData_<scorer>.csv` or `.h5` -> `Labels`.

Conventions of the format (Nath et al. 2019; Lauer et al. 2022 for several animals):

* Positions have pixel centers at whole numbers, so 0.5 is added (see `pose.arrays`).
* An empty cell is a keypoint that the annotator left: NOT_LABELED; so is a position that only
  stands for it (`absence_marks`). An animal without any position is not in that picture and gives
  no row.
* Of a project, the tables in `labeled-data/` count: `create_training_dataset` leaves copies of them
  in `training-datasets/`.
* Keypoints of the pseudo-individual `single` (`unique bodyparts`, such as the corners of an arena)
  belong to no animal. They become an individual of their own, named `single`, for which the
  animals' keypoints are NOT_IN_DATASET, and the other way round: nothing is lost, and the
  conversion table decides, keypoint by keypoint, what is dropped.
* A keypoint that only some of a project's tables know is NOT_IN_DATASET in the others.
* Rows are named by one column or by three, with either slash, sometimes as an absolute path of the
  annotator's computer, of which the part from `labeled-data` on counts.
* Where a folder holds the same table as .csv and as .h5, the .csv is read, and DatasetError says
  so when the .h5 says something else. `crop` in config.yaml is ignored: labeled images are cropped
  already.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.datasets.absence_marks import absence_marks
from superanimal_core.datasets.folder import (
    DatasetFolder,
    ends_of,
    find_images,
    joined,
    parent,
    posix_name,
)
from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels, string_array

AGREEMENT_PX = 1e-3
LABELED, COPIES = "labeled-data", "training-datasets"  # folders of a project


@dataclass(frozen=True)
class LabelTable:
    """One label table: its name in the data set, its content, and the split that it stands for."""

    name: str
    table: HeadedTable
    split: str = ""


def parse_deeplabcut(dataset: str, folder: DatasetFolder) -> Labels:
    """All labels of a DeepLabCut project, or of one CollectedData file, in its own keypoints.

    `group` is the name of the image's folder (in DeepLabCut: the video), or the data set's name for
    images in its root. DatasetError when there is
    no table, an image is missing or labeled twice, or .csv and .h5 disagree.
    """
    names = folder.names("*CollectedData*.csv") + folder.names("*CollectedData*.h5")
    names = [n for n in names if COPIES not in parent(n).split("/")]
    inside = [n for n in names if LABELED in parent(n).split("/")]
    names = inside or names
    if not names:
        names = [
            n for n in folder.names("*") if n.lower().endswith((".csv", ".h5")) and "/" not in n
        ]
    if not names:
        raise DatasetError(
            f"{folder.where('')}: no CollectedData*.csv or .h5 found; give the DeepLabCut project, "
            "the folder with labeled-data, or one table"
        )
    tables = [LabelTable(name, read_either(folder, both)) for name, both in same_stem(names)]
    return labels_from_tables(dataset, folder, tables)


def same_stem(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Tables that differ only in .csv/.h5 belong together: (first name, all names), csv first."""
    stems: dict[str, list[str]] = {}
    for name in sorted(names):
        stems.setdefault(name.rsplit(".", 1)[0], []).append(name)
    return [(both[0], both) for both in stems.values()]


def read_either(folder: DatasetFolder, names: Sequence[str]) -> HeadedTable:
    """The first table; DatasetError when another file of the same table says something else."""
    first = folder.table(names[0])
    for name in names[1:]:
        second = folder.table(name)
        difference = _difference(first, second)
        if difference:
            raise DatasetError(
                f"{first.where} and {second.where} are the same table but do not agree: "
                f"{difference}; delete the older one, or the one that a spreadsheet rounded"
            )
    return first


def _difference(first: HeadedTable, second: HeadedTable) -> str:
    """The first place in which two tables differ, with both values; '' where they agree."""
    rows = _places([_row_name(row) for row in first.index])
    others = _places([_row_name(row) for row in second.index])
    columns, other_columns = (_places([" ".join(c) for c in t.columns]) for t in (first, second))
    for what, ours, theirs in (("row", rows, others), ("column", columns, other_columns)):
        only = ours.keys() ^ theirs.keys()
        if only:
            return f"the {what} '{min(only)}' is only in one"
    if not len(first.index) == len(rows) == len(others) == len(second.index):
        return f"{len(first.index)} and {len(second.index)} rows, some of them of one name"
    there = np.ix_([others[name] for name in rows], [other_columns[name] for name in columns])
    values = second.values[there]
    is_same = np.isclose(first.values, values, rtol=0, atol=AGREEMENT_PX, equal_nan=True)
    if is_same.all():
        return ""
    row, column = np.argwhere(~is_same)[0]
    both = f"{first.values[row, column]:.10g} and {values[row, column]:.10g}"
    return f"{list(rows)[row]}, {' '.join(first.columns[column][1:])}: {both}"


def _places(names: Sequence[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _row_name(row: Sequence[str]) -> str:
    return unicodedata.normalize("NFC", posix_name("/".join(row)))


def labels_from_tables(dataset: str, folder: DatasetFolder, tables: Sequence[LabelTable]) -> Labels:
    """Labels of several tables in the union of their keypoints, in order of first appearance."""
    keypoints = dict.fromkeys(k for part in tables for k in part.table.all_keypoints)
    space = KeypointSpace(dataset, tuple(keypoints))
    parts = {part.table.where: _labels_of_table(space, dataset, folder, part) for part in tables}
    labels = concatenate_labels(list(parts.values()))
    if not len(labels):
        raise DatasetError(f"{folder.where('')}: not one labeled keypoint in {len(tables)} tables")
    _refuse_twice(parts)
    return labels


def _labels_of_table(
    space: KeypointSpace, dataset: str, folder: DatasetFolder, part: LabelTable
) -> Labels:
    table = part.table
    each = positions(table, space.keypoints)
    xy, state = zip(*each.values(), strict=True)
    xy, state = np.stack(xy, axis=1), np.stack(state, axis=1)  # (row, individual, keypoint, …)
    row, individual = np.nonzero((state >= LabelState.OCCLUDED).any(axis=2))
    written = [written_image(table, r) for r in range(len(table.index))]
    used = dict.fromkeys(written[r] for r in row)
    above = parent(part.name)
    found = find_images(folder, {(above, w): _candidates(above, w) for w in used}, table.where)
    image_of = {w: image for (_, w), image in found.items()}
    size_of = {w: checked_size_px(folder, i, None, table.where) for w, i in image_of.items()}
    names = [name or "animal0" for name in table.individuals]
    image, n = [image_of[written[r]] for r in row], len(row)
    return Labels(
        space=space,
        source=string_array([dataset] * n),
        image=string_array(image),
        image_size_px=np.array([size_of[written[r]] for r in row], dtype=np.int64).reshape(n, 2),
        individual=string_array([names[i] for i in individual]),
        group=string_array([PurePosixPath(parent(i)).name or dataset for i in image]),
        split=string_array([part.split] * n),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=xy[row, individual],
        state=state[row, individual],
        score=np.ones((n, len(space))),
    )


def positions(
    table: HeadedTable, keypoints: tuple[str, ...]
) -> dict[str, tuple[Float[ndarray, "row keypoint 2"], Int[ndarray, "row keypoint"]]]:
    """Positions (continuous pixels) and states of each individual in all rows of a table.

    An optional coordinate `visible` has COCO's meaning: 0 not labeled, 1 occluded, 2 visible.
    DatasetError for another one, and where nobody can tell absent from a place (`absence_marks`).
    """
    marks = absence_marks(table)
    place = {keypoint: i for i, keypoint in enumerate(keypoints)}
    columns = [place[keypoint] for keypoint in table.all_keypoints]
    found = {}
    for individual in table.individuals:
        xy, state = _positions_of(table, individual, keypoints)
        is_marked = np.zeros(state.shape, dtype=bool)
        is_marked[:, columns] = marks[individual]
        state[is_marked & (state > LabelState.NOT_LABELED)] = LabelState.NOT_LABELED
        xy[state < LabelState.OCCLUDED] = np.nan
        found[individual] = xy, state
    return found


def _positions_of(
    table: HeadedTable, individual: str, keypoints: tuple[str, ...]
) -> tuple[Float[ndarray, "row keypoint 2"], Int[ndarray, "row keypoint"]]:
    """What is written for one individual, marks of absence included."""
    xy = np.stack([table.coordinate(individual, keypoints, c) for c in ("x", "y")], axis=2) + 0.5
    visible = table.coordinate(individual, keypoints, "visible")
    strange = ~(np.isnan(visible) | np.isin(visible, (0, 1, 2)))
    if strange.any():
        row, keypoint = np.argwhere(strange)[0]
        raise DatasetError(
            f"{table.where}: {'/'.join(table.index[row])}: 'visible' of '{keypoints[keypoint]}' is "
            f"{visible[row, keypoint]:g}; expected 0, 1 or 2"
        )
    is_located = np.isfinite(xy).all(axis=2) & (visible != 0)
    known = set(table.keypoints(individual))
    state = np.where(is_located, LabelState.VISIBLE, LabelState.NOT_LABELED).astype(np.int64)
    state[is_located & (visible == 1)] = LabelState.OCCLUDED
    state[:, [k not in known for k in keypoints]] = LabelState.NOT_IN_DATASET
    return xy, state


def written_image(table: HeadedTable, row: int) -> str:
    """The image path of a row as it is written, from `labeled-data` on where that occurs."""
    written = posix_name("/".join(part for part in table.index[row] if part))
    if not written:
        raise DatasetError(f"{table.where}: labeled row {row + 1} names no image")
    parts = written.split("/")
    if LABELED in parts:
        parts = parts[parts.index(LABELED) :]
    return "/".join(parts)


def _candidates(beside: str, written: str) -> list[str]:
    """Where an image may lie: under the project, or beside the table by some end of its name."""
    project = beside.split(LABELED)[0].rstrip("/")
    ends = ends_of(written)
    return [*(joined(project, end) for end in ends[:1]), *(joined(beside, end) for end in ends)]


def _refuse_twice(parts: Mapping[str, Labels]) -> None:
    """DatasetError when the same individual of the same image is labeled in two rows."""
    seen: dict[tuple[str, str], str] = {}
    for where, labels in parts.items():
        for key in zip(labels.image, labels.individual, strict=True):
            if key in seen:
                where = where if seen[key] == where else f"{seen[key]} and {where}"
                raise DatasetError(
                    f"{where}: '{key[0]}', {key[1]}: labeled in two rows (or by two scorers); "
                    "keep one"
                )
            seen[key] = where
