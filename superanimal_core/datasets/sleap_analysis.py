"""SLEAP's exported `analysis.h5` -> `Labels`: tracks over whole videos, taken as labels of frames.

`tracks` (track, 2, node, frame), `node_names`, and optionally `track_names` and `point_scores`
(track, node, frame). Frame numbers are places in the array. Positions have pixel centers at whole
numbers, as in the .slp files that the export is made of (format 1.1 and later), so 0.5 is added.
The file does not say which points a person placed; its scores are kept.
"""

from collections.abc import Mapping

import numpy as np
from numpy import ndarray

from superanimal_core.datasets.deeplabcut_tracks import video_of
from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.datasets.tracks import labels_from_tracks
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels

_WANTED = ("tracks", "node_names", "track_names", "point_scores")


def parse_sleap_analysis(dataset: str, folder: DatasetFolder) -> Labels:
    """The animals of every analysis file beside its video. DatasetError names the file."""
    names = [n for n in folder.names("*") if n.endswith((".h5", ".hdf5"))]
    if not names:
        raise DatasetError(f"{folder.where('')}: no analysis.h5")
    files = {name: _read(folder, name) for name in names}
    keypoints = dict.fromkeys(k for _, nodes in files.values() for k in nodes)
    space = KeypointSpace(dataset, tuple(keypoints))
    labels = concatenate_labels(
        [_labels(space, dataset, folder, name, *file) for name, file in files.items()]
    )
    if not len(labels):
        raise DatasetError(f"{folder.where('')}: not one animal in any frame")
    return labels


def _read(folder: DatasetFolder, name: str) -> tuple[Mapping[str, ndarray], tuple[str, ...]]:
    """Arrays of the right shapes, and the names of the nodes."""
    where, arrays = folder.where(name), folder.arrays(name, _WANTED)
    tracks = arrays.get("tracks", np.zeros(0))
    nodes = tuple(text.strip() for text in names_in(arrays.get("node_names", np.zeros(0))))
    if tracks.ndim != 4 or tracks.dtype.kind != "f" or tracks.shape[1:3] != (2, len(nodes)):
        raise DatasetError(
            f"{where}: 'tracks' has shape {tracks.shape}; expected (track, 2, {len(nodes)} nodes, "
            "frame)"
        )
    if len(set(nodes)) < len(nodes) or "" in nodes or not nodes:
        raise DatasetError(f"{where}: 'node_names' is empty, or names a node twice")
    scores = arrays.get("point_scores")
    count = tracks.shape[0], len(nodes), tracks.shape[3]
    if scores is not None and (scores.shape != count or scores.dtype.kind != "f"):
        raise DatasetError(f"{where}: 'point_scores' has shape {scores.shape}; expected {count}")
    return arrays, nodes


def names_in(array: ndarray) -> list[str]:
    """Texts of an array of fixed-length bytes or strings; anything else as it prints."""
    return [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in array.reshape(-1).tolist()
    ]


def _labels(
    space: KeypointSpace,
    dataset: str,
    folder: DatasetFolder,
    name: str,
    arrays: Mapping[str, ndarray],
    nodes: tuple[str, ...],
) -> Labels:
    tracks = np.moveaxis(arrays["tracks"], (3, 0, 2, 1), (0, 1, 2, 3)).astype(np.float64)
    shape = (*tracks.shape[:2], len(space))
    columns = [space.index(node) for node in nodes]
    is_located = np.isfinite(tracks).all(axis=3)
    xy = np.full((*shape, 2), np.nan)
    state = np.full(shape, LabelState.NOT_IN_DATASET, dtype=np.int64)
    score = np.ones(shape)
    xy[:, :, columns] = np.where(np.expand_dims(is_located, 3), tracks + 0.5, np.nan)
    state[:, :, columns] = np.where(is_located, LabelState.VISIBLE, LabelState.NOT_LABELED)
    if "point_scores" in arrays:
        known = np.moveaxis(arrays["point_scores"], (2, 0, 1), (0, 1, 2)).astype(np.float64)
        score[:, :, columns] = np.where(np.isfinite(known), np.clip(known, 0, 1), 1.0)
    given = names_in(arrays.get("track_names", np.zeros(0)))
    has_names = len(set(given)) == len(given) == shape[1]
    individuals = given if has_names else [f"animal{i}" for i in range(shape[1])]
    video = video_of(name, folder)
    return labels_from_tracks(
        space, dataset, folder, video, range(shape[0]), individuals, xy, state, score
    )
