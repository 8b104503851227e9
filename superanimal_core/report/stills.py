"""A few frames of a video with their poses: what one would look at first to believe in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.report.frame_doubt import frame_doubt
from superanimal_core.report.label_pictures import as_jpeg, draw_labels
from superanimal_core.report.marks import Image

SIDE_PX = 240
STILLS = pa.schema(
    [
        ("shows", pa.string()),
        ("frame", pa.int32()),
        ("time_s", pa.float64()),
        ("score", pa.float32()),
        ("radius_px", pa.float32()),
        ("picture", pa.binary()),
    ]
)
BEST, MEDIAN, WORST, UNCERTAIN = "best", "median", "worst", "most uncertain"


@dataclass(frozen=True)
class Seen:
    """What the frames of a video show.

    `score` and `doubt_px` are those of `frame_doubt.FrameDoubt`.
    """

    smoothed: SmoothedPoses
    expected: ExpectedError
    score: Float[ndarray, "frame"]
    doubt_px: Float[ndarray, "frame"]


def seen_in(smoothed: SmoothedPoses, expected: ExpectedError) -> Seen:
    """What the frames show, by the poses and their expected error."""
    doubt = frame_doubt([(smoothed, expected)])
    return Seen(smoothed, expected, doubt.score, doubt.doubt_px)


def frames_to_show(seen: Seen, stop: int | None = None) -> dict[str, int]:
    """By what they show: the frames of highest, middle and lowest score, and of the widest circles.

    Of the frames with an animal, before frame `stop`. Without circles the frame in which the
    networks are furthest apart is the most uncertain; there is none where a single network saw the
    animals. Of equals the first.
    """
    there = np.flatnonzero(np.isfinite(seen.score[:stop]))
    if not len(there):
        return {}
    least, doubt_px = seen.score[there], seen.doubt_px[there]
    order = there[np.argsort(least, kind="stable")]
    highest = there[np.argmax(least)]
    found = {BEST: highest, MEDIAN: order[(len(order) - 1) // 2], WORST: order[0]}
    if np.nanmax(doubt_px, initial=0.0) > 0:
        found[UNCERTAIN] = there[np.nanargmax(doubt_px)]
    return {kind: int(frame) for kind, frame in found.items()}


def still_rows(
    seen: Seen,
    chosen: Mapping[str, int],
    images: Mapping[int, Image],
    min_score: float,
) -> list[dict[str, object]]:
    """A row for each chosen frame whose picture is there: what it shows, and the picture in JPEG.

    Keypoints that score lower than `min_score` are hollow.
    """
    smoothed, radius_px = seen.smoothed, seen.expected.radius_90_px
    return [
        {
            "shows": kind,
            "frame": frame,
            "time_s": float(smoothed.poses.time_s[frame]),
            "score": float(seen.score[frame]),
            "radius_px": float(seen.doubt_px[frame]),
            "picture": as_jpeg(
                draw_labels(
                    images[frame],
                    _as_labels(smoothed, frame, images[frame], min_score),
                    side_px=SIDE_PX,
                    radius_px=radius_px[frame],
                )
            ),
        }
        for kind, frame in chosen.items()
        if frame in images
    ]


def _as_labels(smoothed: SmoothedPoses, frame: int, image: Image, min_score: float) -> Labels:
    """The poses of a frame as labels of a picture, which is how pictures are drawn."""
    poses = smoothed.poses
    xy_px, score = poses.xy_px[frame].astype(np.float64), poses.score[frame].astype(np.float64)
    is_known = np.isfinite(xy_px).all(axis=-1)
    states = [LabelState.OCCLUDED, LabelState.VISIBLE]
    animals, named = len(poses.individuals), np.array(poses.individuals, dtype=object)
    same = np.full(animals, "", dtype=object)
    return Labels(
        space=poses.space,
        source=same,
        image=same,
        image_size_px=np.tile(np.array(image.shape[1::-1]), (animals, 1)),
        individual=named,
        group=same,
        split=same,
        box_xyxy_px=np.full((animals, 4), np.nan),
        xy_px=np.where(is_known[..., None], xy_px, np.nan),
        state=np.where(is_known, np.array(states)[(score >= min_score).astype(int)], 1),
        score=np.nan_to_num(score),
    )
