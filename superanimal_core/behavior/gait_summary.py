"""The strides of each individual and limb in one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable

OUT_OF_STEP = 1.5  # between one strike and two in a stride of the other limbs
MIN_STRIDES, MIN_LIMBS = 3, 3  # below them there is no "the other limbs"

SUMMARIZED = (
    "stride_time_s",
    "stance_time_s",
    "swing_time_s",
    "duty_factor",
    "stride_length_px",
    "stride_length_cm",
    "speed_px_per_s",
    "speed_cm_per_s",
    "swing_speed_px_per_s",
    "swing_speed_cm_per_s",
    "step_length_px",
    "step_length_cm",
    "step_width_px",
    "step_width_cm",
    "lateral_displacement_px",
    "lateral_displacement_cm",
    "double_support_fraction",
)
COUNTS = {"strides": np.int64, "steady_strides": np.int64}
PHASES = ("phase", "homologous_phase", "homolateral_phase", "diagonal_phase")


@dataclass(frozen=True)
class GaitTable:
    """One row per individual and limb; the fields are the columns of gait.parquet.

    For each quantity mean, standard deviation between strides (ddof 1) and median, of all strides
    that know it. Strides per second are 1 / the mean stride time; `_cv` is standard deviation over
    mean. `phase_mean` is the circular mean, 0 to 1, and `phase_resultant` its length: 1 when the
    limb always strikes at the same phase, 0 when at any.
    `time_resolution_ms` is the standard deviation of one event from the frame rate alone,
    1000 / (fps sqrt(12)); of a difference of two events it is sqrt(2) times that.
    """

    individual: Shaped[ndarray, "limb"]
    limb: Shaped[ndarray, "limb"]
    strides: Int[ndarray, "limb"]
    steady_strides: Int[ndarray, "limb"]
    resolved_fraction: Float[ndarray, "limb"]
    stride_frequency_hz: Float[ndarray, "limb"]
    stride_time_s_mean: Float[ndarray, "limb"]
    stride_time_s_sd: Float[ndarray, "limb"]
    stride_time_s_median: Float[ndarray, "limb"]
    stance_time_s_mean: Float[ndarray, "limb"]
    stance_time_s_sd: Float[ndarray, "limb"]
    stance_time_s_median: Float[ndarray, "limb"]
    swing_time_s_mean: Float[ndarray, "limb"]
    swing_time_s_sd: Float[ndarray, "limb"]
    swing_time_s_median: Float[ndarray, "limb"]
    duty_factor_mean: Float[ndarray, "limb"]
    duty_factor_sd: Float[ndarray, "limb"]
    duty_factor_median: Float[ndarray, "limb"]
    stride_length_px_mean: Float[ndarray, "limb"]
    stride_length_px_sd: Float[ndarray, "limb"]
    stride_length_px_median: Float[ndarray, "limb"]
    stride_length_cm_mean: Float[ndarray, "limb"]
    stride_length_cm_sd: Float[ndarray, "limb"]
    stride_length_cm_median: Float[ndarray, "limb"]
    speed_px_per_s_mean: Float[ndarray, "limb"]
    speed_px_per_s_sd: Float[ndarray, "limb"]
    speed_px_per_s_median: Float[ndarray, "limb"]
    speed_cm_per_s_mean: Float[ndarray, "limb"]
    speed_cm_per_s_sd: Float[ndarray, "limb"]
    speed_cm_per_s_median: Float[ndarray, "limb"]
    swing_speed_px_per_s_mean: Float[ndarray, "limb"]
    swing_speed_px_per_s_sd: Float[ndarray, "limb"]
    swing_speed_px_per_s_median: Float[ndarray, "limb"]
    swing_speed_cm_per_s_mean: Float[ndarray, "limb"]
    swing_speed_cm_per_s_sd: Float[ndarray, "limb"]
    swing_speed_cm_per_s_median: Float[ndarray, "limb"]
    step_length_px_mean: Float[ndarray, "limb"]
    step_length_px_sd: Float[ndarray, "limb"]
    step_length_px_median: Float[ndarray, "limb"]
    step_length_cm_mean: Float[ndarray, "limb"]
    step_length_cm_sd: Float[ndarray, "limb"]
    step_length_cm_median: Float[ndarray, "limb"]
    step_width_px_mean: Float[ndarray, "limb"]
    step_width_px_sd: Float[ndarray, "limb"]
    step_width_px_median: Float[ndarray, "limb"]
    step_width_cm_mean: Float[ndarray, "limb"]
    step_width_cm_sd: Float[ndarray, "limb"]
    step_width_cm_median: Float[ndarray, "limb"]
    lateral_displacement_px_mean: Float[ndarray, "limb"]
    lateral_displacement_px_sd: Float[ndarray, "limb"]
    lateral_displacement_px_median: Float[ndarray, "limb"]
    lateral_displacement_cm_mean: Float[ndarray, "limb"]
    lateral_displacement_cm_sd: Float[ndarray, "limb"]
    lateral_displacement_cm_median: Float[ndarray, "limb"]
    double_support_fraction_mean: Float[ndarray, "limb"]
    double_support_fraction_sd: Float[ndarray, "limb"]
    double_support_fraction_median: Float[ndarray, "limb"]
    stride_time_cv: Float[ndarray, "limb"]
    stride_length_cv: Float[ndarray, "limb"]
    phase_mean: Float[ndarray, "limb"]
    phase_resultant: Float[ndarray, "limb"]
    homologous_phase_mean: Float[ndarray, "limb"]
    homologous_phase_resultant: Float[ndarray, "limb"]
    homolateral_phase_mean: Float[ndarray, "limb"]
    homolateral_phase_resultant: Float[ndarray, "limb"]
    diagonal_phase_mean: Float[ndarray, "limb"]
    diagonal_phase_resultant: Float[ndarray, "limb"]
    time_resolution_ms: Float[ndarray, "limb"]

    def __len__(self) -> int:
        return len(self.limb)


def summarize_gait(strides: StrideTable, *, fps: float) -> GaitTable:
    """One row per individual and limb that has strides, in the table's order.

    Standard deviations are NaN with one stride. `fps` is the video's frame rate (Hz).
    """
    pairs = list(dict.fromkeys(zip(strides.individual, strides.limb, strict=True)))
    rows = [_row(strides, individual, limb, fps) for individual, limb in pairs]
    words = {"individual": object, "limb": object}
    return GaitTable(**columns_of(GaitTable, rows, words | COUNTS))


def _row(strides: StrideTable, individual: str, limb: str, fps: float) -> dict[str, object]:
    chosen = (strides.individual == individual) & (strides.limb == limb)
    row: dict[str, object] = {
        "individual": individual,
        "limb": limb,
        "strides": int(chosen.sum()),
        "steady_strides": int(strides.is_steady[chosen].sum()),
        "resolved_fraction": float(strides.is_resolved[chosen].mean()),
        "stride_frequency_hz": 1 / float(strides.stride_time_s[chosen].mean()),
        "time_resolution_ms": 1000 / (fps * np.sqrt(12)),
    }
    for column in SUMMARIZED:
        values = getattr(strides, column)[chosen]
        known = values[np.isfinite(values)]
        row[f"{column}_mean"] = known_mean(known)
        row[f"{column}_sd"] = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
        row[f"{column}_median"] = known_median(known)
    row["stride_time_cv"] = variation(strides.stride_time_s[chosen])
    row["stride_length_cv"] = variation(strides.stride_length_px[chosen])
    for name in PHASES:
        found = circular_mean(getattr(strides, name)[chosen])
        row[f"{name}_mean"], row[f"{name}_resultant"] = found
    return row


def columns_of(
    table: type, rows: Sequence[Mapping[str, object]], kinds: Mapping[str, type]
) -> dict[str, ndarray]:
    """Rows as the columns of a table (a dataclass), numbers unless `kinds` names another type."""
    return {
        f.name: np.array([row[f.name] for row in rows], dtype=kinds.get(f.name, np.float64))
        for f in fields(table)
    }


def variation(values: Float[ndarray, "stride"]) -> float:
    """Coefficient of variation: standard deviation (ddof 1) over mean; NaN with fewer than two."""
    return float(values.std(ddof=1) / values.mean()) if len(values) > 1 else float("nan")


def known_median(values: Float[ndarray, "row"]) -> float:
    """Median of what is known; NaN where nothing is."""
    known = np.sort(values[np.isfinite(values)])  # for few values many times as fast as np.median
    middle = len(known) // 2
    return float((known[middle] + known[~middle]) / 2) if len(known) else float("nan")


def known_mean(values: Float[ndarray, "row"]) -> float:
    """Mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def circular_mean(phase: Float[ndarray, "stride"]) -> tuple[float, float]:
    """Circular mean of phases 0-1 and the resultant length; NaN when none is known."""
    known = phase[np.isfinite(phase)]
    if not len(known):
        return float("nan"), float("nan")
    resultant = np.exp(2j * np.pi * known).mean()
    return float(np.angle(resultant) / (2 * np.pi) % 1), float(np.abs(resultant))


