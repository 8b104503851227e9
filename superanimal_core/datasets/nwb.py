"""NWB files with ndx-pose -> `Labels`, read as plain HDF5.

Two things of ndx-pose (0.2 and later) hold points over a video's frames:

* `PoseTraining`: labels. `training_frames/*` each with `skeleton_instances/*`, which have
  `node_locations` (node, 2 or 3) and optionally `node_visibility`; the frame's number is the
  attribute or dataset `source_video_frame_index`. The nodes are those of the file's skeleton.
* `PoseEstimation`: a network's output, one series per keypoint with `data` (frame, 2) and
  `confidence`. Row r is frame r of the video.

Where a file has labels, only those are read. Positions are pixels with centers at whole numbers, as
the tools that write such files count, so 0.5 is added; a third coordinate is a depth, which a label
in a picture does not have, and is refused. The video lies beside the file, under the name that
`original_videos` says, or that of the file. One file has one subject, unless a training frame has
several instances.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy import ndarray

from superanimal_core.datasets.animals import Animal, Point, labels_from_animals
from superanimal_core.datasets.folder import DatasetFolder, frame_name
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.datasets.sleap_analysis import names_in
from superanimal_core.datasets.table_videos import stems_named, videos_of_tables
from superanimal_core.datasets.tracks import labels_from_tracks
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels

_LOCATIONS = re.compile(
    r"(?P<frame>.*/training_frames/[^/]+)/skeleton_instances/[^/]+/node_locations$"
)
_SERIES = re.compile(r"^processing/[^/]+/(?P<pose>[^/]+)/(?P<keypoint>[^/]+)/data$")


def parse_nwb(dataset: str, folder: DatasetFolder) -> Labels:
    """The labels (or else the estimated poses) of every NWB file of a data set."""
    names = folder.names("*.nwb")
    if not names:
        raise DatasetError(f"{folder.where('')}: no .nwb file")
    files = {name: _Arrays(folder, name) for name in names}
    videos = videos_of_tables(
        folder,
        {name: stems_named(name) for name in files},
        {name: file.original_video() for name, file in files.items()},
    )
    trained = {n: own for n, f in files.items() if (own := _training(folder, videos[n], f))}
    if trained:
        animals = [animal for own in trained.values() for animal in own]
        keypoints = dict.fromkeys(k for animal in animals for k in animal.points)
        return labels_from_animals(dataset, list(keypoints), animals, folder.where(""))
    poses = {name: _estimates(file) for name, file in files.items()}
    keypoints = dict.fromkeys(
        k for own in poses.values() for series in own.values() for k in series
    )
    if not keypoints:
        raise DatasetError(f"{folder.where(names[0])}: holds no pose of ndx-pose")
    space = KeypointSpace(dataset, tuple(keypoints))
    labels = concatenate_labels(
        [
            _labels(space, dataset, folder, videos[name], files[name], pose, series)
            for name, own in poses.items()
            for pose, series in own.items()
        ]
    )
    if not len(labels):
        raise DatasetError(f"{folder.where('')}: not one animal in any frame")
    return labels


class _Arrays:
    """The datasets of one file, read when they are asked for."""

    def __init__(self, folder: DatasetFolder, name: str):
        self.folder, self.name, self.where = folder, name, folder.where(name)
        self.names = folder.array_names(name)

    def read(self, *wanted: str) -> Mapping[str, ndarray]:
        """Those of the wanted arrays and attributes that there are."""
        return self.folder.arrays(self.name, wanted)

    def original_video(self) -> str:
        """The path of the only video that the file names; '' when it names none, or several."""
        lists = [name for name in self.names if name.endswith("/original_videos")]
        said = {text for array in self.read(*lists).values() for text in names_in(array)}
        return said.pop().strip() if len(said) == 1 else ""

    def size_px(self, pose: str, video: str) -> tuple[int, int] | None:
        """The video's size where the file has it (`dimensions`, in either order), else None."""
        keys = [n for n in self.names if n.endswith(f"/{pose}/dimensions")]
        said = [array.reshape(-1) for array in self.read(*keys).values()]
        if len(said) != 1 or said[0].size != 2 or said[0].dtype.kind not in "iu":
            return None
        first, second = (int(side) for side in said[0])
        real = self.folder.image_size_px(frame_name(video, 0))
        return (second, first) if (second, first) == real else (first, second)

    def points(self, name: str) -> ndarray:
        """An array of positions (row, 2). DatasetError for another shape."""
        values = self.read(name)[name]
        if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind not in "fiu":
            raise DatasetError(
                f"{self.where}: '{name}' has shape {values.shape}; expected (row, 2), in pixels"
            )
        return values.astype(np.float64)


