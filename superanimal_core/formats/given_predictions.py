"""Predictions of other programs as those of an ensemble: one file for each network.

They get the frames of the video, the keypoints of a space and the animals of the first network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.datasets.sleap_analysis import names_in
from superanimal_core.datasets.unify import ConversionRow, conversion_from_rows
from superanimal_core.errors import DatasetError, SuperAnimalError, VideoError
from superanimal_core.formats.hdf_tables import read_arrays, read_hdf_table
from superanimal_core.formats.prediction_files import agreeing, csv_header, read_predictions
from superanimal_core.formats.sleap_predictions import keypoints_of_project, read_sleap_project
from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.individuals import match_individuals
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.tables.spaces import read_space

STAGE = "read_predictions"
UNIQUE = "single"  # what DeepLabCut calls the individual of body parts that belong to no animal
MOST_INDIVIDUALS = 100
MOST_MORE_FRAMES = 0.01  # part of the video: programs differ in what a damaged end still shows
FEWEST_REGULAR = 10  # frames with a pose, to say that they are evenly apart


@dataclass(frozen=True)
class GivenPredictions:
    """What some networks predicted of a video, and what is odd about their files.

    `taught` are the keypoints of the space that the files speak of.
    """

    members: tuple[Poses, ...]
    taught: tuple[str, ...]
    flags: tuple[str, ...]


def read_given(
    paths: Sequence[str],
    format: str,
    video: str,
    space: KeypointSpace,
    rows: Sequence[ConversionRow] | None,
    time_s: Float[ndarray, "frame"],
) -> GivenPredictions:
    """The predictions in some files, in `space`, with the time (s) of every frame of the video.

    `video` is the name of the video's file without its ending, for projects that hold several;
    `rows` the conversion table from the files' keypoints; without it they have the space's names.
    Frames that no file has are absent. VideoError, with one sentence, for files that cannot be
    read, contradict each other, or are of a longer video.
    """
    try:
        members = agreeing([READERS[format](Path(p), video) for p in paths], [*map(Path, paths)])
        if len(members[0].individuals) > MOST_INDIVIDUALS:
            raise DatasetError(
                f"{paths[0]}: {len(members[0].individuals)} individuals, at most "
                f"{MOST_INDIVIDUALS} are read; join the pieces of its tracks first"
            )
        members = match_individuals(without_unique(members, rows, space, paths[0]))
        unified = [in_space(member, rows, space, paths[0]) for member in members]
    except DatasetError as mistake:
        raise VideoError(STAGE, "; ".join(str(mistake).split("\n"))) from mistake
    flags = _frame_flags(members[0], len(time_s), paths[0])
    flags += apart_flags(unified, [Path(path).name for path in paths])
    taught = [u for u in _conversion(members[0], rows, space, paths[0]).values() if u]
    return GivenPredictions(
        tuple(with_frames(member, time_s) for member in unified),
        tuple(name for name in space.keypoints if name in taught),
        tuple(flags),
    )


def _frame_flags(poses: Poses, frames: int, path: str) -> list[str]:
    """What to say where a file has other frames than its video. VideoError for far too many."""
    name, given = Path(path).name, len(poses)
    known = np.flatnonzero(np.isfinite(poses.xy_px).any(axis=(1, 2, 3)))
    gaps = _even_gaps(known)
    if given > frames * (1 + MOST_MORE_FRAMES) + 1:
        raise VideoError(
            STAGE,
            f"{path}: predictions of {given} frames{gaps}, but the video has {frames}; are they of "
            "another video?",
        )
    if given == frames and not gaps:
        return []
    if given == frames + 1 and len(known) and known[0] == 1:
        return [
            f"{name} has frames 1 to {frames}, the video 0 to {frames - 1}: are they numbered from "
            "1? Every position would be a frame late"
        ]
    if given == frames:
        end = "the others have no pose"
    else:
        end = "its last ones have no pose" if given < frames else "the last ones are left out"
    every = round(frames / max(given, 1))
    if every > 1 and abs(frames - every * given) <= max(every, MOST_MORE_FRAMES * frames):
        end += (
            f"; predictions of a copy with 1 frame in {every} are at wrong times here, so that the "
            "copy must stand in the column 'path'"
        )
    return [f"{name} has {given} frames{gaps}, the video {frames}: {end}"]


def _even_gaps(known: Int[ndarray, "known"]) -> str:
    """What to say of frames with a pose that are evenly apart; '' where they are not."""
    steps = np.unique(np.diff(known))
    if len(known) < FEWEST_REGULAR or len(steps) > 1 or steps[0] == 1:
        return ""
    return f" (1 in {steps[0]} has a pose, from frame {known[0]} on)"


def apart_flags(members: Sequence[Poses], names: Sequence[str]) -> list[str]:
    """A sentence on each network that lies an animal's length away from the first in most frames.

    Networks err, but not so: it is most often a file of another video with as many frames.
    """
    first, flags = members[0], []
    flat = first.xy_px.reshape(-1, *first.xy_px.shape[2:])
    size_px = longer_side_px(boxes_from_keypoints(flat, margin_px=0.0))
    for member, name in zip(members[1:], names[1:], strict=True):
        apart = np.linalg.norm(member.xy_px - first.xy_px, axis=-1).reshape(flat.shape[:2])
        with np.errstate(invalid="ignore", divide="ignore"):
            lengths = apart / size_px[:, None]
        known = lengths[np.isfinite(lengths)]
        if len(known) and np.median(known) > 1:
            flags.append(
                f"{name} lies {np.median(known):.1f} lengths of the animal away from {names[0]} in "
                "half of the frames: are both of this video?"
            )
    return flags


def with_frames(poses: Poses, time_s: Float[ndarray, "frame"]) -> Poses:
    """Poses at the frames of a video: what is beyond its end is left out, what lacks is absent."""
    frames, kept = len(time_s), min(len(poses), len(time_s))
    xy = np.full((frames, *poses.xy_px.shape[1:]), np.nan)
    score = np.zeros((frames, *poses.score.shape[1:]))
    xy[:kept], score[:kept] = poses.xy_px[:kept], poses.score[:kept]
    return replace(poses, time_s=time_s, xy_px=xy, score=score)


def in_space(
    poses: Poses, rows: Sequence[ConversionRow] | None, space: KeypointSpace, where: str
) -> Poses:
    """Poses with the keypoints of a space; those that the file does not have are absent.

    DatasetError for keypoints that neither the space nor the table knows.
    """
    unified = _conversion(poses, rows, space, where)
    frames, individuals, _ = poses.score.shape
    xy = np.full((frames, individuals, len(space), 2), np.nan)
    score = np.zeros((frames, individuals, len(space)))
    for column, keypoint in enumerate(poses.space.keypoints):
        if target := unified[keypoint]:
            xy[:, :, space.index(target)] = poses.xy_px[:, :, column]
            score[:, :, space.index(target)] = poses.score[:, :, column]
    return replace(poses, space=space, xy_px=xy, score=score)


def without_unique(
    members: Sequence[Poses], rows: Sequence[ConversionRow] | None, space: KeypointSpace, where: str
) -> list[Poses]:
    """Without DeepLabCut's individual of unique body parts, such as corners: it is no animal.

    It stays where one of its keypoints is a keypoint of the space.
    """
    names = members[0].individuals
    if UNIQUE not in names or len(names) == 1:
        return list(members)
    target, number = _conversion(members[0], rows, space, where), names.index(UNIQUE)
    for member in members:
        is_known = np.asarray(np.isfinite(member.xy_px[:, number]).any(axis=(0, 2)))
        if any(target[name] for name, own in zip(target, is_known, strict=True) if own):
            return list(members)
    kept = [i for i in range(len(names)) if i != number]
    return [
        replace(
            member,
            individuals=tuple(names[i] for i in kept),
            xy_px=member.xy_px[:, kept],
            score=member.score[:, kept],
        )
        for member in members
    ]


def _conversion(
    poses: Poses, rows: Sequence[ConversionRow] | None, space: KeypointSpace, where: str
) -> dict[str, str | None]:
    if rows is not None:
        own = KeypointSpace(Path(where).name, poses.space.keypoints)
        return dict(conversion_from_rows(rows, own, space, "conversion table").unified)
    unknown = [name for name in poses.space.keypoints if name not in space.keypoints]
    if unknown:
        raise DatasetError(f"{where}: keypoint space '{space.name}' has no {', '.join(unknown)}")
    return {name: name for name in poses.space.keypoints}


def _of_table(path: Path, video: str) -> Poses:
    return read_predictions(path, fps=1.0)


def _of_sleap(path: Path, video: str) -> Poses:
    is_project = path.suffix.lower() == ".slp"
    return read_sleap_project(path, video) if is_project else read_predictions(path, fps=1.0)


def _of_ours(path: Path, video: str) -> Poses:
    try:
        return read_poses(path)
    except (pa.ArrowException, OSError, LookupError, SuperAnimalError):
        raise DatasetError(
            f"{path}: is no poses.parquet or predicted/member-0.parquet of this program"
        ) from None


READERS: dict[str, Callable[[Path, str], Poses]] = {
    "deeplabcut": _of_table,
    "lightning_pose": _of_table,
    "eks": _of_table,
    "sleap": _of_sleap,
    "poses": _of_ours,
}


def keypoints_in(path: Path, format: str) -> tuple[str, ...]:
    """The names of the keypoints in a file, of a text from its first lines alone.

    DatasetError when it cannot be read.
    """
    suffix, where = path.suffix.lower(), str(path)
    if format == "poses":
        return read_space(path).keypoints
    if suffix == ".slp":
        return keypoints_of_project(path)
    if suffix == ".csv":
        return csv_header(path).all_keypoints
    named = read_arrays(path, ["node_names"], where)
    if "node_names" in named:
        return tuple(name.strip() for name in names_in(named["node_names"]))
    return read_hdf_table(path, where).all_keypoints
