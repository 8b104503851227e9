"""How much a study holds, as far as its sheet and the headers of some videos tell."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import mean

from superanimal_core.commands.study_checks import space_of
from superanimal_core.errors import VideoError
from superanimal_core.media.quick_look import VideoLook, look_at_video
from superanimal_core.settings.report import LabeledVideoSettings
from superanimal_core.study.study import Study
from superanimal_core.study.video_sheet import is_stored

SAMPLED = 50  # videos whose headers are asked for their frames
DRAWS = "label_video"  # the rule that may work on clips only


@dataclass(frozen=True)
class Load:
    """Means of a study's videos (animals, frames, frames that are drawn into, pixels of one), and
    its largest ensemble and keypoint space."""

    animals: float = 1.0
    networks: int = 1
    keypoints: int = 0
    frames: float = 0.0
    drawn_frames: float = 0.0
    pixels: float = 0.0

    def frames_of(self, rule: str) -> float:
        """The frames that a job of the rule works on."""
        return self.drawn_frames if rule == DRAWS else self.frames


def looks_at_videos(study: Study) -> dict[str, VideoLook]:
    """Some videos, by their headers; those that cannot be read, or do not say their frames, are
    left out."""
    rows = [row for row in study.videos.values() if not is_stored(row.path)]
    found = {}
    for row in rows[:: max(1, len(rows) // SAMPLED)]:
        with suppress(VideoError, OSError, ValueError):
            look = look_at_video(row.path, row.fps)
            found |= {row.video: look} if look.frames else {}
    return found


def frames_of(
    looks: Mapping[str, VideoLook], drawn: LabeledVideoSettings | None = None
) -> dict[str, float]:
    """The frames of each video, or of those that are drawn into."""
    frames = {video: float(look.frames) for video, look in looks.items()}
    if drawn is None or drawn.shows == "whole":
        return frames
    clips_s = drawn.clip_s * (drawn.worst_clips + drawn.random_clips)
    return {video: min(frames[video], clips_s * look.rate_hz) for video, look in looks.items()}


def load_of(study: Study, looks: Mapping[str, VideoLook]) -> Load:
    """The study, by the headers of some of its videos."""
    models = study.settings.models.values()
    held = Load(
        animals=mean(row.max_individuals for row in study.videos.values()),
        networks=max((len(model.seeds) for model in models), default=0),
        keypoints=max((len(space_of(study, model.space)) for model in models), default=0),
    )
    if not looks:
        return held
    drawn = frames_of(looks, study.settings.report.labeled_video)
    return replace(
        held,
        frames=mean(frames_of(looks).values()),
        drawn_frames=mean(drawn.values()),
        pixels=mean(math.prod(look.size_px) for look in looks.values()),
    )
