"""Video adaptation (Ye et al. 2024): a network learns from confident predictions of a video.

Predict, select pseudo-labels, train a little with frozen normalization statistics, predict again.
Unlike the paper's software, low-confidence keypoints are masked (no gradient) instead of trained as
absent, an ensemble may teach (teachers), and the adapted network is kept only if frames that it did
not learn from speak for it (verdicts). How it learns: adaptation_training.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.inference.teachers import Lesson, lesson_labels
from superanimal_core.inference.teaching_frames import CHOICES, Looks
from superanimal_core.pose.labels import Labels, string_array
from superanimal_core.pose.poses import Poses

BLOCKS, BLOCK_FRAMES = 6, 10  # of held-out frames: at most so many blocks, at least so long
MOST_HELD = 600  # frames: more tell the judge no more, of a day least of all
STRETCHES = 20  # of a video: whole ones say when it has learned enough


def held_out_frames(frames: int, fraction: float) -> Int[ndarray, "held"]:
    """The numbers of the frames that adaptation must not see: blocks, evenly over a video.

    A video changes: one block says nothing of the light, the place or the animal of other times.
    """
    length = min(max(round(frames * fraction), 2), frames, MOST_HELD)
    blocks = int(np.clip(length // BLOCK_FRAMES, 1, BLOCKS))
    stops = np.linspace(0, length, blocks + 1).round().astype(int)
    sizes = np.diff(stops)
    middles = (np.arange(blocks) + 0.5) * frames / blocks
    starts = np.floor(middles - sizes / 2).astype(int)
    starts = np.clip(starts, stops[:-1], stops[:-1] + frames - length)  # where nearly all is held
    return np.concatenate([np.arange(a, a + n) for a, n in zip(starts, sizes, strict=True)])


def frame_name(video: str, frame: int) -> str:
    """What a frame of a video is called among labels."""
    return f"{video}#frame={frame}"


def labeled_frames(labels: Labels) -> list[int]:
    """The numbers of the frames that pseudo-labels are in, one for each animal."""
    return [int(str(name).rpartition("=")[2]) for name in labels.image]


def select_pseudo_labels(
    lesson: Lesson,
    own: Poses,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    image_size_px: tuple[int, int],
    *,
    video: str,
    frames: str,
    every_frames: int,
    max_frames: int,
    held: Int[ndarray, "held"],
    looks: Looks,
) -> Labels:
    """What a network is taught: some frames of a lesson, as labels.

    `own` is what the network itself says, `looks` how animals look, for choices that ask. `image`
    names the frame as `video#frame=i`. Every `every_frames`-th frame is looked at, of which at most
    `max_frames` are chosen as `frames` (CHOICES) says; those in `held` are left alone. Without
    anything taught there are no labels. Animals of one stretch of the video, a twentieth, are of
    one group.
    """
    candidates = np.setdiff1d(np.arange(0, len(lesson.poses), every_frames), held)
    has_box = np.isfinite(boxes_xyxy_px[candidates]).all(axis=2)
    at, individual = np.nonzero(lesson.is_taught()[candidates].any(axis=2) & has_box)
    frame = candidates[at]
    chosen = CHOICES[frames](lesson, own, frame, individual, max_frames, looks)
    frame, individual = frame[chosen], individual[chosen]
    labels = lesson_labels(
        lesson,
        boxes_xyxy_px,
        image_size_px,
        frame,
        individual,
        images=_names(video, frame.tolist()),
        source=video,
    )
    stretch = frame * STRETCHES // max(len(lesson.poses), 1)
    return replace(labels, group=string_array([f"{video}#{n}" for n in stretch.tolist()]))


def _names(video: str, frames: Sequence[int]) -> list[str]:
    return [frame_name(video, frame) for frame in frames]
