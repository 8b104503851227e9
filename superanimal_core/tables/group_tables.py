"""From the tables of all videos to the measures that groups are compared by."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from superanimal_core.behavior.gait_summary import known_mean
from superanimal_core.errors import first_of
from superanimal_core.evaluation.group_comparison import Measure
from superanimal_core.tables.animal_names import Key, animal_names
from superanimal_core.tables.parquet import read_parquet

MEDIAN = "_median"
SHOWN = 5
SPEEDS = ("speed_cm_per_s", "speed_px_per_s")
INTERVAL_SDS = 2 * float(stats.norm.ppf(0.95))  # of a 90 % interval
QUALITY = {  # of a video, what should be alike in all groups: what it is called
    "expected_error_of_size": "the expected error (of the animal's size)",
    "dropped_keypoints_per_frame": "the number of dropped keypoints",
}
ABSENT = "the part of the frames in which the animal is not seen"

Row = Mapping[str, Any]


class Animals:
    """Group and animal of each individual of each video; those without a group are left out."""

    def __init__(self, present: Iterable[Key], videos: Sequence[Row], column: str, animal: str):
        own = {row["video"]: row for row in videos if row.get(column)}
        self.keys = [key for key in present if key[0] in own]
        self.group = {key: str(own[key[0]][column]) for key in self.keys}
        named = {video: str(row.get(animal) or video) for video, row in own.items()}
        self.animal = animal_names(self.keys, named)
        self._sheet = videos, column, animal

    def of_videos(self) -> "Animals":
        """One for each video, however many individuals it has, called as the sheet calls it."""
        return Animals(dict.fromkeys((video, "") for video, _ in self.keys), *self._sheet)

    def measure(
        self,
        part: str,
        name: str,
        found: Mapping[Key, tuple[float, float]],
        speed: Mapping[Key, float] | None = None,
    ) -> Measure:
        """One measure; `found` are values and their errors by video and individual."""
        keys = [key for key in self.keys if key in found]
        values = np.array([found[key] for key in keys], dtype=float).reshape(-1, 2)
        speeds = None
        if speed is not None:
            speeds = np.array([speed.get(key, np.nan) for key in keys], dtype=float)
        return Measure(
            name,
            part,
            np.array([self.animal[key] for key in keys], dtype=object),
            np.array([self.group[key] for key in keys], dtype=object),
            values[:, 0],
            values[:, 1],
            speeds,
        )


def gait_measures(gait: Sequence[Row], animals: Animals) -> list[Measure]:
    """The median of each quantity of the strides, mean over the limbs, adjusted for speed.

    Lengths are in cm where all animals have a scale, else in px. The error of a mean over limbs is
    taken as large as theirs: limbs err together. The speed itself comes first, as it is.
    """
    rows: dict[Key, list[Row]] = {}
    for row in gait:
        if (row["video"], row["individual"]) in animals.group:
            rows.setdefault((row["video"], row["individual"]), []).append(row)
    if not rows:
        return []
    names = [n.removesuffix(MEDIAN) for n in gait[0] if n.endswith(MEDIAN)]
    found = {name: {key: _over_limbs(own, name) for key, own in rows.items()} for name in names}
    speed_name = next((n for n in SPEEDS if n in found and _all_known(found[n])), SPEEDS[-1])
    speed = {key: value for key, (value, _) in found.get(speed_name, {}).items()}
    has_scale = speed_name == SPEEDS[0]
    unwanted = "_px" if has_scale else "_cm"
    measures = [animals.measure("gait", speed_name, found[speed_name])] if speed else []
    for name in names:
        if unwanted not in name and name != speed_name:
            measures.append(animals.measure("gait", name, found[name], speed or None))
    return measures


def scale_warnings(gait: Sequence[Row], animals: Animals) -> list[str]:
    """A sentence where only some videos have a scale, so that lengths are compared in px."""
    has_scale: dict[str, bool] = {}
    for row in gait:
        if (row["video"], row["individual"]) in animals.group:
            has_scale[row["video"]] = math.isfinite(_number(row.get(SPEEDS[0] + MEDIAN)))
    lacking = [video for video, known in has_scale.items() if not known]
    if not lacking or len(lacking) == len(has_scale):
        return []
    return [
        f"no scale (cm_per_px) for {first_of(lacking, SHOWN)}: lengths and speeds of gait "
        "are compared in px, which are larger the nearer a camera is"
    ]


def _all_known(found: Mapping[Key, tuple[float, float]]) -> bool:
    return all(np.isfinite(value) for value, _ in found.values())


def _over_limbs(rows: Sequence[Row], name: str) -> tuple[float, float]:
    """Mean over the limbs, and the mean of their errors."""
    values = np.array([row[name + MEDIAN] for row in rows], dtype=float)
    low, high = (
        np.array([row.get(f"{name}{MEDIAN}_{end}", np.nan) for row in rows], dtype=float)
        for end in ("low", "high")
    )
    return known_mean(values), known_mean((high - low) / INTERVAL_SDS)


def behavior_measures(
    bouts: Sequence[Row],
    part: str,
    duration_s: Mapping[str, float],
    animals: Animals,
    untold: Mapping[str, Collection[Key]],
) -> list[Measure]:
    """Of each behavior the part of the time, bouts per minute and the mean bout (s).

    An animal that never shows a behavior has 0 of it; of whom it is `untold` (a limit in cm
    without a scale, a zone that the video has not, a classifier that was not asked), nothing is
    known. What nobody shows is a behavior, too, where `untold` names it. The error of the time
    comes from the intervals of starts and stops where there are some.
    """
    by: dict[tuple[str, Key], list[Row]] = {}
    for row in bouts:
        by.setdefault((row["behavior"], (row["video"], row["individual"])), []).append(row)
    measures = []
    for behavior in sorted({behavior for behavior, _ in by} | {*untold}):
        part_of_time, rate, mean = {}, {}, {}
        known = [key for key in animals.keys if key not in untold.get(behavior, ())]
        for key in known:
            own, lasting = by.get((behavior, key), []), duration_s.get(key[0]) or np.nan
            time_s, error_s = _time(own)
            part_of_time[key] = (time_s / lasting, error_s / lasting)
            rate[key] = (60 * len(own) / lasting, np.nan)
            mean[key] = (time_s / len(own) if own else np.nan, np.nan)
        measures += [
            animals.measure(part, f"{behavior}: fraction of time", part_of_time),
            animals.measure(part, f"{behavior}: bouts per min", rate),
            animals.measure(part, f"{behavior}: mean bout (s)", mean),
        ]
    return measures


def _time(bouts: Sequence[Row]) -> tuple[float, float]:
    """How long bouts last together, and its standard deviation; NaN where one has no interval."""
    total = float(sum(row["stop_s"] - row["start_s"] for row in bouts))
    ends = [
        row.get(f"{end}_high", np.nan) - row.get(f"{end}_low", np.nan)
        for row in bouts
        for end in ("start_s", "stop_s")
    ]
    return total, float(np.linalg.norm(np.array(ends, dtype=float) / INTERVAL_SDS))


def conditions(
    quality: Sequence[Row], seen: Mapping[Key, float], animals: Animals
) -> list[Measure]:
    """How well animals were seen: what should be alike in all groups.

    What is known of a video as a whole counts once, however many animals it has; `seen` is the part
    of the frames in which each animal is seen.
    """
    by_video, videos = {row["video"]: row for row in quality}, animals.of_videos()
    found = [
        videos.measure(
            "quality",
            called,
            {key: (_number(by_video[key[0]].get(name)), np.nan) for key in videos.keys},
        )
        for name, called in QUALITY.items()
    ]
    absent = {key: (1 - part, np.nan) for key, part in seen.items()}
    return [*found, animals.measure("quality", ABSENT, absent)]


def cameras(quality: Sequence[Row], videos: Sequence[Row], column: str) -> list[tuple[str, str]]:
    """Group and camera of each video: the column `camera`, else frames of one size and rate."""
    by_video = {row["video"]: row for row in quality}
    found = []
    for row in videos:
        own = by_video[row["video"]]
        if row.get(column) and own["status"] != "failed":
            rate = own.get("fps")
            seen = f"{own.get('width_px')} x {own.get('height_px')}, {round(rate or 0)} Hz"
            found.append((str(row[column]), str(row.get("camera") or seen)))
    return found


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def rows_of(path: str) -> list[Row]:
    """The rows of a table."""
    return read_parquet(path).to_pylist()
