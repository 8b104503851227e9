"""A small study of one video, written to files, as a film that is drawn."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from superanimal_core.media.frame_index import index_frames
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.film import read_film
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import write_smoothed
from superanimal_core.tables.video_tables import boxes_to_table, frames_record, frames_to_table

SPACE = KeypointSpace("three", ("nose", "neck", "tail"), (), (("nose", "neck"), ("neck", "tail")))
SHOWN = {
    "shows": "whole",
    "worst_clips": 1,
    "random_clips": 1,
    "clip_s": 0.2,
    "names": False,
    "legend": False,
    "boxes": False,
    "circles": False,
    "trail": "center",
    "trail_s": 0.2,
    "footfalls": False,
    "behaviors": False,
}
STRIDES = {"individual": "string", "limb": "string", "strike_s": "double", "lift_s": "double"}
BOUTS = {"individual": "string", "behavior": "string", "start_s": "double", "stop_s": "double"}
TABLES = "poses", "frames", "boxes", "strides", "bouts"


def film_of(
    folder,
    video,
    xy_px,
    *,
    score=0.9,
    radius_px=np.nan,
    strange=False,
    taught=None,
    corners=None,
    strides=(),
    bouts=(),
    trail=None,
    called="m1",
    fps=None,
    min_score=0.3,
    space=SPACE,
    **shown,
):
    """Write tables about a video, whose poses are `xy_px` (frame, individual, keypoint, 2)."""
    account = index_frames(video, fps)
    shape, count = xy_px.shape[:3], len(account.frame)
    assert len(xy_px) == count, count
    names = tuple(f"animal{i}" for i in range(shape[1]))
    scores = np.where(np.isfinite(xy_px).all(axis=-1), score, 0.0)
    poses = Poses(space, names, account.time_s, xy_px, scores)
    nothing = np.zeros(xy_px.shape)
    members, strength = np.full(shape, 2), np.ones(shape[1:])
    smoothed = SmoothedPoses(poses, nothing, xy_px, nothing, members, strength)
    expected = replace(
        unknown_error(shape),
        radius_90_px=np.broadcast_to(radius_px, shape),
        is_extrapolated=np.broadcast_to(strange, shape[:2]),
    )
    write_smoothed(smoothed, folder / "poses.parquet", {}, expected, taught)
    write_parquet(frames_to_table(account), folder / "frames.parquet", frames_record(account))
    corners = np.full((*shape[:2], 4), np.nan) if corners is None else corners
    there = np.zeros(shape[:2], bool)
    table = boxes_to_table(corners, np.full(shape[:2], 0.9), account.time_s, there)
    write_parquet(table, folder / "boxes.parquet", {})
    for name, rows, columns in (("strides", strides, STRIDES), ("bouts", bouts, BOUTS)):
        found = pa.Table.from_pylist([*rows], pa.schema([*columns.items()]))
        write_parquet(found, folder / f"{name}.parquet", {})
    inputs = {name: str(folder / f"{name}.parquet") for name in TABLES}
    settings = {"min_score": min_score, "trail": trail, "called": called, "shown": SHOWN | shown}
    return read_film(inputs | {"video": str(video)}, "m1", settings, fps)
