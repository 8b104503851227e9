"""frames.parquet and boxes.parquet: a video's frames, and where its animals are.

The boxes are those that the poses were seen in, after those that had lost their animal were found
again: what all later steps use.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.media.frame_index import FrameIndex
from superanimal_core.tables.parquet import read_parquet, read_record
from superanimal_core.tables.schemas import dictionary_array

SIDES = ("x0_px", "y0_px", "x1_px", "y1_px")
INTERPOLATED, AROUND_POSE = "interpolated", "around the pose"
SOURCES = ("none", "detected", INTERPOLATED, "found again", AROUND_POSE)


def frames_to_table(frames: FrameIndex) -> pa.Table:
    """One row per frame."""
    return pa.table(
        {
            "frame": pa.array(frames.frame),
            "time_s": pa.array(frames.time_s),
            "is_decoded": pa.array(frames.is_decoded),
            "is_estimated_time": pa.array(frames.is_estimated),
        }
    )


def frames_record(frames: FrameIndex) -> dict[str, object]:
    """What belongs to the video as a whole, for the metadata of frames.parquet."""
    return {
        "width_px": frames.width_px,
        "height_px": frames.height_px,
        "fps": frames.fps,
        "first_frame_s": float(frames.time_s[0]),
        "container_frames": frames.container_frames,
        "packets_without_frame": frames.packets_without_frame,
        "lost_at_frame": frames.lost_at_frame,
        "frames_left_out": frames.frames_left_out,
        "left_out_after_frame": frames.left_out_after_frame,
        "missing_end_s": frames.missing_end_s,
        "is_torn": frames.is_torn,
        "is_estimated_time": frames.is_estimated_time,
        "estimated_times": int(frames.is_estimated.sum()),
        "rotation_deg": frames.rotation_deg,
        "is_mirrored": frames.is_mirrored,
        "video_streams": frames.video_streams,
    }


def read_times(path: str | Path) -> Float[ndarray, "frame"]:
    """Time (s) of every frame from the file's start. VideoError when the video has failed."""
    return read_parquet(path)["time_s"].to_numpy()


def read_stamps(path: str | Path, fps: float | None) -> Float[ndarray, "frame"] | None:
    """The same where frames can be found by it in the file; None where they must be counted.

    That is where a rate (`fps`, Hz) overrides the file's times, where one of them is estimated, or
    where the first frame is damaged. VideoError when the video has failed.
    """
    frames = read_parquet(path)
    is_told = fps is None and not frames["is_estimated_time"].to_numpy().any()
    is_told = is_told and len(frames) > 0 and frames["is_decoded"][0].as_py()
    return frames["time_s"].to_numpy() if is_told else None


def read_frame_size(path: str | Path) -> tuple[int, int]:
    """(width, height) of a video in pixels, from frames.parquet."""
    record = read_record(path)
    return record["width_px"], record["height_px"]


def boxes_to_table(
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    scores: Float[ndarray, "frame individual"],
    time_s: Float[ndarray, "frame"],
    is_found_again: Bool[ndarray, "frame individual"],
    otherwise: str = INTERPOLATED,
) -> pa.Table:
    """One row per frame and individual; score is NaN where a box is not the detector's first.

    `source` says whether a box was detected, found again, or where it comes from `otherwise`.
    """
    frames, individuals = scores.shape
    names = [f"animal{i}" for i in range(individuals)]
    flat = boxes_xyxy_px.reshape(-1, 4).astype(np.float32)
    is_there = np.isfinite(flat).all(axis=1)
    known = [~is_there, np.isfinite(scores).ravel(), is_found_again.ravel()]
    which = np.select(known, [0, 1, 3], SOURCES.index(otherwise))
    return pa.table(
        {
            "frame": pa.array(np.repeat(np.arange(frames, dtype=np.int32), individuals)),
            "time_s": pa.array(np.repeat(time_s, individuals)),
            "individual": dictionary_array(names * frames),
            **{side: pa.array(flat[:, i]) for i, side in enumerate(SIDES)},
            "score": pa.array(scores.astype(np.float32).ravel()),
            "source": pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), list(SOURCES)),
        }
    )


def read_boxes(path: str | Path) -> Float[ndarray, "frame individual 4"]:
    """Boxes of every frame and individual. VideoError when the video has failed."""
    table = read_parquet(path)
    individuals = len(table["individual"].unique())
    flat = np.column_stack([table[side].to_numpy() for side in SIDES]).astype(np.float64)
    return flat.reshape(-1, individuals, 4)
