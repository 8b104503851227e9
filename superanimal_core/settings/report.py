"""What the report shows, and which videos poses are drawn into."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator

from superanimal_core.settings.section import Count, Fraction, NotNegativeCount, Positive, Section

ALL = "all"


def _names_or_all(value: object) -> object:
    """One sentence about what is neither, in place of one for each."""
    is_list = isinstance(value, list) and all(isinstance(name, str) for name in value)
    if value != ALL and not is_list:
        raise ValueError("input should be a list of videos, such as [m1, m2], or all")
    return value


NamesOrAll = Annotated[list[str] | Literal["all"], BeforeValidator(_names_or_all)]


def named_or_all(asked: Sequence[str], every: Iterable[str]) -> list[str]:
    """The names that a setting of that kind stands for."""
    return [*every] if asked == ALL else [*asked]


WHOLE, CLIPS = "whole", "clips"
CENTER = "center"


class LabeledVideoSettings(Section):
    """What of a video poses are drawn into, and what is drawn."""

    shows: Literal["whole", "clips"]
    worst_clips: NotNegativeCount
    random_clips: NotNegativeCount
    clip_s: Positive
    names: bool
    legend: bool
    boxes: bool
    circles: bool
    trail: str | None
    trail_s: Positive
    footfalls: bool
    behaviors: bool


class ReportSettings(Section):
    """What the report shows."""

    title: str
    labeled_videos: NamesOrAll
    labeled_min_score: Fraction
    labeled_video: LabeledVideoSettings
    trace_keypoints: Count
    trace_seconds: Positive
    video_pictures: NotNegativeCount
    dataset_pictures: NotNegativeCount
    finding_pictures: NotNegativeCount
