"""A plain long table of labels, .csv or .parquet -> `Labels`: for everyone whose tool is not here.

One row per point. Columns, in any order; others are ignored:

* `image` (path beside the table, or `video.mp4#frame=12`), `keypoint`, `x`, `y`: required. Pixels,
  the center of the top-left pixel being (0, 0), as most tools count; empty x and y: not labeled.
* `individual` (default animal0), `visibility` (0 not labeled, 1 occluded, 2 visible; default 2),
  `group` (what a split must not tear apart; default: the image's folder), `split` (train, test).
* `x0`, `y0`, `x1`, `y1`: the animal's box, the corner of the picture being (0, 0); the same in all
  rows of an animal, or empty.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from superanimal_core.datasets.animals import Animal, Box, Point, labels_from_animals
from superanimal_core.datasets.folder import DatasetFolder, find_images, joined, parent, posix_name
from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import Labels, LabelState

REQUIRED = ("image", "keypoint", "x", "y")
BOX = ("x0", "y0", "x1", "y1")
_STATES = {
    "": LabelState.VISIBLE,
    "0": LabelState.NOT_LABELED,
    "1": LabelState.OCCLUDED,
    "2": LabelState.VISIBLE,
}
Columns = Mapping[str, Sequence[str]]


def parse_long_table(dataset: str, folder: DatasetFolder) -> Labels:
    """The animals of all tables of a data set, in the order of their first rows."""
    names = [n for n in folder.names("*") if n.lower().endswith((".csv", ".parquet"))]
    if not names:
        raise DatasetError(f"{folder.where('')}: no .csv or .parquet table")
    animals = [animal for name in names for animal in _animals(folder, name)]
    keypoints = dict.fromkeys(k for animal in animals for k in animal.points)
    return labels_from_animals(dataset, list(keypoints), animals, folder.where(""))


def _animals(folder: DatasetFolder, name: str) -> list[Animal]:
    where, columns = folder.where(name), folder.columns(name)
    lacking = [c for c in REQUIRED if c not in columns]
    if lacking:
        raise DatasetError(
            f"{where}: no column {', '.join(lacking)}; the columns are {', '.join(columns)[:200]}"
        )
    written = [posix_name(image) for image in columns["image"]]
    for row, image in enumerate(written):
        if not image or image.startswith("/") or ".." in image.split("/") or "\0" in image:
            raise DatasetError(f"{where}: row {row + 2}: image '{image}' leaves the folder")
    above = parent(name)
    images = find_images(folder, {(above, w): [joined(above, w)] for w in set(written)}, where)
    sizes = {image: checked_size_px(folder, image, None, where) for image in images.values()}
    rows_of: dict[tuple[str, str], list[int]] = {}
    individuals = _column(columns, "individual", len(written))
    for row, (image, individual) in enumerate(zip(written, individuals, strict=True)):
        rows_of.setdefault((images[above, image], individual or "animal0"), []).append(row)
    return [
        Animal(
            image=image,
            size_px=sizes[image],
            individual=individual,
            points=_points(where, columns, rows),
            group=_one(where, columns, rows, "group") or _default_group(image),
            box_xyxy_px=_box(where, columns, rows),
            split=_split(where, columns, rows),
        )
        for (image, individual), rows in rows_of.items()
    ]


def _column(columns: Columns, name: str, rows: int) -> Sequence[str]:
    return columns.get(name, [""] * rows)


def _default_group(image: str) -> str:
    video, frame = split_frame_name(image)
    return (parent(image) or image) if frame is None else video


def _points(where: str, columns: Columns, rows: Sequence[int]) -> dict[str, Point]:
    points: dict[str, Point] = {}
    for row in rows:
        place, keypoint = f"{where}: row {row + 2}", columns["keypoint"][row].strip()
        if not keypoint or keypoint in points:
            what = "stands twice in one animal" if keypoint else "is empty"
            raise DatasetError(f"{place}: the keypoint '{keypoint}' {what}")
        visibility = columns["visibility"][row].strip() if "visibility" in columns else ""
        seen = _STATES.get(visibility.removesuffix(".0"))
        if seen is None:
            raise DatasetError(f"{place}: visibility is '{visibility}'; expected 0, 1 or 2")
        x, y = (_number(place, c, columns[c][row]) for c in ("x", "y"))
        if np.isnan(x) != np.isnan(y):
            raise DatasetError(f"{place}: one of x and y is empty")
        seen = LabelState.NOT_LABELED if np.isnan(x) else seen
        points[keypoint] = (x + 0.5, y + 0.5, seen)
    return points


def _one(where: str, columns: Columns, rows: Sequence[int], name: str) -> str:
    """What all rows of one animal say in a column."""
    said = {columns[name][row].strip() for row in rows} if name in columns else {""}
    if len(said) > 1:
        raise DatasetError(f"{where}: row {rows[0] + 2}: {name} differs between rows of one animal")
    return said.pop()


def _split(where: str, columns: Columns, rows: Sequence[int]) -> str:
    split = _one(where, columns, rows, "split")
    if split not in ("", "train", "test"):
        raise DatasetError(
            f"{where}: row {rows[0] + 2}: split is '{split}'; expected train or test"
        )
    return split


def _box(where: str, columns: Columns, rows: Sequence[int]) -> Box | None:
    place = f"{where}: row {rows[0] + 2}"
    x0, y0, x1, y1 = (_number(place, c, _one(where, columns, rows, c)) for c in BOX)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _number(place: str, column: str, written: str) -> float:
    """The number in a cell, NaN for an empty one (R writes NA)."""
    if written.strip().lower() in ("", "nan", "na"):
        return float("nan")
    try:
        value = float(written)
    except ValueError:
        value = float("inf")
    if not abs(value) < 1e7:
        raise DatasetError(f"{place}: {column} is '{written[:40]}'; expected a number, or nothing")
    return value
