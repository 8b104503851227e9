"""`Labels` -> DeepLabCut's label tables, for other tools to train on."""

from collections.abc import Sequence

from superanimal_core.datasets.deeplabcut import LABELED
from superanimal_core.datasets.folder import parent, posix_name
from superanimal_core.pose.labels import Labels, LabelState


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
    if len(parts) >= 3 and parts[-3] == LABELED:
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
