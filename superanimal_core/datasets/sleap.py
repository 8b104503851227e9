"""SLEAP `.slp` files -> `Labels`, read as plain HDF5.

Pereira et al. 2022 (Nat Methods); layout of the tables `frames`, `instances`, `points` and
`pred_points` as in `formats 6.4` of the format notes. What a reader must know:

* The points of an instance follow the node list of its *skeleton*, whose entries are numbers into
  the file's own node list; that list is in arbitrary order and must not be used alone.
* From format 1.1 on, pixel centers are at whole numbers, so 0.5 is added. Before 1.1 the top-left
  corner of the image was (0, 0), which is our convention.
* Where people labeled some instances of a file (type 0), only those are labels; a file with
  predictions only gives those, with their scores.
* An image is a frame of a video: `top.mp4#frame=12` (see `folder`). The video lies beside the .slp,
  or its labeled frames are inside (.pkg.slp): `labels.pkg.slp/video0#frame=12`.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.datasets.deeplabcut import texts
from superanimal_core.datasets.folder import (
    DatasetFolder,
    find_images,
    frame_name,
    joined,
    parent,
    posix_name,
)
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels

USER, PREDICTED = 0, 1
CENTERED_SINCE = 1.1
EMBEDDED = "./"  # no name of a video file begins so (`posix_name`)
_WANTED = (
    "metadata@json",
    "metadata@format_id",
    "videos_json",
    "tracks_json",
    "frames",
    "instances",
    "points",
    "pred_points",
)
_FIELDS = {
    "frames": ("frame_id", "video", "frame_idx"),
    "instances": ("instance_type", "frame_id", "skeleton", "track", "point_id_start"),
    "points": ("x", "y", "visible"),
    "pred_points": ("x", "y", "visible", "score"),
}


def parse_sleap(dataset: str, folder: DatasetFolder) -> Labels:
    """The labels of all .slp files of a data set (or of one) in the skeleton's own node names.

    `group` is the video, `individual` the track's name where it is unique in its frame, otherwise
    animal0, animal1, … DatasetError names the file.
    """
    names = folder.names("*.slp")
    if not names:
        raise DatasetError(f"{folder.where('')}: no .slp file")
    files = [_SlpFile(name, folder) for name in names]
    keypoints = dict.fromkeys(k for file in files for nodes in file.skeletons for k in nodes)
    space = KeypointSpace(dataset, tuple(keypoints))
    labels = concatenate_labels([_labels_of_file(space, dataset, folder, file) for file in files])
    if not len(labels):
        raise DatasetError(f"{folder.where('')}: no instance with a visible point")
    return labels


class _SlpFile:
    """The tables of one .slp file, checked."""

    def __init__(self, name: str, folder: DatasetFolder):
        self.name, self.where = name, folder.where(name)
        arrays = folder.arrays(name, _WANTED)
        missing = [k for k in _WANTED if k not in arrays and k not in ("points", "pred_points")]
        if missing:
            raise DatasetError(f"{self.where}: no SLEAP file; it lacks {', '.join(missing)}")
        for table, fields in _FIELDS.items():
            if table in arrays and not _has_numbers(arrays[table], fields):
                raise DatasetError(f"{self.where}: table '{table}' lacks one of {list(fields)}")
        self.arrays = arrays
        self.skeletons = self._skeletons()
        try:
            self.is_centered = float(arrays["metadata@format_id"]) >= CENTERED_SINCE
            self.tracks = [str(json.loads(_text(t))[-1]) for t in arrays["tracks_json"]]
            self.videos = [_video_name(json.loads(_text(v))) for v in arrays["videos_json"]]
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as mistake:
            raise DatasetError(f"{self.where}: damaged video or track list ({mistake})") from None

    def _skeletons(self) -> list[tuple[str, ...]]:
        """Node names of each skeleton, in the order of an instance's points."""
        try:
            document = json.loads(_text(self.arrays["metadata@json"]))
            nodes = [str(node["name"]).strip() for node in document["nodes"]]
            graphs = [s.get("nx_graph", s) for s in document["skeletons"]]
            skeletons = [tuple(nodes[int(n["id"])] for n in graph["nodes"]) for graph in graphs]
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as mistake:
            raise DatasetError(f"{self.where}: damaged skeleton ({mistake})") from None
        if not skeletons or any(len(set(nodes)) < len(nodes) for nodes in skeletons):
            raise DatasetError(f"{self.where}: no skeleton, or one that names a node twice")
        return skeletons

    def rows_of(self, kind: int) -> ndarray:
        """Instances of one type (USER or PREDICTED)."""
        instances = self.arrays["instances"]
        return instances[instances["instance_type"] == kind]


def _labels_of_file(
    space: KeypointSpace, dataset: str, folder: DatasetFolder, file: _SlpFile
) -> Labels:
    users = file.rows_of(USER)
    rows, table = (users, "points") if len(users) else (file.rows_of(PREDICTED), "pred_points")
    xy, state, score = _points(space, file, rows, table)
    keep = (state >= LabelState.OCCLUDED).any(axis=1)
    rows = rows[keep]
    frames = _frames(file, rows["frame_id"])
    videos = _videos(file, folder, sorted({int(f["video"]) for f in frames}))
    video = [videos[int(frame["video"])] for frame in frames]
    image = [frame_name(v, int(f["frame_idx"])) for v, f in zip(video, frames, strict=True)]
    size = {v: folder.image_size_px(frame_name(v, 0)) for v in set(video)}
    n = len(rows)
    return Labels(
        space=space,
        source=texts([dataset] * n),
        image=texts(image),
        image_size_px=np.array([size[v] for v in video], dtype=np.int64).reshape(n, 2),
        individual=texts(_individuals(image, [int(t) for t in rows["track"]], file.tracks)),
        group=texts(video),
        split=texts([""] * n),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=xy[keep],
        state=state[keep],
        score=score[keep],
    )


