"""SLEAP's exported `analysis.h5` -> `Labels`: tracks over whole videos, taken as labels of frames.

`tracks` (track, 2, node, frame), `node_names`, and optionally `track_names`, `point_scores`
(track, node, frame) and `video_path`. Where an array has the attribute `dims` (sleap-io writes it),
its axes are in that order instead. Frame numbers are places in the array. Positions have pixel
centers at whole numbers, as in the .slp files that the export is made of (format 1.1 and later), so
0.5 is added. The file does not say which points a person placed; its scores are kept.
"""

import json
from collections.abc import Mapping

import numpy as np
from numpy import ndarray

from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.datasets.table_videos import stems_named, videos_of_tables
from superanimal_core.datasets.tracks import labels_from_tracks, together
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

WANTED = ("tracks", "tracks@dims", "node_names", "track_names", "point_scores",
          "point_scores@dims", "video_path")  # fmt: skip
AXES = {  # as SLEAP itself orders them; how other programs call an axis -> ours
    "tracks": ("track", "xy", "node", "frame"),
    "point_scores": ("track", "node", "frame"),
}
SAME_AXIS = {"space": "xy", "coord": "xy", "coordinate": "xy", "keypoint": "node", "time": "frame"}


def parse_sleap_analysis(dataset: str, folder: DatasetFolder) -> Labels:
    """The animals of every analysis file beside its video. DatasetError names the file."""
    names = [n for n in folder.names("*") if n.lower().endswith((".h5", ".hdf5"))]
    if not names:
        raise DatasetError(f"{folder.where('')}: no analysis.h5")
    files = {name: _read(folder, name) for name in names}
    keypoints = dict.fromkeys(k for _, nodes in files.values() for k in nodes)
    space = KeypointSpace(dataset, tuple(keypoints))
    videos = videos_of_tables(
        folder,
        {name: stems_named(name) for name in files},
        {name: _text(arrays.get("video_path")) for name, (arrays, _) in files.items()},
    )
    return together(
        {
            folder.where(name): _labels(space, dataset, folder, videos[name], *file)
            for name, file in files.items()
        },
        folder.where(""),
    )


def _read(folder: DatasetFolder, name: str) -> tuple[Mapping[str, ndarray], tuple[str, ...]]:
    """Arrays of the right shapes in SLEAP's own order of axes, and the names of the nodes."""
    return analysis_arrays(folder.arrays(name, WANTED), folder.where(name))


def analysis_arrays(
    arrays: Mapping[str, ndarray], where: str
) -> tuple[Mapping[str, ndarray], tuple[str, ...]]:
    """The arrays of an analysis file (of those `WANTED`) in SLEAP's own order, and its nodes.

    `tracks` (track, 2, node, frame), `point_scores` (track, node, frame). DatasetError for other
    shapes, and for `dims` that do not name these axes.
    """
    ordered = {
        key: _ordered(values, arrays.get(f"{key}@dims"), key, where) if key in AXES else values
        for key, values in arrays.items()
    }
    tracks = ordered.get("tracks", np.zeros(0))
    nodes = tuple(text.strip() for text in names_in(arrays.get("node_names", np.zeros(0))))
    if tracks.ndim != 4 or tracks.dtype.kind != "f" or tracks.shape[1:3] != (2, len(nodes)):
        raise DatasetError(
            f"{where}: 'tracks' has shape {tracks.shape}; expected (track, 2, {len(nodes)} nodes, "
            "frame)"
        )
    if len(set(nodes)) < len(nodes) or "" in nodes or not nodes:
        raise DatasetError(f"{where}: 'node_names' is empty, or names a node twice")
    scores = ordered.get("point_scores")
    count = tracks.shape[0], len(nodes), tracks.shape[3]
    if scores is not None and (scores.shape != count or scores.dtype.kind != "f"):
        raise DatasetError(f"{where}: 'point_scores' has shape {scores.shape}; expected {count}")
    return ordered, nodes


def _ordered(values: ndarray, dims: ndarray | None, key: str, where: str) -> ndarray:
    """An array in SLEAP's own order of axes. DatasetError when its `dims` name other axes."""
    if dims is None:
        return values
    try:
        said = json.loads(_text(dims)) if dims.ndim == 0 else names_in(dims)
        names = [str(name).strip().lower().removesuffix("s") for name in said]
    except (ValueError, TypeError):
        names = []
    names = [SAME_AXIS.get(name, name) for name in names]
    if sorted(names) != sorted(AXES[key]) or values.ndim != len(names):
        raise DatasetError(
            f"{where}: the axes of '{key}' are {_text(dims)[:80]} in its `dims`, with shape "
            f"{values.shape}; expected the names {', '.join(AXES[key])}"
        )
    return values.transpose([names.index(axis) for axis in AXES[key]])


def _text(value: ndarray | None) -> str:
    """The one text in an array; '' where there is none."""
    texts = names_in(value) if value is not None else []
    return texts[0].strip() if len(texts) == 1 else ", ".join(texts)


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
    video: str,
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
    return labels_from_tracks(
        space, dataset, folder, video, range(shape[0]), individuals, xy, state, score
    )
