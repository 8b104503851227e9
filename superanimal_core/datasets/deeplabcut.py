"""DeepLabCut projects: `labeled-data/<video>/CollectedData_<scorer>.csv` or `.h5` -> `Labels`.

Conventions of the format (Nath et al. 2019; Lauer et al. 2022 for several animals):

* Positions have pixel centers at whole numbers, so 0.5 is added (see `pose.arrays`).
* An empty cell is a keypoint that the annotator left: NOT_LABELED. An animal without any position
  is not in that picture and gives no row.
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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.datasets.folder import (
    DatasetFolder,
    find_images,
    joined,
    parent,
    posix_name,
)
from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels

UNIQUE = "single"  # DeepLabCut's name for the owner of unique bodyparts
AGREEMENT_PX = 1e-3


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
    if not names:
        names = [n for n in folder.names("*") if n.endswith((".csv", ".h5")) and "/" not in n]
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
        order = {posix_name("/".join(row)): i for i, row in enumerate(second.index)}
        rows = [order.get(posix_name("/".join(row))) for row in first.index]
        places = {column: i for i, column in enumerate(second.columns)}
        columns = [places.get(column) for column in first.columns]
        same = None not in rows and None not in columns and len(order) == len(rows)
        if not same or not np.allclose(
            first.values,
            second.values[np.ix_(rows, columns)],  # type: ignore[arg-type]
            atol=AGREEMENT_PX,
            equal_nan=True,
        ):
            raise DatasetError(
                f"{first.where} and {second.where} are the same table but do not agree; "
                "delete the older one"
            )
    return first


def labels_from_tables(dataset: str, folder: DatasetFolder, tables: Sequence[LabelTable]) -> Labels:
    """Labels of several tables in the union of their keypoints, in order of first appearance."""
    keypoints = dict.fromkeys(k for part in tables for k in part.table.all_keypoints)
    space = KeypointSpace(dataset, tuple(keypoints))
    labels = concatenate_labels([_labels_of_table(space, dataset, folder, part) for part in tables])
    if not len(labels):
        raise DatasetError(f"{folder.where('')}: not one labeled keypoint in {len(tables)} tables")
    _refuse_twice(labels, folder.where(""))
    return labels


def _labels_of_table(
    space: KeypointSpace, dataset: str, folder: DatasetFolder, part: LabelTable
) -> Labels:
    table = part.table
    xy, state = zip(*(positions(table, i, space.keypoints) for i in table.individuals), strict=True)
    xy, state = np.stack(xy, axis=1), np.stack(state, axis=1)  # (row, individual, keypoint, …)
    row, individual = np.nonzero((state >= LabelState.OCCLUDED).any(axis=2))
    written = [written_image(table, r) for r in range(len(table.index))]
    used = dict.fromkeys(written[r] for r in row)
    image_of = find_images(folder, {w: _candidates(part.name, w) for w in used}, table.where)
    size_of = {w: folder.image_size_px(image) for w, image in image_of.items()}
    names = [name or "animal0" for name in table.individuals]
    n = len(row)
    return Labels(
        space=space,
        source=texts([dataset] * n),
        image=texts([image_of[written[r]] for r in row]),
        image_size_px=np.array([size_of[written[r]] for r in row], dtype=np.int64).reshape(n, 2),
        individual=texts([names[i] for i in individual]),
        group=texts([PurePosixPath(parent(image_of[written[r]])).name or dataset for r in row]),
        split=texts([part.split] * n),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=xy[row, individual],
        state=state[row, individual],
        score=np.ones((n, len(space))),
    )


def positions(
    table: HeadedTable, individual: str, keypoints: tuple[str, ...]
) -> tuple[Float[ndarray, "row keypoint 2"], Int[ndarray, "row keypoint"]]:
    """Positions (continuous pixels) and states of one individual in all rows of a table.

    An optional coordinate `visible` has COCO's meaning: 0 not labeled, 1 occluded, 2 visible.
    """
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
    xy[state < LabelState.OCCLUDED] = np.nan
    return xy, state


def written_image(table: HeadedTable, row: int) -> str:
    """The image path of a row as it is written, from `labeled-data` on where that occurs."""
    written = posix_name("/".join(part for part in table.index[row] if part))
    if not written:
        raise DatasetError(f"{table.where}: labeled row {row + 1} names no image")
    parts = written.split("/")
    if "labeled-data" in parts:
        parts = parts[parts.index("labeled-data") :]
    return "/".join(parts)


def _candidates(table_name: str, written: str) -> list[str]:
    """Where an image may lie: under the project, beside the table, or there by its bare name."""
    beside = parent(table_name)
    project = beside.split("labeled-data")[0].rstrip("/")
    bare = written.rsplit("/", 1)[-1]
    return list(
        dict.fromkeys([joined(project, written), joined(beside, written), joined(beside, bare)])
    )


def texts(values: Sequence[str]) -> ndarray:
    """An array of Python strings (never a fixed width that would cut a longer one)."""
    return np.array(values, dtype=object).reshape(len(values))


def _refuse_twice(labels: Labels, where: str) -> None:
    """DatasetError when the same individual of the same image is labeled in two rows."""
    seen: set[tuple[str, str]] = set()
    for key in zip(labels.image, labels.individual, strict=True):
        if key in seen:
            raise DatasetError(
                f"{where}: '{key[0]}', {key[1]}: labeled in two rows (or by two scorers); keep one"
            )
        seen.add(key)


def to_deeplabcut(labels: Labels, scorer: str, with_visible: bool) -> dict[str, str]:
    """Labels as DeepLabCut tables: name in a project -> CSV text, one table per image folder.

    Images keep their names; those outside `labeled-data/<video>/` must be copied to
    `labeled-data/<group>/` (`deeplabcut_image`). `with_visible` adds Lightning Pose's third
    coordinate, which keeps OCCLUDED apart from VISIBLE; DeepLabCut itself does not know it.
    """
    individuals = list(dict.fromkeys(labels.individual))
    coords = ("x", "y", "visible") if with_visible else ("x", "y")
    columns = [(i, k, c) for i in individuals for k in labels.space.keypoints for c in coords]
    header = [
        ["scorer", *(scorer for _ in columns)],
        ["individuals", *(i for i, _, _ in columns)],
        ["bodyparts", *(k for _, k, _ in columns)],
        ["coords", *(c for _, _, c in columns)],
    ]
    if individuals == ["animal0"]:
        del header[1]
    folders: dict[str, dict[str, dict[str, list[str]]]] = {}
    for row in range(len(labels)):
        image = deeplabcut_image(labels.image[row], labels.group[row])
        rows = folders.setdefault(parent(image), {})
        rows.setdefault(image, {})[labels.individual[row]] = _cells(labels, row, with_visible)
    empty = [""] * (len(labels.space) * len(coords))
    return {
        f"{above}/CollectedData_{scorer}.csv": _csv(
            header
            + [
                [image, *(cell for i in individuals for cell in cells.get(i, empty))]
                for image, cells in rows.items()
            ]
        )
        for above, rows in folders.items()
    }


def deeplabcut_image(image: str, group: str) -> str:
    """Where a DeepLabCut project must hold an image: in `labeled-data/<video>/`."""
    parts = image.split("/")
    if len(parts) >= 3 and parts[-3] == "labeled-data":
        return "/".join(parts[-3:])
    return f"labeled-data/{posix_name(group).replace('/', '_')}/{parts[-1]}"


def _cells(labels: Labels, row: int, with_visible: bool) -> list[str]:
    cells: list[str] = []
    for (x, y), state in zip(labels.xy_px[row], labels.state[row], strict=True):
        located = state >= LabelState.OCCLUDED
        cells += [repr(float(x - 0.5)), repr(float(y - 0.5))] if located else ["", ""]
        if with_visible:
            cells.append("1" if state == LabelState.OCCLUDED else "2" if located else "0")
    return cells


def _csv(rows: Sequence[Sequence[str]]) -> str:
    """CSV text; a cell that holds a comma or a quote is quoted."""
    quoted = (
        ['"' + c.replace('"', '""') + '"' if set(c) & set(',"\n') else c for c in row]
        for row in rows
    )
    return "".join(",".join(row) + "\n" for row in quoted)
