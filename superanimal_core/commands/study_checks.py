"""What is wrong with single files that a study names, found by opening them as its jobs would."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superanimal_core.behavior.marked_bouts import classes_of_marks, unknown_behaviors
from superanimal_core.commands.found_predictions import PROGRAM, PROJECT, stem_of
from superanimal_core.commands.places_of_predictions import place_doubts
from superanimal_core.commands.released_to_fetch import weights_to_fetch, why_not_fetched
from superanimal_core.errors import DatasetError, SuperAnimalError, VideoError
from superanimal_core.formats.behavior_labels import WhichLabels, read_marks
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.given_predictions import GivenPredictions, read_given
from superanimal_core.formats.sheets import read_conversion_rows
from superanimal_core.media.quick_look import VideoLook, look_at_video
from superanimal_core.models.downloads import HASHES
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.cells import counted
from superanimal_core.report.dates import is_year_last
from superanimal_core.settings import ModelSettings
from superanimal_core.settings.classifiers import ClassifierSettings
from superanimal_core.study.brought_predictions import conversion_file
from superanimal_core.study.label_sheet import LabelRow
from superanimal_core.study.sheet_columns import reads_as_other
from superanimal_core.study.students import student_doubts
from superanimal_core.study.study import Study
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.study.study_settings import WHOLE_FRAME
from superanimal_core.study.video_sheet import is_stored, names_but_for_case
from superanimal_core.study.written_alike import columns_that_join, means_nothing

MOST_FRAMES = 10_000_000  # of a video whose header does not say
WIDEST_M = 50.0  # of a picture: a riding hall is smaller, and 10 px per cm are 64 m of 640 px
DOUBT, FAILS, STOPS = 1, 2, 3  # how bad: worth a look, one video fails, jobs that all need fail


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: how bad, with what, and one sentence."""

    weight: int
    what: str
    told: str


def space_of(study: Study, name: str) -> KeypointSpace:
    """A keypoint space of a study, with what it extends."""
    return read_keypoint_space(*(study.spaces[each] for each in study.with_extended(name)))


def video_findings(study: Study, name: str) -> list[Finding]:
    """Of a video: its file, and the predictions that were brought for it."""
    row, what = study.videos[name], f"video {name}"
    if is_stored(row.path):
        return []  # whoever fetches it looks at it
    try:
        look = look_at_video(row.path, row.fps)
        given = _brought(study, row, look)
        doubts = [*look.doubts, *(given.flags if given and look.frames else ())]
        doubts += [*_sheet_doubts(row, look), *_name_doubts(study, row)]
        if given:
            files = [Path(file).name for file in row.predictions]
            doubts += place_doubts(given.members, files, look.size_px)
    except VideoError as error:
        cause = error.__cause__  # which may say several things
        told = str(cause).splitlines() if isinstance(cause, DatasetError) else [error.reason]
        return [Finding(FAILS, what, each) for each in told]
    except Exception as error:  # whatever a library says of a broken file, its job would say
        return [Finding(FAILS, what, f"{row.path}: {type(error).__name__}: {error}")]
    return [Finding(DOUBT, what, f"{row.path}: {doubt}") for doubt in doubts]


def _sheet_doubts(row: VideoRow, look: VideoLook) -> Iterator[str]:
    """What the sheet says of a picture that can hardly be of this one: a scale, polygons."""
    width, height = look.size_px
    wide_m = width * (row.cm_per_px or 0.0) / 100
    if wide_m > WIDEST_M:
        yield (
            f"cm_per_px {row.cm_per_px:g} makes the picture {wide_m:.0f} m wide: are these pixels "
            "per cm?"
        )
    polygons = {"arena": row.arena} | {f"zone {name}": of for name, of in row.zones.items()}
    for what, corners in polygons.items():
        beyond = [(x, y) for x, y in corners if not (0 <= x <= width and 0 <= y <= height)]
        if beyond:
            x, y = beyond[0]
            yield f"{what} reaches {x:g},{y:g}, beyond its picture of {width} x {height} pixels"


def _name_doubts(study: Study, row: VideoRow) -> Iterator[str]:
    """Files of predictions that have the name of another video of the sheet."""
    own = Path(row.path).stem
    for name in (Path(file).name for file in row.predictions):
        if Path(name).suffix == PROJECT or stem_of(name, [own]):
            continue
        other = stem_of(name, {Path(video.path).stem for video in study.videos.values()})
        if other is None and name.startswith(own):  # m10.csv, and DeepLabCut's of m1_day2
            other = name.partition(f"{PROGRAM}_")[0].partition(".")[0]
        if other:
            yield f"its predictions {name} are named after another video, '{other}': are they its?"


def _brought(study: Study, row: VideoRow, look: VideoLook) -> GivenPredictions | None:
    """Brought predictions. VideoError where they cannot be used."""
    model = study.settings.models[row.model]
    if model.predictions is None:
        return None
    space = space_of(study, model.space)
    table = conversion_file(row.model, space.name)
    rows = read_conversion_rows(table) if table else None
    frames = look.frames or MOST_FRAMES  # a header that does not say allows all
    times = np.arange(frames, dtype=float)
    return read_given(
        row.predictions, model.predictions.format, Path(row.path).stem, space, rows, times
    )


def date_findings(study: Study) -> Iterator[Finding]:
    """Of columns of the sheet with days that the report does not take for days."""
    names = dict.fromkeys(name for row in study.videos.values() for name in row.columns)
    for name in names:
        cells = list(filter(None, (row.columns.get(name) for row in study.videos.values())))
        if cells and all(map(is_year_last, cells)):
            told = (
                f"the column '{name}' has '{cells[0]}'; days are read year first, as 2026-03-31: "
                "these are none for the report"
            )
            yield Finding(DOUBT, study.settings.videos, told)


