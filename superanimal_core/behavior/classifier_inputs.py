"""What classifiers of behavior look at: features without a scale, over windows in seconds.

Lengths in pixels become body lengths of the animal (its median), so that a classifier knows neither
the camera's distance nor the laboratory's resolution, and times are seconds, so that it does not
know the frame rate. Places and directions in the picture and standard deviations are left out.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from superanimal_core.behavior.features import FeatureTable, median_length
from superanimal_core.errors import SuperAnimalError
from superanimal_core.pose.keypoints import did_you_mean

BODY_LENGTH = "body_length_px"
OF_THE_PICTURE = {"center_x_px", "center_y_px", "heading_rad"}
SCORE = "simba_score_"
STATISTICS = 5  # per window: mean, standard deviation, minimum, maximum, and change across it


def usable_features(names: Iterable[str]) -> list[str]:
    """The columns of a feature table that a classifier may look at, in their order."""
    return [
        name
        for name in names
        if name not in OF_THE_PICTURE and not name.endswith("_sd") and not _is_told_twice(name)
    ]


def _is_told_twice(name: str) -> bool:
    """Whether the same stands in pixels, too."""
    return re.search(r"_(cm|bl)2?($|_)", name) is not None


def common_features(tables: Sequence[FeatureTable], wanted: Sequence[str]) -> list[str]:
    """The features that all tables know, or those that are wanted.

    Labs whose keypoints differ share what rests on keypoints that both have: a column that is all
    unknown in one table is left out. SuperAnimalError when a wanted one is not known everywhere, or
    nothing is left.
    """
    known = [
        {name for name, values in table.columns.items() if np.isfinite(values).any()}
        for table in tables
    ]
    shared = set.intersection(*known) if known else set()
    lacking = [name for name in wanted if name not in shared]
    if lacking:
        hint = did_you_mean(lacking[0], sorted(shared))
        raise SuperAnimalError(
            f"the feature '{lacking[0]}' is not known in all labeled videos{hint}"
        )
    found = [*wanted] or [name for name in usable_features(tables[0].columns) if name in shared]
    if not found:
        raise SuperAnimalError("the labeled videos share no feature: they share no keypoint")
    return found


def classifier_inputs(
    columns: dict[str, Float[ndarray, "frame"]], names: Sequence[str]
) -> Float[ndarray, "frame feature"]:
    """One individual's features by name, lengths in px in body lengths of its median.

    A feature that the table lacks is unknown (NaN). Without a body length lengths are unknown.
    """
    px = median_length(columns.get(BODY_LENGTH, np.full(0, np.nan)))
    frames = len(next(iter(columns.values())))
    unknown = np.full(frames, np.nan)
    return np.stack([columns.get(n, unknown) / _unit(n, px) for n in names], axis=1)


def is_seen(
    values: Float[ndarray, "frame feature"], names: Sequence[str]
) -> Bool[ndarray, "frame"]:
    """Where any feature is known; elsewhere a classifier has nothing to look at.

    Scores of keypoints do not count: that of an absent one is known to be 0.
    """
    counts = [not name.startswith(SCORE) for name in names]
    return np.asarray(np.isfinite(values[:, counts]).any(axis=1))


def _unit(name: str, body_length_px: float) -> float:
    """What a feature is divided by."""
    if re.search(r"_px2($|_)", name):
        return body_length_px**2
    return body_length_px if re.search(r"_px($|_)", name) else 1.0


def window_statistics(
    values: Float[ndarray, "frame feature"], fps: float, half_windows_s: Sequence[float]
) -> Float[ndarray, "frame statistic"]:
    """The values, and over +- each half window their mean, sd, minimum, maximum and change.

    Of the known values in the window, which ends at the ends of the video; the change is the mean
    after the frame minus that before. NaN where nothing is known.
    """
    found = [values]
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    centered = values - _filled(values, 0.0).sum(axis=0) / count  # squares lose fewer digits
    for half_s in half_windows_s:
        half = max(1, round(half_s * fps))
        size = 2 * half + 1
        mean = _mean(values, size)
        square = _mean(np.square(centered), size) - np.square(_mean(centered, size))
        low = minimum_filter1d(_filled(values, np.inf), size, axis=0, mode="constant", cval=np.inf)
        high = -minimum_filter1d(
            _filled(-values, np.inf), size, axis=0, mode="constant", cval=np.inf
        )
        any_known = maximum_filter1d(known.astype(np.int8), size, axis=0, mode="constant") > 0
        change = _shifted(_mean(values, half * 2 - 1), half) - _shifted(
            _mean(values, half * 2 - 1), -half
        )
        found += [
            mean,
            np.sqrt(np.where(square > 0, square, np.where(np.isnan(square), square, 0.0))),
            np.where(any_known, low, np.nan),
            np.where(any_known, high, np.nan),
            change,
        ]
    return np.concatenate(found, axis=1)


def _mean(values: ndarray, size: int) -> ndarray:
    """Mean of the known values in a centered window."""
    known = np.isfinite(values).astype(np.float64)
    how = {"axis": 0, "mode": "constant"}
    total = uniform_filter1d(_filled(values, 0.0), size, **how)
    count = uniform_filter1d(known, size, **how)
    some = count > 0.5 / size
    return np.where(some, total / np.where(some, count, 1.0), np.nan)


def _filled(values: ndarray, value: float) -> ndarray:
    return np.where(np.isfinite(values), values, value)


def _shifted(values: ndarray, frames: int) -> ndarray:
    """The values so many frames later (or earlier), the last one beyond the end."""
    at = np.clip(np.arange(len(values)) + frames, 0, len(values) - 1)
    return values[at]


def window_samples(
    values: Float[ndarray, "frame feature"], fps: float, half_window_s: float, samples: int
) -> Float[ndarray, "frame value"]:
    """The values at `samples` times over +- the half window, one after the other (Sturman 2020).

    Of the nearest frame; beyond the ends of the video its last one.
    """
    offsets = np.round(np.linspace(-half_window_s, half_window_s, samples) * fps).astype(int)
    frame = np.arange(len(values))[:, None] + offsets
    taken = values[np.clip(frame, 0, len(values) - 1)]
    return taken.reshape(len(values), samples * values.shape[1])
