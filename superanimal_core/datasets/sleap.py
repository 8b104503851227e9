"""SLEAP `.slp` files -> `Labels`, read as plain HDF5.

Pereira et al. 2022 (Nat Methods); layout of the tables `frames`, `instances`, `points` and
`pred_points` as in `formats 6.4` of the format notes. What a reader must know:

* The points of an instance follow the node list of its *skeleton*, whose entries are numbers into
  the file's own node list; that list is in arbitrary order and must not be used alone.
* From format 1.1 on, pixel centers are at whole numbers, so 0.5 is added. Before 1.1 the top-left
  corner of the image was (0, 0), which is our convention.
* A point that is not visible is none, wherever it lies: SLEAP keeps there what its template, or a
  person before the node was set to not visible, left, and trains on nothing of it (`Instance.numpy`
  of sleap-io: NaN).
* Where people labeled some instances of a file (type 0), only those are labels; a file with
  predictions only gives those, with their scores.
* An image is a frame of a video: `top.mp4#frame=12` (see `folder`). The video lies beside the .slp,
  or its labeled frames are inside (.pkg.slp): `labels.pkg.slp/video0#frame=12`, or it is a list of
  pictures, whose frame k is the k-th of them.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.datasets.folder import (
    DatasetFolder,
    Written,
    candidates,
    find_images,
    frame_name,
    parent,
)
from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.datasets.sleap_skeleton import body_edges
from superanimal_core.datasets.sleap_videos import SleapVideo, parse_video
from superanimal_core.datasets.tracks import together
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, string_array

USER, PREDICTED = 0, 1
CENTERED_SINCE = 1.1
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
        old = next(iter(folder.names("*.json")), "")
        way = f"; if {old} is of an old SLEAP, open it in SLEAP and save it as .slp" if old else ""
        raise DatasetError(f"{folder.where('')}: no .slp file{way}")
    files = [SlpFile(name, folder) for name in names]
    keypoints = dict.fromkeys(k for file in files for nodes in file.skeletons for k in nodes)
    space = KeypointSpace(dataset, tuple(keypoints))
    labeled = [_labeled_instances(space, file) for file in files]
    wanted = {
        (file.name, written): candidates(written, [parent(file.name)])
        for file, own in zip(files, labeled, strict=True)
        for written in own.written_names()
    }
    found = find_images(folder, wanted, files[0].where if len(files) == 1 else folder.where(""))
    return together(
        {
            file.where: _labels_of_file(space, dataset, folder, own, found)
            for file, own in zip(files, labeled, strict=True)
        },
        folder.where(""),
    )


class SlpFile:
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
        self.skeletons, self.edges = self._skeletons()
        try:
            self.is_centered = float(arrays["metadata@format_id"]) >= CENTERED_SINCE
            self.tracks = [str(json.loads(_text(t))[-1]) for t in arrays["tracks_json"]]
            self.videos = [parse_video(json.loads(_text(v)), name) for v in arrays["videos_json"]]
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as mistake:
            raise DatasetError(f"{self.where}: damaged video or track list ({mistake})") from None

    def _skeletons(self) -> tuple[list[tuple[str, ...]], tuple[tuple[str, str], ...]]:
        """Node names of each skeleton, in the order of an instance's points; edges of the body."""
        try:
            document = json.loads(_text(self.arrays["metadata@json"]))
            nodes = [str(node["name"]).strip() for node in document["nodes"]]
            graphs = [s.get("nx_graph", s) for s in document["skeletons"]]
            skeletons = [tuple(nodes[int(n["id"])] for n in graph["nodes"]) for graph in graphs]
            edges = body_edges(document)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as mistake:
            raise DatasetError(f"{self.where}: damaged skeleton ({mistake})") from None
        if not skeletons or any(len(set(nodes)) < len(nodes) for nodes in skeletons):
            raise DatasetError(f"{self.where}: no skeleton, or one that names a node twice")
        return skeletons, edges

    def rows_of(self, kind: int) -> ndarray:
        """Instances of one type (USER or PREDICTED)."""
        instances = self.arrays["instances"]
        return instances[instances["instance_type"] == kind]


