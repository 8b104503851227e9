"""Gait, features and behaviors: the sections of config.yaml, and what is asked of one video."""

from typing import Annotated

from pydantic import Field

from superanimal_core.settings.section import (
    Count,
    Fraction,
    NotNegative,
    NotNegativeCount,
    Positive,
    Section,
)


class FootfallSettings(Section):
    """From where on a foot stands or swings, and when there is a stride."""

    stance_speed_fraction: Fraction
    swing_speed_fraction: Fraction
    min_body_speed_bl_per_s: NotNegative
    min_phase_s: NotNegative
    belt_speed_px_per_s: float
    min_swing_frames: Count


class GaitSettings(FootfallSettings):
    """Footfalls and strides: feet and trunk of each keypoint space that has feet."""

    limbs: dict[str, list[str]]
    body: dict[str, list[str]]
    draws: NotNegativeCount


class StrideSettings(FootfallSettings):
    """The same of one video: the feet and trunk of its space, and its scale."""

    limbs: list[str]
    body: list[str]
    cm_per_px: Positive | None


class AnatomySettings(Section):
    """Which keypoints of a space are the front, the neck, the middle and the rear of the body."""

    front: str
    neck: str
    center: str
    rear: str


class FeatureSettings(Section):
    """The feature table."""

    anatomy: dict[str, AnatomySettings]
    window_s: Positive


class ConditionSettings(Section):
    """One feature above or below a value."""

    feature: str
    above: float | None
    below: float | None


class DefinitionSettings(Section):
    """A behavior: conditions that all hold, for how long, with how short a break."""

    conditions: Annotated[list[ConditionSettings], Field(min_length=1)]
    min_duration_s: NotNegative
    max_gap_s: NotNegative


class BehaviorSettings(Section):
    """Behaviors by definition, per keypoint space, and how often their bouts are drawn."""

    draws: NotNegativeCount
    definitions: dict[str, dict[str, DefinitionSettings]]
