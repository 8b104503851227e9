"""Which tables a study has, and where: the one list. Standard library only: the Snakefile uses it.

The reference (docs/reference/tables.md) is made from it. A new table of one video is a line in
MEASURED, beside its columns in video_columns, gait_columns or
behavior_columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from superanimal_core.tables import behavior_columns as of_behavior
from superanimal_core.tables import gait_columns as of_gait
from superanimal_core.tables import study_columns as of_study
from superanimal_core.tables import video_columns as of_video


@dataclass(frozen=True)
class Table:
    """A table: where it lies below results/, what one row of it is, its columns by name."""

    path: str
    row: str
    columns: of_video.Columns


_VIDEO = "videos/{video}"
MEASURED = {  # what is measured on the poses of one video; all videos' stand in one file each
    "strides": Table(f"{_VIDEO}/strides.parquet", "a stride of a limb", of_gait.STRIDES),
    "walks": Table(
        f"{_VIDEO}/walks.parquet", "a walk of an animal, or all its walks together", of_gait.WALKS
    ),
    "gait": Table(f"{_VIDEO}/gait.parquet", "a limb of an animal", of_gait.GAIT),
    "features": Table(f"{_VIDEO}/features.parquet", "an animal in a frame", of_behavior.FEATURES),
    "bouts": Table(f"{_VIDEO}/bouts.parquet", "a bout of a behavior", of_behavior.BOUTS),
}
_ON_THE_WAY = {
    "frames": Table(f"{_VIDEO}/frames.parquet", "a frame", of_video.FRAMES),
    "boxes": Table(f"{_VIDEO}/boxes.parquet", "an animal in a frame", of_video.BOXES),
    "predicted": Table(
        f"{_VIDEO}/predicted/member-{{seed}}.parquet",
        "a keypoint of an animal in a frame, as one network sees it",
        of_video.PREDICTED,
    ),
    "adapted": Table(
        f"{_VIDEO}/adapted/member-{{seed}}.parquet",
        "the same after adaptation to the video; the metadata hold the verdict",
        of_video.PREDICTED,
    ),
    "poses": Table(
        f"{_VIDEO}/poses.parquet",
        "a keypoint of an animal in a frame, smoothed over the ensemble",
        of_video.POSES,
    ),
}
_COHORT = {
    "quality": Table("tables/quality.parquet", "a video: what is known of it", of_video.QUALITY),
    "videos": Table("tables/videos.parquet", "a video, with your own columns", of_video.VIDEOS),
}
_DATASET, _MODEL = "datasets/{dataset}", "models/{model}"
_BESIDE = {
    "truth": Table(
        f"{_VIDEO}/truth.parquet", "a comparison with the truth, if known", of_study.TRUTH
    ),
    "stills": Table(f"{_VIDEO}/stills.parquet", "a frame that the report shows", of_video.STILLS),
    "labels": Table(
        f"{_DATASET}/labels.parquet", "a keypoint of a labeled animal", of_study.LABELS
    ),
    "unified": Table(
        f"{_DATASET}/unified.parquet", "the same in the keypoint space", of_study.LABELS
    ),
    "audit": Table(f"{_DATASET}/audit.parquet", "a suspected mistake", of_study.AUDIT),
    "pictures": Table(f"{_DATASET}/pictures.parquet", "a labeled picture", of_study.PICTURES),
    "repeats": Table("datasets/repeats.parquet", "a picture that stands twice", of_study.REPEATS),
    "coverage": Table(
        "datasets/coverage.parquet", "labels of a keypoint in a state", of_study.COVERAGE
    ),
    "history": Table(
        f"{_MODEL}/member-{{seed}}/history.parquet", "a time of a training", of_study.HISTORY
    ),
    "held_out": Table(
        f"{_MODEL}/held_out.parquet",
        "a keypoint of an animal that was not learned from, as one network sees it",
        of_study.HELD_OUT,
    ),
    "evaluation": Table(
        f"{_MODEL}/evaluation.parquet", "a network on labels not learned from", of_study.EVALUATION
    ),
    "calibration": Table(
        f"{_MODEL}/calibration.parquet",
        "a point of what turns variance into expected error; none: too few labels",
        of_study.CALIBRATION,
    ),
    "lessons": Table(
        f"{_MODEL}/teaching/lessons.parquet",
        "a keypoint of an animal that an ensemble teaches to its student",
        of_study.LESSONS,
    ),
    "students": Table(
        f"{_MODEL}/students.parquet",
        "a data set, or a video, on which a student is compared with its ensemble",
        of_study.STUDENTS,
    ),
    "adaptation": Table(
        "adaptation/table.parquet",
        "a network on a video whose truth is known (snakemake adaptation_table)",
        of_study.ADAPTATION,
    ),
    "classifier": Table(
        "classifiers/{classifier}/evaluation.parquet",
        "a learned behavior, on what was left out",
        of_study.CLASSIFIER,
    ),
    "classified frames": Table(
        f"{_VIDEO}/classified/{{classifier}}/probabilities.parquet",
        "an animal in a frame",
        of_study.CLASSIFIED_FRAMES,
    ),
    "classified bouts": Table(
        f"{_VIDEO}/classified/{{classifier}}/bouts.parquet",
        "a bout of a learned behavior; all videos, with your own columns: "
        "tables/classified/{classifier}.parquet",
        of_study.CLASSIFIED_BOUTS,
    ),
    "classified videos": Table(
        "tables/classified/{classifier}-videos.parquet",
        "a learned behavior of an animal of a video, with your own columns",
        of_study.CLASSIFIED_VIDEOS,
    ),
    "groups": Table(
        "groups/comparison.parquet",
        "a measure of a group of animals; the metadata hold the warnings",
        of_study.GROUPS,
    ),
    "transfer": Table(
        "transfer/table.parquet", "a training (snakemake transfer_table)", of_study.TRANSFER
    ),
}

TABLES = tuple(MEASURED)
WITHOUT_USER_COLUMNS = ("features",)  # a row per frame: the user's columns stand in `videos`
OF_VIDEO = ("poses", *TABLES)  # what a video is processed for
OF_COHORT = (*OF_VIDEO, *_COHORT)
ALL = _ON_THE_WAY | MEASURED | _COHORT | _BESIDE


def base_name(column: str) -> str:
    """A column's name without endings such as _mean and _low."""
    while ending := next((e for e in of_video.ENDINGS if column.endswith(e)), ""):
        column = column.removesuffix(ending)
    return column


def _reserved() -> Iterator[str]:
    for name in (*_ON_THE_WAY, *MEASURED, *_COHORT):
        if name not in WITHOUT_USER_COLUMNS:
            yield from map(base_name, ALL[name].columns)


# what the columns of tables with the user's own columns are called: those have other names
COLUMNS = frozenset(_reserved())
