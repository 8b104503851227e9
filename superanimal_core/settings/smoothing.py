"""How an ensemble's predictions become one pose.

Classes named Settings are sections of config.yaml, or what is asked of one video. A smoother takes
one named Smoothing: the settings of its method, and those of the ensemble, which all methods need.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from superanimal_core.settings.section import (
    Count,
    Fraction,
    NotNegative,
    NotNegativeCount,
    Positive,
    Section,
)

Center = Literal["median", "mean"]
Memory = Annotated[float, Field(gt=0, lt=1)]


class EnsembleSettings(Section):
    """Which predictions of an ensemble count, and what is their middle."""

    center: Center
    min_score: Fraction


class NoiseSettings(Section):
    """How noisy the middle of an ensemble is as an observation."""

    min_variance_px2: Positive
    single_network_variance_px2: Positive


class MotionSettings(Section):
    """How a keypoint is thought to move."""

    motion: Literal["auto", "random_walk", "constant_velocity"]
    velocity_s: Positive


class EksSettings(NoiseSettings, MotionSettings):
    """The ensemble Kalman smoother."""

    max_gap_s: NotNegative
    noise: Literal["learned", "reference"]
    strength: Positive | None
    strength_frames: Count


class PupilSettings(NoiseSettings):
    """The ensemble Kalman smoother for a pupil: top, bottom, right, left, and how it is damped."""

    points: tuple[str, str, str, str]
    memories: tuple[Memory, Memory] | None


class MedianFilterSettings(Section):
    """A running median."""

    window_s: Positive


class SavitzkyGolaySettings(Section):
    """Polynomials over a running window."""

    window_s: Positive
    order: Annotated[int, Field(ge=0, le=10)]


class OneEuroSettings(Section):
    """The One-Euro filter."""

    min_cutoff_hz: Positive
    speed_coefficient: NotNegative
    derivative_cutoff_hz: Positive


class SharedViewSettings(Section):
    """What several views of one animal share, and how it is learned."""

    latent: Count
    keep_quantile: Annotated[float, Field(gt=0, le=1)]
    inflation_rounds: NotNegativeCount


class ViewSettings(SharedViewSettings):
    """Several views of one animal, smoothed together; the mirrors of each keypoint space."""

    mirrors: dict[str, Annotated[list[str], Field(min_length=2)]]


class VideoViewSettings(SharedViewSettings):
    """The same of one video: the mirrors of its own space, or none."""

    mirrors: list[str]


class DrawSettings(Section):
    """Which keypoints are drawn, how often, and by which random numbers."""

    keypoints: list[str]
    draws: NotNegativeCount
    seed: NotNegativeCount


class EksSmoothing(EnsembleSettings, EksSettings):
    """What the ensemble Kalman smoother takes."""


class PupilSmoothing(EnsembleSettings, PupilSettings):
    """What the smoother for a pupil takes."""


class MedianSmoothing(EnsembleSettings, MedianFilterSettings):
    """What the running median takes."""


class SavitzkyGolaySmoothing(EnsembleSettings, SavitzkyGolaySettings):
    """What the polynomials take."""


class OneEuroSmoothing(EnsembleSettings, OneEuroSettings):
    """What the One-Euro filter takes."""


METHODS: Mapping[str, type[EnsembleSettings]] = {
    "eks": EksSmoothing,
    "none": EnsembleSettings,
    "median": MedianSmoothing,
    "savitzky_golay": SavitzkyGolaySmoothing,
    "one_euro": OneEuroSmoothing,
    "pupil": PupilSmoothing,
}


class SmoothingSettings(EnsembleSettings):
    """From an ensemble's predictions to one pose: the method, and the settings of each."""

    method: Literal["eks", "none", "median", "savitzky_golay", "one_euro", "pupil"]
    eks: EksSettings
    median: MedianFilterSettings
    savitzky_golay: SavitzkyGolaySettings
    one_euro: OneEuroSettings
    pupil: PupilSettings
    views: ViewSettings

    @property
    def noise_of_one_network_px2(self) -> float:
        """What the chosen smoother takes for the noise of one network at score 1; 0 without any."""
        own = self.of(self.method)
        return own.single_network_variance_px2 if isinstance(own, NoiseSettings) else 0.0

    def of(self, method: str) -> EnsembleSettings:
        """What the smoother of a method takes."""
        own = self.model_dump().get(method, {})  # `none` has no section
        return METHODS[method](center=self.center, min_score=self.min_score, **own)
