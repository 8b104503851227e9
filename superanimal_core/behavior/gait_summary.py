"""The strides of each individual and limb in one row."""

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
)


@dataclass(frozen=True)
class GaitTable:
    """One row per individual and limb; the fields are the columns of gait.parquet.

    For each quantity mean, standard deviation between strides (ddof 1) and median. Strides per
    second are 1 / the mean stride time. `phase_mean` is the circular mean, 0 to 1, and
    `phase_resultant` its length: 1 when the limb always strikes at the same phase, 0 when at any.
    `time_resolution_ms` is the standard deviation of one event from the frame rate alone,
    1000 / (fps sqrt(12)); of a difference of two events it is sqrt(2) times that.
    """

    individual: Shaped[ndarray, "limb"]
    limb: Shaped[ndarray, "limb"]
    strides: Int[ndarray, "limb"]
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
    phase_mean: Float[ndarray, "limb"]
    phase_resultant: Float[ndarray, "limb"]
    time_resolution_ms: Float[ndarray, "limb"]

    def __len__(self) -> int:
        return len(self.limb)


def summarize_gait(strides: StrideTable, *, fps: float) -> GaitTable:
    """One row per individual and limb that has strides, in the table's order.

    Standard deviations are NaN with one stride. `fps` is the video's frame rate (Hz).
    """
    pairs = list(dict.fromkeys(zip(strides.individual, strides.limb, strict=True)))
    rows = [_row(strides, individual, limb, fps) for individual, limb in pairs]
    kinds = {"individual": object, "limb": object, "strides": np.int64}
    return GaitTable(
        **{
            f.name: np.array([r[f.name] for r in rows], dtype=kinds.get(f.name, np.float64))
            for f in fields(GaitTable)
        }
    )


def _row(strides: StrideTable, individual: str, limb: str, fps: float) -> dict[str, object]:
    chosen = (strides.individual == individual) & (strides.limb == limb)
    row: dict[str, object] = {
        "individual": individual,
        "limb": limb,
        "strides": int(chosen.sum()),
        "resolved_fraction": float(strides.is_resolved[chosen].mean()),
        "stride_frequency_hz": 1 / float(strides.stride_time_s[chosen].mean()),
        "time_resolution_ms": 1000 / (fps * np.sqrt(12)),
    }
    for column in SUMMARIZED:
        values = getattr(strides, column)[chosen]
        row[f"{column}_mean"] = float(values.mean())
        row[f"{column}_sd"] = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
        row[f"{column}_median"] = float(np.median(values))
    row["phase_mean"], row["phase_resultant"] = circular_mean(strides.phase[chosen])
    return row


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