def _training(folder: DatasetFolder, video: str, file: _Arrays) -> list[Animal]:
    """The labeled instances of a file, in the order of their names."""
    found = [match for n in file.names if (match := _LOCATIONS.match(n))]
    if not found:
        return []
    nodes = _nodes(file)
    size = folder.image_size_px(frame_name(video, 0))
    count: dict[int, int] = {}
    animals = []
    for match in found:
        frame = _frame_number(file, match["frame"])
        place = count.setdefault(frame, 0)
        count[frame] += 1
        points = _instance(file, match[0], nodes)
        animals.append(Animal(frame_name(video, frame), size, f"animal{place}", points, video))
    return animals


def _nodes(file: _Arrays) -> list[str]:
    """Node names of the file's only skeleton."""
    skeletons = [n for n in file.names if n.endswith("/nodes") and "/Skeletons/" in f"/{n}"]
    if len(skeletons) != 1:
        raise DatasetError(f"{file.where}: {len(skeletons)} skeletons; expected one")
    nodes = [text.strip() for text in names_in(file.read(skeletons[0])[skeletons[0]])]
    if len(set(nodes)) < len(nodes) or "" in nodes:
        raise DatasetError(f"{file.where}: the skeleton names a node twice")
    return nodes


def _frame_number(file: _Arrays, frame: str) -> int:
    key = "source_video_frame_index"
    said = [*file.read(f"{frame}/{key}", f"{frame}@{key}").values()]
    value = said[0].reshape(-1) if said else np.zeros(0)
    if value.size != 1 or value.dtype.kind not in "iuf" or not 0 <= value[0] < 1e9:
        raise DatasetError(f"{file.where}: '{frame}' has no {key}")
    return int(value[0])


def _instance(file: _Arrays, name: str, nodes: Sequence[str]) -> dict[str, Point]:
    xy = file.points(name)
    key = name.replace("node_locations", "node_visibility")
    visible = file.read(key).get(key, np.ones(len(xy), dtype=bool))
    if len(xy) != len(nodes) or visible.shape != (len(xy),):
        raise DatasetError(f"{file.where}: '{name}' has {len(xy)} points for {len(nodes)} nodes")
    seen = {True: LabelState.VISIBLE, False: LabelState.OCCLUDED}
    return {
        node: (x + 0.5, y + 0.5, seen[bool(v)] if np.isfinite([x, y]).all() else _NOT)
        for node, (x, y), v in zip(nodes, xy.tolist(), visible, strict=True)
    }


_NOT = LabelState.NOT_LABELED


def _estimates(file: _Arrays) -> dict[str, dict[str, str]]:
    """PoseEstimation -> keypoint -> the folder of its series."""
    found: dict[str, dict[str, str]] = {}
    for name in file.names:
        match = _SERIES.match(name)
        if match:
            series = name.removesuffix("/data")
            kind = file.read(f"{series}@neurodata_type").get(f"{series}@neurodata_type")
            if kind is not None and names_in(kind) == ["PoseEstimationSeries"]:
                keypoint = match["keypoint"].strip()
                found.setdefault(match["pose"], {})[keypoint] = series
    return found


def _labels(
    space: KeypointSpace,
    dataset: str,
    folder: DatasetFolder,
    video: str,
    file: _Arrays,
    pose: str,
    series: Mapping[str, str],
) -> Labels:
    positions = {k: file.points(f"{path}/data") for k, path in series.items()}
    rows = {len(values) for values in positions.values()}
    if len(rows) != 1:
        raise DatasetError(f"{file.where}: the series of '{pose}' differ in length")
    shape = (rows.pop(), 1, len(space))
    xy = np.full((*shape, 2), np.nan)
    state = np.full(shape, LabelState.NOT_IN_DATASET, dtype=np.int64)
    score = np.ones(shape)
    for keypoint, values in positions.items():
        column = space.index(keypoint)
        is_located = np.isfinite(values).all(axis=1)
        xy[:, 0, column] = np.where(np.expand_dims(is_located, 1), values + 0.5, np.nan)
        state[:, 0, column] = np.where(is_located, LabelState.VISIBLE, _NOT)
        key = f"{series[keypoint]}/confidence"
        sure = file.read(key).get(key)
        if sure is not None and sure.shape == is_located.shape and sure.dtype.kind == "f":
            score[:, 0, column] = np.where(np.isfinite(sure), np.clip(sure, 0, 1), 1.0)
    place = f"{file.where}: '{pose}'"
    checked_size_px(folder, frame_name(video, 0), file.size_px(pose, video), place)
    return labels_from_tracks(
        space, dataset, folder, video, range(shape[0]), [pose], xy, state, score
    )
