"""Settings of the adaptation to a video."""

from typing import Annotated, Literal

from pydantic import Field

from superanimal_core.settings.early_stopping import EarlyStoppingSettings
from superanimal_core.settings.section import Count, Fraction, Positive, Section


class AdaptationSettings(Section):
    """Unsupervised adaptation on confident predictions, of which videos, and when it is kept."""

    enabled: bool
    per: Literal["video", "session", "camera", "cohort"]
    max_videos: Count
    when: Literal["needed", "always"]
    teacher: Literal["own", "median", "smoothed"]
    min_score: Fraction
    frames: Literal["spread", "informative", "kinds"]
    every_frames: Count
    max_frames: Count
    held_out_fraction: Fraction
    steps: Annotated[int, Field(ge=0)]
    batch: Count
    learning_rate: Positive
    early_stopping: EarlyStoppingSettings | None
    max_minutes: Positive | None
    max_jitter_ratio: Positive
    max_displacement_ratio: Positive
