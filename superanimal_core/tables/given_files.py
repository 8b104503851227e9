"""Another program's predictions as tables of ours, and what they say where there are labels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import linear_sum_assignment

from superanimal_core.errors import DatasetError, VideoError
from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.held_out_files import Disturbed, Found
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_member_poses
from superanimal_core.tables.schemas import poses_to_table
from superanimal_core.tables.spaces import TAUGHT
from superanimal_core.tables.video_tables import AROUND_POSE, boxes_to_table

EXTRACTED = re.compile(r"^[0-9]+-(?P<video>.+)-(?P<frame>[0-9]+)$")  # formats.foreign names them so
FEW = 5  # labels of a video, which prove nothing
NUMBERED = re.compile(r"(?P<frame>[0-9]+)$")


def write_given(
    members: Sequence[Poses],
    taught: Sequence[str],
    flags: Sequence[str],
    folder: str | Path,
    boxes: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write a table for each network into a folder, and boxes around what they predict.

    `taught` are the keypoints of the space that the networks know, `flags` what is odd.
    """
    spoken = {"space": asdict(members[0].space), TAUGHT: list(taught)}
    with replacing(folder) as temporary:
        temporary.mkdir()
        for number, member in enumerate(members):
            path = temporary / f"member-{number}.parquet"
            write_parquet(poses_to_table(member), path, {**record, **spoken})
    around = boxes_around(members)
    absent = np.full(around.shape[:2], np.nan)
    is_again = np.zeros(around.shape[:2], dtype=bool)
    table = boxes_to_table(around, absent, members[0].time_s, is_again, otherwise=AROUND_POSE)
    write_parquet(table, boxes, {**record, "flags": list(flags)})


def boxes_around(members: Sequence[Poses]) -> Float[ndarray, "frame individual 4"]:
    """The boxes around all that the networks predict of an animal; NaN where it is absent."""
    xy = np.concatenate([member.xy_px for member in members], axis=2)
    flat = boxes_from_keypoints(xy.reshape(-1, *xy.shape[2:]), margin_px=0.0)
    return flat.reshape(*xy.shape[:2], 4)


def frame_of_image(image: str) -> tuple[tuple[str, ...], int] | None:
    """What the video of a labeled picture may be called, and the number of its frame.

    `lab#000-m1-000042.jpg`, a frame that was taken from a video: m1, 42; `lab/labeled-data/m1/
    img0042.png`, a picture of DeepLabCut or Lightning Pose in its video's folder: labeled-data or
    m1, 42. None for a picture without a number.
    """
    taken = image.partition("#")[2]
    if taken and (match := EXTRACTED.match(PurePosixPath(taken).stem)):
        return (match["video"],), int(match["frame"])
    path = PurePosixPath(image)
    match = NUMBERED.search(path.stem)
    return (path.parts[:-1], int(match["frame"])) if match else None


def predictions_at_labels(
    labels: Labels, folders: Sequence[str], names: Sequence[str]
) -> tuple[Labels, Found, Disturbed]:
    """The labels of frames of some videos, and what each network predicts there of these animals.

    `folders` hold the predictions of the videos that labels call `names`. Labels of other pictures
    are left out, and videos that have failed. In each frame the animals go to the labels whose
    keypoints they are nearest to; a label that is left has no prediction. DatasetError where most
    labels of a video are farther away than an animal is long: then the frames are others.
    """
    seen: dict[str, list[Poses]] = {}
    for name, folder in zip(names, folders, strict=True):
        try:
            seen[name] = read_member_poses(folder)
        except VideoError:
            continue
    place = [_place(str(image), seen) for image in labels.image]
    rows = np.array([i for i, p in enumerate(place) if p is not None], dtype=np.int64)
    members = max((len(poses) for poses in seen.values()), default=1)
    xy = np.full((members, len(labels), len(labels.space), 2), np.nan)
    score = np.zeros((members, len(labels), len(labels.space)))
    for there in dict.fromkeys(p for p in place if p is not None):
        animals = np.array([i for i in rows if place[i] == there])
        name, frame = there
        for member, poses in enumerate(seen[name]):
            at, of = _nearest(poses.xy_px[frame], labels.xy_px[animals])
            xy[member, animals[at]] = poses.xy_px[frame, of]
            score[member, animals[at]] = poses.score[frame, of]
    _refuse_other_frames(labels, xy, place)
    none = np.zeros(0, dtype=np.int64)
    disturbed = (xy[:, none], score[:, none], none, np.zeros(0, dtype=object))
    return labels.select(rows), (xy[:, rows], score[:, rows]), disturbed


def _refuse_other_frames(
    labels: Labels,
    xy_px: Float[ndarray, "member animal keypoint 2"],
    place: Sequence[tuple[str, int] | None],
) -> None:
    apart = (
        np.linalg.norm(xy_px - labels.xy_px, axis=-1) / longer_side_px(labels.box_xyxy_px)[:, None]
    )
    for name in dict.fromkeys(p[0] for p in place if p is not None):
        own = apart[:, [p is not None and p[0] == name for p in place]]
        own = own[np.isfinite(own)]
        if len(own) >= FEW and np.median(own) > 1:
            raise DatasetError(
                f"labels of the video '{name}' lie {np.median(own):.0f} lengths of the animal away "
                "from its predictions: the numbers in the pictures' names are not those of frames, "
                "or the predictions are of another video"
            )


def _place(image: str, seen: dict[str, list[Poses]]) -> tuple[str, int] | None:
    """The video and frame of a labeled picture, where there are predictions of it."""
    found = frame_of_image(image)
    named = [name for name in reversed(found[0]) if name in seen] if found else []
    if not found or not named or found[1] >= len(seen[named[0]][0]):
        return None
    return named[0], found[1]


def _nearest(
    predicted_px: Float[ndarray, "individual keypoint 2"],
    labeled_px: Float[ndarray, "animal keypoint 2"],
) -> tuple[ndarray, ndarray]:
    """Pairs of labeled animals and predicted ones, by the mean distance of shared keypoints."""
    apart = np.linalg.norm(labeled_px[:, None] - predicted_px[None], axis=-1)
    is_known = np.isfinite(apart)
    count = is_known.sum(axis=-1)
    mean = np.where(is_known, apart, 0.0).sum(axis=-1) / np.maximum(count, 1)
    cost = np.where(count > 0, mean, 1e9)
    at, of = linear_sum_assignment(cost)
    has_some = count[at, of] > 0
    return at[has_some], of[has_some]
