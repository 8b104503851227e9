"""What a SLEAP project (.slp) says of one of its videos, frame by frame, as `Poses`.

Predicted instances, and those that a person corrected: of one track in one frame the person's
counts. Instances without a track have no name; they are counted in each frame.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.datasets.sleap import PREDICTED, USER, SlpFile, frames_of, points_of
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

TABLES = {USER: "points", PREDICTED: "pred_points"}
MOST_FRAMES_PER_INSTANCE = 1000  # a frame number beyond is none


def read_sleap_project(path: Path, video: str) -> Poses:
    """The animals of one video; frame k has the time stamp k (s).

    `video` is its file's name without ending; a project of one video needs no such name.
    DatasetError when the project cannot be read, has no such video, or nothing in it.
    """
    file = SlpFile(path.name, DiskFolder(path))
    space = KeypointSpace("predictions", keypoints_of(file))
    number = _video(file, video)
    parts = [_instances(space, file, kind, number) for kind in (USER, PREDICTED)]
    frame, track = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    xy, score = (np.concatenate([part[i] for part in parts]) for i in (2, 3))
    if not len(frame):
        raise DatasetError(f"{path}: no animal in the video '{video}'")
    if frame.max() > MOST_FRAMES_PER_INSTANCE * len(frame):
        raise DatasetError(f"{path}: frame {frame.max()} in a video of {len(frame)} instances")
    kept = _kept(frame, track, np.arange(len(frame)) < len(parts[0][0]))
    frame, track, xy, score = frame[kept], track[kept], xy[kept], score[kept]
    names, place = _names(file, frame, track)
    shape = (int(frame.max()) + 1, len(names), len(space))
    all_xy, all_score = np.full((*shape, 2), np.nan), np.zeros(shape)
    all_xy[frame, place], all_score[frame, place] = xy, score
    return Poses(space, names, np.arange(shape[0], dtype=float), all_xy, all_score)


def keypoints_of_project(path: Path) -> tuple[str, ...]:
    """The nodes of all skeletons of a project. DatasetError when it cannot be read."""
    return keypoints_of(SlpFile(path.name, DiskFolder(path)))


def edges_of_project(path: Path) -> tuple[tuple[str, str], ...]:
    """The lines of the body between nodes. DatasetError when it cannot be read."""
    return SlpFile(path.name, DiskFolder(path)).edges


def keypoints_of(file: SlpFile) -> tuple[str, ...]:
    """The nodes of all its skeletons, each once."""
    return tuple(dict.fromkeys(node for nodes in file.skeletons for node in nodes))


def _video(file: SlpFile, wanted: str) -> int:
    """The number of the video of that name; the only one has any name."""
    stems = [PurePosixPath(video.file or video.inside).stem for video in file.videos]
    found = [number for number, stem in enumerate(stems) if stem == wanted]
    if len(found) == 1:
        return found[0]
    if len(stems) == 1:
        return 0
    raise DatasetError(
        f"{file.where}: {len(found) or 'none'} of its {len(stems)} videos is called '{wanted}': "
        f"{', '.join(stems[:6])}"
    )


def _instances(
    space: KeypointSpace, file: SlpFile, kind: int, video: int
) -> tuple[Int[ndarray, "n"], Int[ndarray, "n"], Float[ndarray, "n k 2"], Float[ndarray, "n k"]]:
    """Frame, track, positions and scores of the instances of one kind in a video."""
    rows = file.rows_of(kind)
    frames = frames_of(file, rows["frame_id"])
    is_here = np.asarray(frames["video"] == video, dtype=bool)
    rows, frame = rows[is_here], frames[is_here]["frame_idx"].astype(np.int64)
    xy, _, score = points_of(space, file, rows, TABLES[kind])
    score = np.where(np.isfinite(xy).all(axis=2), score, 0.0)
    return frame, rows["track"].astype(np.int64), xy, score


def _kept(
    frame: Int[ndarray, "n"], track: Int[ndarray, "n"], is_users: Bool[ndarray, "n"]
) -> list[int]:
    """The instances that count: a person's, and predictions that no person's stands in for.

    Where a person's instances have no track, the frame's predictions without one do not count.
    """
    users = {(int(f), int(t)) for f, t in zip(frame[is_users], track[is_users], strict=True)}
    pairs = enumerate(zip(frame.tolist(), track.tolist(), strict=True))
    return [i for i, pair in pairs if is_users[i] or pair not in users]


def _names(
    file: SlpFile, frame: Int[ndarray, "n"], track: Int[ndarray, "n"]
) -> tuple[tuple[str, ...], Int[ndarray, "n"]]:
    """Names of the animals, and for each instance the number of its animal."""
    tracked = np.unique(track[(track >= 0) & (track < len(file.tracks))])
    number = {int(t): i for i, t in enumerate(tracked)}
    place = np.array([*_places(frame, track, number)], dtype=np.int64)
    names = [file.tracks[t] for t in tracked]
    more = int(place.max(initial=-1)) + 1 - len(names)
    names += [f"animal{i}" for i in range(more)]
    if len(set(names)) < len(names):
        names = [f"animal{i}" for i in range(len(names))]
    return tuple(names), place


def _places(
    frame: Int[ndarray, "n"], track: Int[ndarray, "n"], number: dict[int, int]
) -> Iterator[int]:
    """Each instance's animal; a second one of a track in a frame is one without a track."""
    taken: set[tuple[int, int]] = set()
    for f, t in zip(frame.tolist(), track.tolist(), strict=True):
        place = number.get(t, len(number))
        while (f, place) in taken:
            place = max(place + 1, len(number))
        taken.add((f, place))
        yield place
