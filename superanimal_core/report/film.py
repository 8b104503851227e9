"""A video with all that is drawn into it, and which parts of it are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.clips import Part, chosen_clips
from superanimal_core.report.frame_doubt import FrameDoubt, frame_doubt
from superanimal_core.report.running import Running, behaviors, stances
from superanimal_core.settings.report import CLIPS, LabeledVideoSettings
from superanimal_core.tables.animal_names import animal_names
from superanimal_core.tables.parquet import read_parquet
from superanimal_core.tables.pose_files import read_in_chunks, read_individuals
from superanimal_core.tables.spaces import read_space, read_taught
from superanimal_core.tables.video_tables import read_boxes, read_stamps, read_times


@dataclass(frozen=True)
class Film:
    """What is known of a video, and what of it is drawn.

    `video` and `poses` are its file and its poses.parquet, which are read part by part. `time_s` is
    the time of every frame, `stamp_s` the same where it is the file's own, else None. `names`,
    `stands` and `does` are of each individual; keypoints that score less than `min_score` are left
    out; `trail` is the keypoint whose way is drawn.
    """

    video: str
    poses: str
    time_s: Float[ndarray, "frame"]
    stamp_s: Float[ndarray, "frame"] | None
    space: KeypointSpace
    taught: Sequence[str]
    names: Sequence[str]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    stands: Sequence[Running]
    does: Sequence[Running]
    doubt: FrameDoubt
    trail: str | None
    min_score: float
    shown: LabeledVideoSettings

    @property
    def fps(self) -> float:
        """Frames over the time that they cover (Hz); NaN for a single frame."""
        return frames_per_second(self.time_s)


def read_film(
    inputs: Mapping[str, str], video: str, settings: Mapping[str, Any], fps: float | None
) -> Film:
    """Read what is drawn into a video. VideoError when the video has failed.

    `inputs` are its file, `video`, and its tables by name; `settings` are those of the rule, with
    what the animal is `called`. `fps`: that of the sheet, if it overrides the file's time stamps.
    """
    individuals = read_individuals(inputs["poses"])
    own = {(video, name): name for name in individuals}
    called = animal_names(own, {video: settings["called"]})
    strides, bouts = (read_parquet(inputs[name]).to_pylist() for name in ("strides", "bouts"))
    taught = read_taught(inputs["poses"])
    standing, doing = stances(strides, individuals), behaviors(bouts, individuals)
    return Film(
        video=inputs["video"],
        poses=inputs["poses"],
        time_s=read_times(inputs["frames"]),
        stamp_s=read_stamps(inputs["frames"], fps),
        space=read_space(inputs["poses"]),
        taught=taught,
        names=[called[key].removeprefix(f"{settings['called']}/") for key in own],
        boxes_xyxy_px=read_boxes(inputs["boxes"]),
        stands=[standing[name] for name in individuals],
        does=[doing[name] for name in individuals],
        doubt=frame_doubt(read_in_chunks(inputs["poses"])),
        trail=settings["trail"] if settings["trail"] in taught else None,
        min_score=settings["min_score"],
        shown=LabeledVideoSettings(**settings["shown"]),
    )


def parts_shown(film: Film, video: str) -> list[Part]:
    """The whole video, or the clips that the settings ask for; the lot depends on its name."""
    frames, shown = len(film.doubt.score), film.shown
    if shown.shows != CLIPS or not frames:
        return [Part(0, frames)]
    rate_hz = film.fps if np.isfinite(film.fps) else 1.0
    length = max(round(shown.clip_s * rate_hz), 1)
    worst = film.doubt.worst_last()
    return chosen_clips(worst, length, shown.worst_clips, shown.random_clips, video)
