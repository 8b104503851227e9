"""The lessons of a cohort: what is taught to a student, of all that an ensemble says of videos."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.inference.cohort_lessons import choose_lessons, descriptors, look_of
from superanimal_core.media.images import cached_reader
from superanimal_core.pose.labels import Labels, concatenate_labels
from superanimal_core.tables.lesson_files import read_lessons, write_lessons
from superanimal_core.tables.parquet import raise_failure_in
from superanimal_core.tables.video_lists import write_list

WITHOUT = "without"  # in the record: videos that taught nothing, and why


def choose_of_cohort(
    watched: Sequence[str], count: int
) -> tuple[Labels, Float[ndarray, "animal"], dict[str, str]]:
    """At most `count` lessons, how informative each is, and which videos taught nothing, and why.

    `watched` are the folders of what the ensemble says of each video. SuperAnimalError when no
    video has anything to teach.
    """
    labels, informative, without = [], [], {}
    for folder in watched:
        try:
            raise_failure_in(folder)
            own = read_lessons(Path(folder) / "lessons.parquet")
            labels.append(own[0])
            informative.append(own[1])
        except VideoError as error:
            without[Path(folder).name] = error.reason
    if not any(map(len, labels)):
        raise SuperAnimalError(
            f"none of {len(watched)} videos has a frame of which the ensemble is sure enough to "
            f"teach it (distillation.min_score, max_error); {told_without(without)}"
        )
    every, worth = concatenate_labels(labels), np.concatenate(informative)
    read = cached_reader(places_of_lessons(watched))
    images = [str(name) for name in every.image]
    boxes = zip(images, every.box_xyxy_px, strict=True)
    looks = np.array([look_of(read(name), box) for name, box in boxes])
    chosen = choose_lessons(descriptors(every, looks), worth, count)
    return every.select(chosen), worth[chosen], without


def write_choice(
    lessons: Labels,
    informative: Float[ndarray, "animal"],
    watched: Sequence[str],
    path: str | Path,
    videos: str | Path,
    record: Mapping[str, Any],
) -> None:
    """Write the lessons, and the list of the videos that were looked at, which stands from now."""
    write_list((Path(folder).name for folder in watched), videos)
    write_lessons(lessons, informative, path, record)


def places_of_lessons(watched: Sequence[str]) -> dict[str, str]:
    """Where the pictures of lessons lie, by the video's name (see media.picture_names)."""
    return {f"{Path(folder).name}/": str(folder) for folder in watched}


def told_without(without: Mapping[str, str]) -> str:
    """A few of the videos that taught nothing, in words."""
    some = [f"{video}: {reason}" for video, reason in [*without.items()][:3]]
    return "; ".join(some) or "all of them could be read"
