"""Poses over a whole video, as DeepLabCut writes them, taken as labels of its frames.

For machine-made labels (MABe22) and for corrected predictions: one table of DeepLabCut's layout
whose rows are frame numbers, beside the video. Row k is frame k in decoding order, and the label's
image is `video.mp4#frame=k`. An optional `likelihood` becomes the score; a negative one is
DeepLabCut 3's word for an absent animal. Tables of bones (`_skeleton`) are passed over.
"""

import re

import numpy as np

from superanimal_core.datasets.deeplabcut import positions, read_either, same_stem
from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.datasets.table_videos import stem_of, stems_named, videos_of_tables
from superanimal_core.datasets.tracks import labels_from_tracks, together
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

BONES = "_skeleton"  # DeepLabCut's tables of the lengths of bones end so


def parse_deeplabcut_tracks(dataset: str, folder: DatasetFolder) -> Labels:
    """The poses of every table beside a video, one row per frame and animal that is there.

    `group` is the video. DatasetError when a table has no video, its rows are no frame numbers, or
    two tables are about the same frames (filtered and not, or of two networks).
    """
    names = [n for n in folder.names("*") if n.lower().endswith((".csv", ".h5"))]
    names = [n for n in names if not stem_of(n).endswith(BONES)]
    if not names:
        raise DatasetError(f"{folder.where('')}: no .csv or .h5 table of poses")
    tables = {both[0]: read_either(folder, both) for _, both in same_stem(names)}
    keypoints = dict.fromkeys(k for table in tables.values() for k in table.all_keypoints)
    space = KeypointSpace(dataset, tuple(keypoints))
    stems = {name: stems_named(name, table.scorers) for name, table in tables.items()}
    videos = videos_of_tables(folder, stems)
    return together(
        {
            table.where: _labels_of_table(space, dataset, folder, videos[name], table)
            for name, table in tables.items()
        },
        folder.where(""),
    )


def _labels_of_table(
    space: KeypointSpace, dataset: str, folder: DatasetFolder, video: str, table: HeadedTable
) -> Labels:
    frames = _frame_numbers(table)
    xy, state, score = [], [], []
    for individual, (own_xy, own_state) in positions(table, space.keypoints).items():
        likelihood = table.coordinate(individual, space.keypoints, "likelihood")
        is_absent = likelihood < 0
        own_state[is_absent & (own_state > LabelState.NOT_LABELED)] = LabelState.NOT_LABELED
        own_xy[is_absent] = np.nan
        xy.append(own_xy)
        state.append(own_state)
        score.append(np.where(np.isfinite(likelihood), np.clip(likelihood, 0, 1), 1.0))
    return labels_from_tracks(
        space,
        dataset,
        folder,
        video,
        frames,
        [i or "animal0" for i in table.individuals],
        np.stack(xy, axis=1),
        np.stack(state, axis=1),
        np.stack(score, axis=1),
    )


def _frame_numbers(table: HeadedTable) -> list[int]:
    numbers = []
    for row in table.index:
        if len(row) != 1 or not re.fullmatch(r"[0-9]{1,9}(\.0*)?", row[0]):
            raise DatasetError(
                f"{table.where}: row '{'/'.join(row)}' is no frame number; tables whose rows are "
                "image names have the format 'deeplabcut'"
            )
        numbers.append(int(float(row[0])))
    if len(set(numbers)) < len(numbers):
        raise DatasetError(f"{table.where}: a frame stands in two rows")
    return numbers
