"""What is learned from video that nobody labeled (Biderman et al. 2024)."""

from typing import Annotated, Literal

from pydantic import Field

from superanimal_core.settings.section import (
    Count,
    Fraction,
    LogWeight,
    NotNegative,
    Positive,
    Section,
)


class AnnealSettings(Section):
    """From when on the losses on video count, and how fast they come to count fully.

    In parts of the training: `frozen_until` of its steps, `increase` in the whole of it.
    """

    frozen_until: Fraction
    increase: Positive


class TemporalSettings(Section):
    """How far a keypoint may jump from a frame to the next."""

    log_weight: LogWeight
    epsilon_px: NotNegative
    min_score: Fraction


class PosePcaSettings(Section):
    """How far a keypoint may lie from the poses of the labels; no epsilon: as far as labels do."""

    log_weight: LogWeight
    keypoints: dict[str, Annotated[list[str], Field(min_length=2)]]
    components: Positive
    centering: Literal["mean", "median"] | None
    epsilon_px: NotNegative | None


class ViewPcaSettings(Section):
    """The same of what the mirrors of a space show of one part of the body."""

    log_weight: LogWeight
    epsilon_px: NotNegative | None


class UnimodalSettings(Section):
    """How far a heatmap may be from the one Gaussian at its maximum."""

    log_weight: LogWeight
    divergence: Literal["mse", "kl"]
    min_score: Fraction


class LearnedLosses(Section):
    """The losses, None for those that are left out."""

    anneal: AnnealSettings
    temporal: TemporalSettings | None
    pose_pca: PosePcaSettings | None
    view_pca: ViewPcaSettings | None
    unimodal: UnimodalSettings | None


class UnlabeledSettings(LearnedLosses):
    """All of it, and the windows of frames of a step."""

    enabled: bool
    frames: Annotated[int, Field(ge=2)]
    windows: Count
