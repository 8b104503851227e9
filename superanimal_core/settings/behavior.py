"""Gait, features and behaviors: the sections of config.yaml, and what is asked of one video."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from superanimal_core.settings.section import (
    Count,
    NotNegative,
    NotNegativeCount,
    Positive,
    Section,
)

NOT_NEEDED = ("stance_speed_fraction", "swing_speed_fraction", "min_phase_s")


class FootfallSettings(Section):
    """When there is a stride."""

    min_body_speed_bl_per_s: NotNegative
    belt_speed_px_per_s: float
    min_swing_frames: Count

    @model_validator(mode="before")
    @classmethod
    def _needs_no_thresholds(cls, given: Any) -> Any:
        """Say what became of settings that older versions asked for."""
        left = [name for name in NOT_NEEDED if isinstance(given, dict) and name in given]
        if left:
            raise ValueError(
                f"remove {', '.join(left)}: footfalls need no thresholds of speed or time any more "
                "(docs/decisions/062-footfalls.md)"
            )
        return given


class GaitSettings(FootfallSettings):
    """Footfalls and strides: feet and trunk of each keypoint space that has feet."""

    limbs: dict[str, list[str]]
    body: dict[str, list[str]]
    seen_from_above: list[str]
    draws: NotNegativeCount


class StrideSettings(FootfallSettings):
    """The same of one video: the feet and trunk of its space, its view, and its scale.

    Widths need a view from above, Froude numbers the height of the hip; else they are unknown.
    """

    limbs: list[str]
    body: list[str]
    cm_per_px: Positive | None
    is_from_above: bool = False
    leg_length_cm: Positive | None = None


class AnatomySettings(Section):
    """Which keypoints of a space are the front, the neck, the middle and the rear of the body.

    Features that rest on a part that is left out are NaN.
    """

    front: str = ""
    neck: str = ""
    center: str = ""
    rear: str = ""


FEATURE_GROUPS = {  # by how their features begin
    "distance_": "distances",
    "segment_": "angles",
    "joint_": "angles",
    "acceleration_": "accelerations",
    "ego_": "egocentric",
    "social_": "social",
    "sturman_": "sturman",
    "simba_": "simba",
    "mean_": "windows",
    "spread_": "windows",
}
IN_EVERY_TABLE = ("acceleration_px_per_s2", "acceleration_cm_per_s2")
FeatureGroup = Literal[
    "distances",
    "angles",
    "accelerations",
    "egocentric",
    "social",
    "sturman",
    "simba",
    "windows",
]


class FeatureSettings(Section):
    """The feature table."""

    anatomy: dict[str, AnatomySettings]
    window_s: Positive
    groups: list[FeatureGroup]


def groups_of(features: Iterable[str]) -> list[str]:
    """The groups that features stand in; none for those that every table has."""
    found = (
        group
        for feature in features
        for start, group in FEATURE_GROUPS.items()
        if feature.startswith(start) and feature not in IN_EVERY_TABLE
    )
    return list(dict.fromkeys(found))


class ConditionSettings(Section):
    """One feature above or below a value, or between two."""

    feature: str
    above: float | None
    below: float | None

    @model_validator(mode="after")
    def _can_tell(self) -> "ConditionSettings":
        """A condition that always or never holds is a slip."""
        if self.above is None and self.below is None:
            raise ValueError("has no limit; give above, below, or both")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(
                f"nothing is above {self.above:g} and below {self.below:g}; exchange the limits, "
                "or make two behaviors of it"
            )
        return self


class VoteSettings(Section):
    """In which part of a window around a frame conditions must hold."""

    window_s: Positive
    fraction: Annotated[float, Field(gt=0, le=1)]


class DefinitionSettings(Section):
    """A behavior: conditions that all hold, for how long, with how short a break.

    With a `vote` a frame shows the behavior where the conditions hold in enough of the frames
    around it.
    """

    conditions: Annotated[list[ConditionSettings], Field(min_length=1)]
    min_duration_s: NotNegative
    max_gap_s: NotNegative
    vote: VoteSettings | None = None


class BehaviorSettings(Section):
    """Behaviors by definition, per keypoint space, and how often their bouts are drawn."""

    draws: NotNegativeCount
    definitions: dict[str, dict[str, DefinitionSettings]]
