"""How well a calibration keeps its word, on labels that it has not seen.

It is made again without some groups (videos, animals), and without each data set, and asked about
those: what it holds there is what it can be trusted for. What is left may be a single group, which
would promise nothing by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.smoothing.calibration import (
    LEVELS,
    expected_error_px,
    fit_calibration,
    radius_factor,
)
from superanimal_core.smoothing.labeled_errors import LabeledErrors

FOLDS = 5
PROMISED = 0.9


@dataclass(frozen=True)
class CalibrationCheck:
    """Parts of the labels (0-1) that lay within their circles.

    `of_groups` and `of_datasets` at each of LEVELS, groups or data sets being left out in turn (NaN
    where there is only one); within the circle of 90 %, of the labels of each data set that was
    left out, and of each keypoint (groups left out).
    """

    of_groups: Float[ndarray, "level"]
    of_datasets: Float[ndarray, "level"]
    by_dataset: dict[str, float]
    by_keypoint: dict[str, float]


def check_calibration(errors: LabeledErrors) -> CalibrationCheck:
    """The check of the calibration that these errors give; NaN where it cannot be made."""
    errors = errors.select(np.asarray(errors.is_known.any(axis=1)))
    groups = held_ratios(errors, _folds(errors.animals.group))
    datasets = held_ratios(errors, _each(errors.animals.dataset))
    name = errors.animals.dataset.astype(str)
    by_dataset = {str(own): _within(datasets.promised[name == own]) for own in np.unique(name)}
    by_keypoint = {name: _within(groups.promised[:, k]) for k, name in enumerate(errors.keypoints)}
    return CalibrationCheck(_curve(groups), _curve(datasets), by_dataset, by_keypoint)


@dataclass(frozen=True)
class HeldRatios:
    """The least level whose circle holds each label, and whether that of 90 % does (1, 0, NaN)."""

    level: Float[ndarray, "animal keypoint"]
    promised: Float[ndarray, "animal keypoint"]


def held_ratios(errors: LabeledErrors, parts: Iterator[Bool[ndarray, "animal"]]) -> HeldRatios:
    """Labels of each part, judged by a calibration made without it. NaN: none could be made."""
    level = np.full(errors.error_px.shape, np.nan)
    promised = level.copy()
    for part in parts:
        calibration = fit_calibration(errors.select(~part), min_groups=1)
        asked = part & ~errors.animals.is_disturbed
        if calibration is None or not asked.any():
            continue
        left_out = errors.select(asked)
        expected = expected_error_px(calibration, left_out.deviation_px, left_out.signs)
        ratio = np.where(left_out.is_known, left_out.error_px / expected, np.nan)
        reached = np.searchsorted(calibration.quantile, ratio.ravel()).reshape(ratio.shape)
        level[asked] = np.where(np.isfinite(ratio), np.append(LEVELS, 1.0)[reached], np.nan)
        inside = ratio <= radius_factor(calibration, PROMISED)
        promised[asked] = np.where(np.isfinite(ratio), inside, np.nan)
    return HeldRatios(level, promised)


def _folds(group: ndarray) -> Iterator[Bool[ndarray, "animal"]]:
    number = np.unique(group.astype(str), return_inverse=True)[1]
    for fold in range(min(FOLDS, int(number.max(initial=-1)) + 1)):
        yield number % FOLDS == fold


def _each(dataset: ndarray) -> Iterator[Bool[ndarray, "animal"]]:
    for name in np.unique(dataset.astype(str)):
        yield dataset.astype(str) == name


def _curve(held: HeldRatios) -> Float[ndarray, "level"]:
    known = held.level[np.isfinite(held.level)]
    if not len(known):
        return np.full(len(LEVELS), np.nan)
    return (known[:, None] <= LEVELS + 1e-9).mean(axis=0)


def _within(promised: ndarray) -> float:
    known = promised[np.isfinite(promised)]
    return float(known.mean()) if len(known) else float("nan")
