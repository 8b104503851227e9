"""Tables with DeepLabCut's header rows: its own, Lightning Pose's, and for Anipose and SimBA.

Pixel centers are whole numbers. An absent keypoint has empty cells and likelihood 0.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.tables.atomic import replacing

SCORER = "superanimal"
LIGHTNING_POSE = "heatmap_tracker"  # what Lightning Pose calls itself
COORDS = ("x", "y", "likelihood")
KEY = "df_with_missing"  # of DeepLabCut's .h5


def write_deeplabcut_csv(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.csv`; several animals, and those with names, have the header row `individuals`."""
    _write_csv(_table(exported, SCORER), folder / f"{exported.video}.csv")


def write_deeplabcut_h5(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.h5`, as pandas keeps it."""
    _write_hdf(_table(exported, SCORER), folder / f"{exported.video}.h5")


def write_lightning_pose(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.csv` of one animal."""
    _write_csv(_table(exported, LIGHTNING_POSE), folder / f"{exported.video}.csv")


def write_anipose(exported: ExportedPoses, folder: Path) -> None:
    """`pose-2d/<the video's own name>.h5` of one animal, to lie beside Anipose's videos-raw."""
    (folder / "pose-2d").mkdir(exist_ok=True)
    _write_hdf(_table(exported, SCORER), folder / "pose-2d" / f"{exported.stem}.h5")


def write_simba(exported: ExportedPoses, folder: Path) -> None:
    """`<the video's own name>.csv` in DeepLabCut's rows for one animal, as SimBA imports it.

    Keypoints of several animals are called nose_1, nose_2. SimBA knows no empty cells: an absent
    keypoint is (0, 0) there, with likelihood 0.
    """
    table = _table(exported, SCORER)
    if not exported.has_one:
        number = {name: i for i, name in enumerate(exported.poses.individuals, start=1)}
        named = [(s, f"{k}_{number[i]}", c) for s, i, k, c in table.columns]
        table.columns = pd.MultiIndex.from_tuples(named, names=("scorer", "bodyparts", "coords"))
    _write_csv(table.fillna(0.0), folder / f"{exported.stem}.csv")


def _table(exported: ExportedPoses, scorer: str) -> pd.DataFrame:
    """A row for each frame, three columns for each keypoint of each animal."""
    names = ("scorer", "individuals", "bodyparts", "coords")
    poses, individuals = exported.poses, [exported.poses.individuals]
    levels = [[scorer], *individuals, list(poses.space.keypoints), list(COORDS)]
    columns = pd.MultiIndex.from_product(levels, names=names)
    table = pd.DataFrame(_columns(exported), columns=columns)
    return table.droplevel("individuals", axis="columns") if exported.has_one else table


def _columns(exported: ExportedPoses) -> Float[ndarray, "frame column"]:
    values = np.concatenate([exported.centered_px, exported.score[..., None]], axis=-1)
    return values.reshape(len(values), -1).astype(np.float64)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        table.to_csv(temporary, float_format="%.5f")


def _write_hdf(table: pd.DataFrame, path: Path) -> None:
    """In pandas' fixed layout: the other one keeps no more columns than fit into 64 KiB."""
    with replacing(path) as temporary:
        table.to_hdf(temporary, key=KEY, format="fixed", mode="w")