def _points(
    space: KeypointSpace, file: _SlpFile, rows: ndarray, table: str
) -> tuple[Float[ndarray, "animal keypoint 2"], ndarray, Float[ndarray, "animal keypoint"]]:
    """Positions, states and scores of instances in the union of the file's skeletons."""
    points = file.arrays.get(table, np.empty(0, dtype=[(f, "f8") for f in _FIELDS[table]]))
    xy = np.full((len(rows), len(space), 2), np.nan)
    state = np.full((len(rows), len(space)), LabelState.NOT_IN_DATASET, dtype=np.int64)
    score = np.ones((len(rows), len(space)))
    for number in np.unique(rows["skeleton"]):
        if not 0 <= number < len(file.skeletons):
            raise DatasetError(f"{file.where}: an instance has the unknown skeleton {number}")
        nodes = file.skeletons[int(number)]
        animal = np.flatnonzero(rows["skeleton"] == number)
        place = rows["point_id_start"][animal].astype(np.int64)[:, None] + np.arange(len(nodes))
        if len(points) <= place.max() or place.min() < 0:
            raise DatasetError(f"{file.where}: an instance points beyond the table '{table}'")
        cell = np.ix_(animal, np.array([space.index(node) for node in nodes]))
        taken = points[place]
        xy[cell] = np.stack([taken["x"], taken["y"]], axis=2) + (0.5 if file.is_centered else 0.0)
        is_located = np.isfinite(xy[cell]).all(axis=2)
        seen = np.where(taken["visible"].astype(bool), LabelState.VISIBLE, LabelState.OCCLUDED)
        state[cell] = np.where(is_located, seen, LabelState.NOT_LABELED)
        if table == "pred_points":
            score[cell] = np.clip(np.nan_to_num(taken["score"].astype(np.float64)), 0, 1)
    xy[state < LabelState.OCCLUDED] = np.nan
    return xy, state, score


def _frames(file: _SlpFile, wanted: ndarray) -> ndarray:
    """The rows of `frames` with the wanted ids. DatasetError for an id that is not there."""
    frames = file.arrays["frames"]
    order = {int(number): i for i, number in enumerate(frames["frame_id"])}
    missing = next((int(number) for number in wanted if int(number) not in order), None)
    if missing is not None:
        raise DatasetError(f"{file.where}: an instance is in the unknown frame {missing}")
    return frames[[order[int(number)] for number in wanted]]


def _videos(file: _SlpFile, folder: DatasetFolder, numbers: Sequence[int]) -> Mapping[int, str]:
    """Video number -> its name in the data set. DatasetError when it is missing."""
    found = {}
    for number in numbers:
        if number >= len(file.videos):
            raise DatasetError(f"{file.where}: a frame is in the unknown video {number}")
        written = file.videos[number]
        if written.startswith(EMBEDDED):
            found[number] = f"{file.name}/{written.removeprefix(EMBEDDED)}"
            continue
        beside, bare = parent(file.name), written.rsplit("/", 1)[-1]
        inside = [] if re.match(r"^(/|[A-Za-z]:)|(^|/)\.\.(/|$)", written) else [written]
        candidates = {written: [joined(beside, name) for name in (*inside, bare)]}
        found[number] = find_images(folder, candidates, file.where)[written]
    return found


def _video_name(video: Any) -> str:
    """The file name in one entry of `videos_json`, or where in the file its pictures are."""
    if not isinstance(video, dict):
        raise ValueError("a video is no object")
    backend = video.get("backend", video)
    name = backend.get("filename", backend.get("filenames", ""))
    name = posix_name(name if isinstance(name, str) else "")
    if name not in ("", "."):
        return name
    inside = str(backend.get("dataset", "")).strip("/").split("/")
    if len(inside) != 2 or inside[1] != "video" or not re.fullmatch(r"[A-Za-z0-9_-]+", inside[0]):
        raise ValueError("a video has neither a file nor pictures in the package")
    return EMBEDDED + inside[0]


def _individuals(images: Sequence[str], tracks: Sequence[int], names: Sequence[str]) -> list[str]:
    """The track's name where an image has that track once, otherwise animal0, animal1, …"""
    times = Counter(zip(images, tracks, strict=True))
    count: Counter[str] = Counter()
    found = []
    for image, track in zip(images, tracks, strict=True):
        has_name = 0 <= track < len(names) and times[image, track] == 1
        found.append(names[track] if has_name else f"animal{count[image]}")
        count[image] += 1
    return found


def _has_numbers(table: ndarray, fields: Sequence[str]) -> bool:
    """True for a struct array in which all these fields are plain numbers."""
    kinds = {name: table.dtype[name] for name in table.dtype.names or ()}
    return table.ndim == 1 and all(f in kinds and kinds[f].kind in "biuf" for f in fields)


def _text(value: Any) -> str:
    """JSON text out of what HDF5 made of it."""
    value = value.item() if isinstance(value, np.ndarray | np.generic) else value
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
