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
from superanimal_core.report.label_pictures import Image, as_jpeg, draw_labels

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

    `score` is that of the frame's least sure animal: the mean over the keypoints that the video
    shows at all, an absent one counts 0; NaN without an animal. `doubt_px`: `frame_doubt_px`.
    """

    smoothed: SmoothedPoses
    expected: ExpectedError
    score: Float[ndarray, "frame"]
    doubt_px: Float[ndarray, "frame"]


def seen_in(smoothed: SmoothedPoses, expected: ExpectedError) -> Seen:
    """What the frames show, by the poses and their expected error."""
    score = animal_scores(smoothed)
    least = np.where(np.isfinite(score), score, np.inf).min(axis=1, initial=np.inf)
    least = np.where(np.isfinite(least), least, np.nan)
    return Seen(smoothed, expected, least, frame_doubt_px(smoothed, expected))


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


def animal_scores(smoothed: SmoothedPoses) -> Float[ndarray, "frame individual"]:
    """Mean score over the keypoints that the video shows at all; NaN where there is no animal."""
    is_seen = np.isfinite(smoothed.poses.xy_px).all(axis=-1)
    shown = is_seen.reshape(-1, len(smoothed.poses.space)).any(axis=0)
    total = np.where(is_seen, smoothed.poses.score, 0.0)[..., shown].sum(axis=-1)
    return np.where(is_seen.any(axis=-1), total / max(int(shown.sum()), 1), np.nan)


def frame_doubt_px(smoothed: SmoothedPoses, expected: ExpectedError) -> Float[ndarray, "frame"]:
    """Median radius of a frame's circles of 90 %; where there are none, how far networks differ."""
    radius_px = expected.radius_90_px
    if not np.isfinite(radius_px).any():
        radius_px = np.sqrt(smoothed.ensemble_variance_px2.sum(axis=-1))
    is_known = np.isfinite(smoothed.poses.xy_px).all(axis=-1) & np.isfinite(radius_px)
    frames, animals, keypoints = is_known.shape
    flat = np.where(is_known, radius_px, np.nan).reshape(frames, animals * keypoints)
    doubt_px = np.full(frames, np.nan)
    has_any = is_known.any(axis=(1, 2))
    doubt_px[has_any] = np.nanmedian(flat[has_any], axis=1)
    return doubt_px


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