def name_findings(study: Study) -> Iterator[Finding]:
    """Of names of videos that other programs take for numbers or days: the first, and how many.

    Of those that are one on other disks, and of names of animals and groups that say there is none.
    """
    if names := list(filter(reads_as_other, study.videos)):
        told = (
            f"{counted(len(names), 'video')} with a name like '{names[0]}': pandas, Polars and R "
            f"read the folder poses.parquet/video={names[0]} as a number or a day, and find no "
            "such video in other tables; put a name with a letter into the column 'video'"
        )
        yield Finding(DOUBT, study.settings.videos, told)
    for same in names_but_for_case(study.videos):
        told = (
            f"the videos {', '.join(same)} differ in capital letters alone: on the disk of a Mac "
            "or of Windows they share a folder of results; write another into the column 'video'"
        )
        yield Finding(DOUBT, study.settings.videos, told)
    for column in columns_that_join(study.settings):
        cells = (row.columns.get(column, "") for row in study.videos.values())
        if empty := list(filter(means_nothing, cells)):
            told = (
                f"{counted(len(empty), 'video')} with '{empty[0]}' in the column '{column}', which "
                "count as one of that name; where it is not known, leave the cell empty"
            )
            yield Finding(DOUBT, study.settings.videos, told)


def group_findings(study: Study) -> Iterator[Finding]:
    """Of groups that are compared: those of too few animals for an interval, if all are seen."""
    from superanimal_core.evaluation.group_comparison import FEWEST_ANIMALS  # loads statsmodels

    asked, animals = study.settings.groups, defaultdict[str, set[tuple[str, int]]](set)
    for name, row in study.videos.items():
        if group := row.columns.get(asked.column or ""):
            who = row.columns.get(asked.animal_column) or name
            animals[group] |= {(who, number) for number in range(row.max_individuals)}
    for group, of in animals.items():
        if len(of) < FEWEST_ANIMALS:
            told = (
                f"the group '{group}' (column '{asked.column}') has {counted(len(of), 'animal')}; "
                f"{FEWEST_ANIMALS} are needed for an interval"
            )
            yield Finding(DOUBT, study.settings.videos, told)


def student_findings(study: Study) -> Iterator[Finding]:
    """Of students and teachers that the run takes, and that gain nothing."""
    for name, told in student_doubts(study.settings, study.videos):
        yield Finding(DOUBT, f"model {name}", told)


def label_findings(study: Study, which: tuple[str, int]) -> list[Finding]:
    """Of a file of behavior labels, a classifier's and its number: can it be read, and fits it?"""
    name, number = which
    own, row = study.settings.classifiers.named[name], study.behavior_labels[name][number]
    return [Finding(STOPS, f"classifier {name}", told) for told in _label_mistakes(study, row, own)]


def _label_mistakes(study: Study, row: LabelRow, own: ClassifierSettings) -> list[str]:
    """What training would say of a file of labels, by what the video's header tells of its time."""
    which = WhichLabels(tuple(own.behaviors), row.subject, row.observation, row.rater)
    where, video = f"{row.labels} (video '{row.video}')", study.videos[row.video]
    try:
        marks = read_marks(row.labels, row.format, which)
        if unknown := unknown_behaviors(marks, own.behaviors, own.ignored):
            return [f"{where}: {told}" for told in unknown]
        look = None if is_stored(video.path) else look_at_video(video.path, video.fps)
        if look and look.frames > 1 and look.rate_hz > 0:
            time_s = np.arange(look.frames) / look.rate_hz
            classes_of_marks(marks, own.behaviors, own.ignored, time_s, where)
        given = _brought(study, video, look) if look else None
        there = given.members[0].individuals if given else (row.individual,)
        if row.individual not in there:
            told = f"individual is '{row.individual}', and its predictions have {', '.join(there)}"
            return [f"{where}: {told}; say which in the column 'individual'"]
    except VideoError:
        return []  # told of the video itself
    except SuperAnimalError as error:
        return [str(error)]
    return []


def model_findings(study: Study, brought_into: Path = HASHES) -> Iterator[Finding]:
    """Of the weights that models take from elsewhere; those to bring go to `brought_into`."""
    why = why_not_fetched(study, brought_into)  # it may still be run where there is a network
    missing = weights_to_fetch(study) if not why else []
    need = "is not here yet: the run fetches it, and needs a network for it"
    for told in (why, *(f"{each.name} {need}" for each in missing)):
        if told:
            yield Finding(DOUBT, "weights", told)
    for name, model in study.settings.models.items():
        for key in ("pose_weights", "detector_weights"):
            weights = getattr(model, key)
            if weights is None or weights == WHOLE_FRAME:
                continue
            file = study.weights_file(weights)
            if weights in study.released and not Path(file).is_file():
                continue
            mistake = _weights_mistake(study, model, key, file)
            if mistake:
                yield Finding(STOPS, f"model {name}", f"{key}: {mistake}")


def _weights_mistake(study: Study, model: ModelSettings, key: str, file: str) -> str:
    """Why weights cannot be loaded; '' when they can."""
    from superanimal_core.models.foreign_models import (  # torch: only where there are weights
        read_detector_model,
        read_pose_model,
    )

    try:
        if key == "pose_weights":
            read_pose_model(file, space_of(study, model.space), is_subpixel=True)
        else:
            read_detector_model(file, normalize_twice=True)
    except Exception as error:  # whatever torch says of a broken file
        return f"{file}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    return ""
