"""Each video against what was labeled: how much of it is extrapolated, where no animal is."""

import math
from collections.abc import Sequence

from superanimal_core.report.cells import Table, counted, number
from superanimal_core.report.results import Row
from superanimal_core.smoothing.familiarity import USUAL

FAMILIAR, MOSTLY = 0.05, 0.5  # part of the frames that may be extrapolated; that makes a video so
SHOWN_WHOLE, TABLE_ROWS = 10, 20  # so many videos are all shown; so many rows at most


def extrapolated(videos: Sequence[Row]) -> dict[str, object]:
    """Sentence and table; `videos` are rows of the quality table."""
    usable = [video for video in videos if video["status"] != "failed"]
    return {"sentence": familiar_sentence(usable), "table": video_table(usable)}


def familiar_sentence(videos: Sequence[Row]) -> str:
    """How many of the videos are familiar, and in how many there are frames without an animal."""
    judged = [fraction for video in videos if math.isfinite(fraction := _fraction(video))]
    unknown, empty = len(videos) - len(judged), sum(_without_animal(v) > 0 for v in videos)
    said = []
    if judged:
        familiar = sum(fraction <= FAMILIAR for fraction in judged)
        said.append(
            f"Familiar: {familiar:,} of {counted(len(judged), 'video')} (at most "
            f"{100 * FAMILIAR:.0f} % of the frames extrapolated; {100 * (1 - USUAL):.0f} % is "
            "usual)."
        )
    if unknown:
        said.append(
            f"Not known: {unknown:,}, not calibrated, from too few labels, or without an animal."
        )
    if empty:
        said.append(f"{counted(empty, 'video has', 'videos have')} frames without an animal.")
    return " ".join(said)


def video_table(videos: Sequence[Row]) -> Table:
    """The strangest videos first; of many, only those that are not familiar."""
    chosen = list(videos)
    if len(videos) > SHOWN_WHOLE:
        chosen = [video for video in videos if _fraction(video) > FAMILIAR]
    chosen.sort(key=_strangest_first)
    columns = (
        ("video", ""),
        ("extrapolated", "% of frames with an animal"),
        ("without an animal", "frames"),
        ("expected error", "median, px"),
        ("verdict", ""),
    )
    rows = [_row(video) for video in chosen[:TABLE_ROWS]]
    left_out = max(len(chosen) - TABLE_ROWS, 0)
    return Table(columns, rows, words=("video", "verdict"), left_out=left_out)


def _row(video: Row) -> tuple[str, ...]:
    fraction, error_px = _fraction(video), video.get("median_expected_error_px")
    return (
        video["video"],
        number(100 * fraction),
        number(video.get("frames_without_animal"), 0),
        number(error_px),
        _verdict(fraction),
    )


def _verdict(fraction: float) -> str:
    if not math.isfinite(fraction):
        return "not known"
    if fraction > MOSTLY:
        return "unlike anything labeled"
    return "partly unlike what was labeled" if fraction > FAMILIAR else "familiar"


def _fraction(video: Row) -> float:
    """Part of the frames (0-1) that are extrapolated; NaN where no error is known to compare."""
    fraction, error_px = video.get("extrapolated_fraction"), video.get("median_expected_error_px")
    if fraction is None or error_px is None or not math.isfinite(error_px):
        return math.nan
    return float(fraction)


def _strangest_first(video: Row) -> tuple[float, float]:
    """Key of sorting; what is not known comes last."""
    fraction = _fraction(video)
    return (-fraction if math.isfinite(fraction) else 1.0), -_without_animal(video)


def _without_animal(video: Row) -> float:
    return float(video.get("frames_without_animal") or 0)
