"""Lightning Pose projects: `CollectedData.csv`, or one table per camera view -> `Labels`.

Biderman, Whiteway et al. 2024 (Nat Methods) use DeepLabCut's three header rows. What they add:

* a third coordinate `visible` (0 not labeled, 1 occluded, 2 visible, as in COCO);
* `CollectedData_<view>.csv`, one table per camera, rows aligned: the pictures of one moment;
* `CollectedData_new.csv` / `CollectedData_<view>_new.csv` (newer: `_test`): sessions that were
  never trained on. Their rows have split 'test'; the others are left to the split of the study.
"""

import re
from dataclasses import replace

from superanimal_core.datasets.deeplabcut import (
    LabelTable,
    labels_from_tables,
    read_either,
    same_stem,
)
from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import Labels, string_array

_HELD_OUT = re.compile(r"_(new|test)$")


def parse_lightning_pose(dataset: str, folder: DatasetFolder) -> Labels:
    """All labels of a Lightning Pose project, or of one of its tables, in its own keypoints.

    `group` is the name of the image's folder without the view's name, so that the pictures of one
    moment from several cameras stay together. DatasetError as for DeepLabCut.
    """
    names = [n for n in folder.names("CollectedData*.csv") if "/" not in n]
    names = names or [n for n in folder.names("*.csv") if "/" not in n]
    if not names:
        raise DatasetError(
            f"{folder.where('')}: no CollectedData.csv or CollectedData_<view>.csv found; give the "
            "Lightning Pose data folder or one table"
        )
    tables = [
        LabelTable(name, read_either(folder, both), "test" if is_held_out(name) else "")
        for name, both in same_stem(names)
    ]
    labels = labels_from_tables(dataset, folder, tables)
    views = view_names(names)
    return replace(labels, group=string_array([without_view(g, views) for g in labels.group]))


def is_held_out(name: str) -> bool:
    """True for a table of sessions outside the training distribution (`_new`, `_test`)."""
    return bool(_HELD_OUT.search(name.rsplit(".", 1)[0]))


def view_names(names: list[str]) -> list[str]:
    """The views of a multi-view file set; empty for a project of one view."""
    stems = {_HELD_OUT.sub("", name.rsplit(".", 1)[0]) for name in names}
    views = [stem.removeprefix("CollectedData_") for stem in stems if "_" in stem]
    return sorted(views) if len(views) > 1 else []


def without_view(folder_name: str, views: list[str]) -> str:
    """`session7_top` -> `session7` for a known view, delimited by non-alphanumerics.

    A folder that is named by the view alone keeps its name.
    """
    for view in views:
        pattern = rf"(^|[^A-Za-z0-9]){re.escape(view)}(?=$|[^A-Za-z0-9])"
        shorter = re.sub(pattern, "", folder_name)
        if shorter not in (folder_name, ""):
            return shorter.strip("_-. ")
    return folder_name
