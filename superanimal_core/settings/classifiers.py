"""Learned classifiers of behavior: the section `classifiers`."""

from typing import Annotated, Literal

from pydantic import Field

from superanimal_core.settings.section import Count, Fraction, Positive, Section

LABEL_FORMATS = ("boris", "simba", "dlcanalyzer", "jabs", "behaviordepot", "csv")
Name = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0)]


class BoostingSettings(Section):
    """Gradient boosted trees on statistics of windows."""

    half_windows_s: Annotated[list[Positive], Field(min_length=1)]
    trees: Count
    learning_rate: Positive
    leaves: Annotated[int, Field(ge=2)]
    min_leaf_frames: Count


class WindowNetworkSettings(Section):
    """The network of Sturman et al. 2020 on the frames of a window."""

    half_window_s: Positive
    samples: Count
    hidden: tuple[Count, Count]
    dropout: tuple[Fraction, Fraction]
    epochs: Count
    batch: Count
    learning_rate: Positive


class RuleSettings(Section):
    """What is tried to make bouts of probabilities."""

    min_probability: Annotated[list[Fraction], Field(min_length=1)]
    max_gap_s: Annotated[list[Seconds], Field(min_length=1)]
    min_duration_s: Annotated[list[Seconds], Field(min_length=1)]


class EveryClassifier(Section):
    """What holds for every classifier that does not say otherwise."""

    method: Literal["boosting", "network"]
    features: list[Name]
    ignored: list[Name]
    animal_column: str
    folds: Annotated[int, Field(ge=2)]
    min_bouts: Annotated[int, Field(ge=2)]
    frames_per_s: Positive
    boosting: BoostingSettings
    network: WindowNetworkSettings
    bouts: RuleSettings


class ClassifierSettings(EveryClassifier):
    """One classifier: where its labels are listed, and what it learns."""

    labels: Name
    behaviors: Annotated[list[Name], Field(min_length=1)]


class ClassifiersSettings(Section):
    """The section."""

    every: EveryClassifier
    named: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)], ClassifierSettings
    ]
