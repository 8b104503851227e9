"""Actions by definition: a behavior is a list of conditions on features that hold together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.features import FeatureTable
from superanimal_core.behavior.kinematics import runs_of
from superanimal_core.errors import ConfigError
from superanimal_core.pose.frame_rate import end_s
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings.behavior import ConditionSettings, DefinitionSettings

ROUNDING_S = 1e-9  # of differences of time stamps, which must not depend on the hour


@dataclass(frozen=True)
class BoutTable:
    """One row per bout; the fields are the columns of bouts.parquet.

    Frames from `start_frame` up to, not including, `stop_frame`. `start_s` is the first frame's
    time stamp, `stop_s` that of the first frame after the bout (at the video's end, one frame
    interval after the last).
    """

    individual: Shaped[ndarray, "bout"]
    behavior: Shaped[ndarray, "bout"]
    start_frame: Int[ndarray, "bout"]
    stop_frame: Int[ndarray, "bout"]
    start_s: Float[ndarray, "bout"]
    stop_s: Float[ndarray, "bout"]

    def __len__(self) -> int:
        return len(self.behavior)


def predict_bouts(
    features: FeatureTable, definitions: Mapping[str, DefinitionSettings]
) -> BoutTable:
    """Bouts of every behavior of every individual, in that order and then in time.

    A frame shows a behavior when all its conditions hold; an unknown feature (NaN) never holds.
    With a vote, it is where they hold in enough frames of the window around it. Breaks of at most
    `max_gap_s` are closed first, then bouts shorter than `min_duration_s` are dropped. Behaviors
    are independent of each other and may overlap.

    ConfigError, naming the nearest feature, when a condition's feature does not exist.
    """
    _check_features(features, definitions)
    rows: list[tuple[str, str, int, int, float, float]] = []
    for individual in dict.fromkeys(features.individual):
        chosen = features.individual == individual
        columns = {name: values[chosen] for name, values in features.columns.items()}
        time_s, frame = features.time_s[chosen], features.frame[chosen]
        for behavior, definition in definitions.items():
            holds = _holds(columns, definition.conditions, len(frame))
            shown = _voted(holds, time_s, definition)
            for start, stop in bouts_where(
                shown, time_s, definition.max_gap_s, definition.min_duration_s
            ):
                rows.append(
                    (
                        individual,
                        behavior,
                        int(frame[start]),
                        int(frame[stop - 1]) + 1,
                        float(time_s[start]),
                        end_s(time_s, stop),
                    )
                )
    return _table(rows)


def _check_features(features: FeatureTable, definitions: Mapping[str, DefinitionSettings]) -> None:
    known = list(features.columns)
    mistakes = [
        f"behavior '{behavior}': there is no feature '{condition.feature}'"
        + did_you_mean(condition.feature, known)
        for behavior, definition in definitions.items()
        for condition in definition.conditions
        if condition.feature not in features.columns
    ]
    if mistakes and len(features):
        raise ConfigError(mistakes)


def _holds(
    columns: Mapping[str, ndarray], conditions: Sequence[ConditionSettings], frames: int
) -> Bool[ndarray, "frame"]:
    """Per frame, whether all conditions hold."""
    holds = np.ones(frames, bool)
    for condition in conditions:
        values = columns[condition.feature]
        if condition.above is not None:
            holds &= values > condition.above
        if condition.below is not None:
            holds &= values < condition.below
    return holds


def _voted(
    holds: Bool[ndarray, "frame"], time_s: Float[ndarray, "frame"], definition: DefinitionSettings
) -> Bool[ndarray, "frame"]:
    """Where the conditions hold in enough frames from half a window before to half of one after."""
    vote = definition.vote
    if vote is None or not len(holds):
        return holds
    half_s = vote.window_s / 2 - ROUNDING_S
    first = np.searchsorted(time_s, time_s - half_s - 2 * ROUNDING_S)
    stop = np.maximum(np.searchsorted(time_s, time_s + half_s), np.arange(len(holds)) + 1)
    total = np.concatenate([[0], np.cumsum(holds)])
    return total[stop] - total[first] >= vote.fraction * (stop - first) - ROUNDING_S


def bouts_where(
    holds: Bool[ndarray, "frame"],
    time_s: Float[ndarray, "frame"],
    max_gap_s: float,
    min_duration_s: float,
) -> list[tuple[int, int]]:
    """Runs of True, short breaks closed, then short runs dropped."""
    merged: list[tuple[int, int]] = []
    for start, stop in runs_of(holds):
        since_s = time_s[start] - end_s(time_s, merged[-1][1]) if merged else np.inf
        if since_s <= max_gap_s + ROUNDING_S:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return [
        (start, stop)
        for start, stop in merged
        if end_s(time_s, stop) - time_s[start] >= min_duration_s - ROUNDING_S
    ]


def _table(rows: list[tuple[str, str, int, int, float, float]]) -> BoutTable:
    """Rows as columns."""
    individual, behavior, start, stop, start_s, stop_s = (
        zip(*rows, strict=True) if rows else ((),) * 6
    )
    return BoutTable(
        np.array(individual, dtype=object),
        np.array(behavior, dtype=object),
        np.array(start, dtype=np.int64),
        np.array(stop, dtype=np.int64),
        np.array(start_s, dtype=np.float64),
        np.array(stop_s, dtype=np.float64),
    )


def definitions_from_mapping(mapping: dict[str, Any]) -> dict[str, DefinitionSettings]:
    """The behaviors of one space, from plain values."""
    return {name: DefinitionSettings.model_validate(value) for name, value in mapping.items()}