def limbs_out_of_step(
    individual: Shaped[ndarray, "row"],
    limb: Shaped[ndarray, "row"],
    strides: Int[ndarray, "row"],
    stride_time_s: Float[ndarray, "row"],
) -> list[tuple[str, str, float]]:
    """Limbs that strike far more or less often than the same animal's other limbs.

    The limbs of a walking animal share one stride time. One that strikes twice in it was most
    likely taken for the limb beside it now and then, one that strikes every other time was missed.
    The rows are those of `GaitTable`, `stride_time_s` the median. Returns individual, limb and
    strikes per strike of the others (median over the animal's limbs), where that is above
    `OUT_OF_STEP` or below its inverse; nothing for animals with fewer than `MIN_LIMBS` limbs that
    have `MIN_STRIDES` strides.
    """
    found: list[tuple[str, str, float]] = []
    for animal in dict.fromkeys(individual):
        rows = np.flatnonzero((individual == animal) & (strides >= MIN_STRIDES))
        if len(rows) < MIN_LIMBS:
            continue
        often = np.median(stride_time_s[rows]) / stride_time_s[rows]
        far = np.abs(np.log(often)) > np.log(OUT_OF_STEP)
        found += [(animal, *of) for of in zip(limb[rows[far]], often[far].tolist(), strict=True)]
    return found