@dataclass(frozen=True)
class _Instances:
    """The labeled instances of a file: rows of its table with the positions of their points, and
    for each the video and the number of its frame."""

    file: SlpFile
    rows: ndarray
    frames: Sequence[tuple[SleapVideo, int]]
    xy_px: Float[ndarray, "animal keypoint 2"]
    state: ndarray
    score: Float[ndarray, "animal keypoint"]

    def written_names(self) -> list[str]:
        """The files outside of this one that hold the labeled pictures, as they are written."""
        names = [video.file_of(frame) for video, frame in self.frames if not video.inside]
        return list(dict.fromkeys(names))


def _labeled_instances(space: KeypointSpace, file: SlpFile) -> _Instances:
    users = file.rows_of(USER)
    rows, table = (users, "points") if len(users) else (file.rows_of(PREDICTED), "pred_points")
    xy, state, score = points_of(space, file, rows, table)
    keep = (state >= LabelState.OCCLUDED).any(axis=1)
    frames = frames_of(file, rows[keep]["frame_id"])
    pairs = [(_video(file, int(f["video"])), int(f["frame_idx"])) for f in frames]
    for video, frame in pairs:
        if video.pictures and frame >= len(video.pictures):
            raise DatasetError(
                f"{file.where}: labels name picture {frame} of a list of {len(video.pictures)}"
            )
    return _Instances(file, rows[keep], pairs, xy[keep], state[keep], score[keep])


def _labels_of_file(
    space: KeypointSpace,
    dataset: str,
    folder: DatasetFolder,
    own: _Instances,
    found: Mapping[Written, str],
) -> Labels:
    file, n = own.file, len(own.rows)
    image, size = [], []
    sizes: dict[str, tuple[int, int]] = {}
    for video, frame in own.frames:
        name = _image(file, video, frame, found)
        what = name if video.pictures else split_frame_name(name)[0]
        if what not in sizes:
            sizes[what] = checked_size_px(folder, name, video.size_px, file.where)
        image.append(name)
        size.append(sizes[what])
    return Labels(
        space=space,
        source=string_array([dataset] * n),
        image=string_array(image),
        image_size_px=np.array(size, dtype=np.int64).reshape(n, 2),
        individual=string_array(
            _individuals(image, [int(t) for t in own.rows["track"]], file.tracks)
        ),
        group=string_array([_group(name) for name in image]),
        split=string_array([""] * n),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=own.xy_px,
        state=own.state,
        score=own.score,
    )


def _image(file: SlpFile, video: SleapVideo, frame: int, found: Mapping[Written, str]) -> str:
    """Name of a labeled picture in the data set."""
    if video.inside:
        return frame_name(f"{file.name}/{video.inside}", frame)
    name = found[file.name, video.file_of(frame)]
    return name if video.pictures else frame_name(name, frame)


def _group(image: str) -> str:
    """The video of a frame, the folder of a picture."""
    video, frame = split_frame_name(image)
    return (parent(image) or image) if frame is None else video


def points_of(
    space: KeypointSpace, file: SlpFile, rows: ndarray, table: str
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
        is_located = np.isfinite(xy[cell]).all(axis=2) & taken["visible"].astype(bool)
        state[cell] = np.where(is_located, LabelState.VISIBLE, LabelState.NOT_LABELED)
        if table == "pred_points":
            score[cell] = np.clip(np.nan_to_num(taken["score"].astype(np.float64)), 0, 1)
    xy[state < LabelState.OCCLUDED] = np.nan
    return xy, state, score


def frames_of(file: SlpFile, wanted: ndarray) -> ndarray:
    """The rows of `frames` with the wanted ids. DatasetError for an id that is not there."""
    frames = file.arrays["frames"]
    order = {int(number): i for i, number in enumerate(frames["frame_id"])}
    missing = next((int(number) for number in wanted if int(number) not in order), None)
    if missing is not None:
        raise DatasetError(f"{file.where}: an instance is in the unknown frame {missing}")
    return frames[[order[int(number)] for number in wanted]]


def _video(file: SlpFile, number: int) -> SleapVideo:
    if number >= len(file.videos):
        raise DatasetError(f"{file.where}: a frame is in the unknown video {number}")
    return file.videos[number]


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


def _text(value: object) -> str:
    """JSON text out of what HDF5 made of it."""
    value = value.item() if isinstance(value, np.ndarray | np.generic) else value
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
