"""Settings of the adaptation to a video."""

from typing import Annotated, Literal

from pydantic import Field

from superanimal_core.settings.section import Count, Fraction, Positive, Section


class AdaptationSettings(Section):
    """Per-video unsupervised adaptation on confident predictions, and when it is kept."""

    enabled: bool
    when: Literal["needed", "always"]
    teacher: Literal["own", "median", "smoothed"]
    min_score: Fraction
    frames: Literal["spread", "informative"]
    every_frames: Count
    max_frames: Count
    held_out_fraction: Fraction
    steps: Annotated[int, Field(ge=0)]
    batch: Count
    learning_rate: Positive
    max_jitter_ratio: Positive
    max_displacement_ratio: Positive
