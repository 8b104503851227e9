"""The poses of a video, as a study keeps them, written for another program."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from superanimal_core.errors import VideoError
from superanimal_core.formats.exports import EXPORTS
from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.pose_files import read_smoothed_and_error
from superanimal_core.tables.spaces import read_taught

STAGE = "export_poses"


def export_video(
    poses: str | Path, folder: str | Path, format: str, *, video: str, file: str, noise_px2: float
) -> None:
    """Write the files of one format (of `EXPORTS`) into a folder, from a video's poses.parquet.

    `file` is the name of the video's file, `noise_px2` what the smoother knew of one network.
    VideoError when the video has failed, or shows more animals than the format knows.
    """
    export = EXPORTS[format]
    exported = read_exported(poses, video, file, is_raw=export.is_raw, noise_px2=noise_px2)
    animals = len(exported.poses.individuals)
    if export.takes_one and animals > 1:
        raise VideoError(STAGE, f"{format} knows one animal, and '{video}' has {animals}")
    export.write(exported, Path(folder))


def read_exported(
    path: str | Path, video: str, file: str, *, is_raw: bool, noise_px2: float
) -> ExportedPoses:
    """What is given away of poses.parquet: the keypoints that a network was taught."""
    smoothed, expected = read_smoothed_and_error(path)
    taught = read_taught(path)
    whole = smoothed.poses.space
    some = smoothed.of_keypoints(taught)
    some = replace(some, poses=replace(some.poses, space=part_of(whole, taught)))
    xy = some.raw_xy_px if is_raw else some.poses.xy_px
    return ExportedPoses(video, file, some, expected.of_keypoints(whole, taught), xy, noise_px2)


def part_of(space: KeypointSpace, names: Sequence[str]) -> KeypointSpace:
    """Some keypoints of a space, with the bones and mirror pairs among them."""
    sigmas = [space.oks_sigmas[space.index(name)] for name in names] if space.oks_sigmas else []
    return KeypointSpace(
        space.name,
        tuple(names),
        tuple(pair for pair in space.mirror_pairs if set(pair) <= set(names)),
        tuple(bone for bone in space.bones if set(bone) <= set(names)),
        tuple(sigmas),
    )
