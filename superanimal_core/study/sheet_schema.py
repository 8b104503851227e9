"""The columns of a study's sheets: what each means, what its cells hold, what is said of others.

The readers of the sheets and the JSON Schemas in workflow/schemas both come from here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from superanimal_core.datasets import PARSERS
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings.classifiers import LABEL_FORMATS

MOST_LETTERS = 160  # of an identifier: names of files add to it; a file system takes 255 bytes
IDENTIFIER = f"[A-Za-z0-9_-]{{1,{MOST_LETTERS}}}"
NUMBER = r"\+?(?=[0.]*[1-9])([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"  # above 0
SIGNED = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"
COUNT = r"\+?0*[1-9][0-9]*(\.0*)?"  # from 1 on; 2.0 is what some spreadsheets write


@dataclass(frozen=True)
class Column:
    """One column of a sheet. An optional one may be empty, whatever `pattern` and `choices` say.

    `told` is the sentence about a cell that is wrong, with {cell} and the row's {name} in place; a
    wrong one does not match `pattern`, is none of `choices`, or is a file that is not there.
    """

    name: str
    meaning: str
    told: str = ""
    pattern: str = ""
    choices: tuple[str, ...] = ()
    is_required: bool = False

    def mistake(self, cell: str, name: str = "") -> str:
        """The sentence about a wrong cell of the row of that name."""
        hint = did_you_mean(cell, self.choices) if self.choices else ""
        return self.told.format(cell=cell, name=name) + hint

    def is_right(self, cell: str) -> bool:
        """Whether a cell that is not empty has the form that it must have."""
        fits = re.fullmatch(self.pattern, cell) is not None if self.pattern else True
        return fits and (not self.choices or cell in self.choices)


_LETTERS = "'{cell}': only letters, digits, '_' and '-' are allowed; write"
_ABOVE_0 = "'{cell}'; expected a number above 0, or nothing"
_EMPTY = "{cell} does not exist; mend the path or empty the cell"


def _by_name(*columns: Column) -> dict[str, Column]:
    return {column.name: column for column in columns}


VIDEOS = _by_name(
    Column(
        "path",
        "The video: a file, a pattern such as raw/2024-*/*.mp4 for several, or a URL.",
        told="{cell} does not exist; mend the path or remove the row",
        is_required=True,
    ),
    Column(
        "video",
        "What the video is called in results; else the file's name, with _ for other characters.",
        told=f"video {_LETTERS} one into the column 'video'",
        pattern=IDENTIFIER,
    ),
    Column(
        "model",
        "The model of config.yaml that the video is given; else the first one.",
        told="no model '{cell}' in config.yaml",
    ),
    Column(
        "max_individuals",
        "At most so many animals are in the video; else 1.",
        told="max_individuals is '{cell}'; expected a whole number from 1 on, or nothing",
        pattern=COUNT,
    ),
    Column(
        "fps",
        "Frames per second, in place of the file's time stamps.",
        told=f"fps is {_ABOVE_0}",
        pattern=NUMBER,
    ),
    Column(
        "cm_per_px",
        "Centimeters per pixel; without it lengths are in pixels only.",
        told=f"cm_per_px is {_ABOVE_0}",
        pattern=NUMBER,
    ),
    Column(
        "belt_speed_px_per_s",
        "Pixels per second that an animal walks on a treadmill, positive to the right (the belt "
        "runs to the left); else config.yaml's.",
        told="belt_speed_px_per_s is '{cell}'; expected a number, or nothing",
        pattern=SIGNED,
    ),
    Column(
        "leg_length_cm",
        "Height of the animal's hip above the ground, for Froude numbers.",
        told=f"leg_length_cm is {_ABOVE_0}",
        pattern=NUMBER,
    ),
    Column(
        "arena",
        "Corners of the arena in order around it, in pixels: 10,10 410,10 410,410 10,410.",
        told="arena is '{cell}'; expected corners as in 10,10 410,10 410,410 10,410",
    ),
    Column(
        "zones",
        "Zones of your own by name, as corners: food: 10,10 60,10 60,60; nest: 300,300 ...",
        told="zones are '{cell}'; expected name: x,y x,y x,y; name: x,y x,y x,y",
    ),
    Column(
        "predictions",
        "Files of another program's predictions, one for each network, with ; between or as a "
        "pattern; the model says their format (predictions).",
        told="predictions: no file {cell}; mend the path",
    ),
    Column("session", "Videos of several cameras that saw the same have the same session."),
    Column("camera", "Which camera of its session made the video, as the calibration calls it."),
    Column(
        "camera_file",
        "The calibration of the session's cameras.",
        told=f"camera_file: {_EMPTY}",
    ),
    Column(
        "truth",
        "Known positions (x.truth.parquet) that the results are compared with.",
        told=f"truth: {_EMPTY}",
    ),
)

DATASETS = _by_name(
    Column(
        "dataset",
        "What the data set is called.",
        told=f"data set {_LETTERS} another into the column 'dataset'",
        pattern=IDENTIFIER,
        is_required=True,
    ),
    Column(
        "path",
        "The file or folder of the labels.",
        told="{cell} does not exist; mend the path of '{name}'",
        is_required=True,
    ),
    Column(
        "format",
        "The tool that wrote it (docs/reference.md).",
        told="unknown format '{cell}'",
        choices=tuple(PARSERS),
        is_required=True,
    ),
    Column(
        "space",
        "The keypoint space that it becomes part of, a file in config/keypoints.",
        told="no keypoint space '{cell}'",
        is_required=True,
    ),
    Column(
        "role",
        "What it is for: training a model, one with a parent, or evaluation alone.",
        told="unknown role '{cell}'",
        choices=("pretrain", "fine_tune", "evaluate"),
        is_required=True,
    ),
    Column(
        "conversion",
        "The table from its keypoints to the space's; else config/keypoints/<space>/<dataset>.tsv.",
        told="'{name}' has no conversion table {cell}; write one with the columns 'source' and "
        "'unified', a row for every keypoint of the data set",
    ),
    Column("license", "The terms of the labels; they stand in the report."),
    Column(
        "unlabeled_videos",
        "Videos to learn from without labels (unlabeled.enabled): a file, or a pattern.",
        told="unlabeled_videos: no file {cell}; mend it or empty the cell",
    ),
)

BEHAVIOR_LABELS = _by_name(
    Column(
        "video",
        "The video that is labeled, as the sheet of videos calls it.",
        told="no video '{cell}' in the sheet of videos",
        is_required=True,
    ),
    Column(
        "labels",
        "The file with the labels.",
        told="{cell} does not exist; mend the path or remove the row",
        is_required=True,
    ),
    Column(
        "format",
        "What wrote it (docs/how-to/learn-behaviors.md).",
        told="unknown format '{cell}'",
        choices=LABEL_FORMATS,
        is_required=True,
    ),
    Column("rater", "Who labeled it; several rows of one animal are several persons."),
    Column("individual", "Whose labels they are in our tables, such as animal1; else animal0."),
    Column("subject", "What the file calls the animal, where it has several."),
    Column("observation", "What the file calls the video, where it has several."),
)


def schema_of(columns: Mapping[str, Column], title: str) -> dict[str, Any]:
    """JSON Schema of one row, a mapping of columns to texts; further columns are the user's own."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {name: _schema_of_cell(column) for name, column in columns.items()},
        "required": [name for name, column in columns.items() if column.is_required],
        "additionalProperties": {"type": "string"},
    }


def _schema_of_cell(column: Column) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": column.meaning}
    if column.told:
        schema["x-told"] = column.told
    if column.choices:
        schema["enum"] = [*column.choices, *([] if column.is_required else [""])]
    if column.pattern:
        schema["pattern"] = f"^({column.pattern}){'' if column.is_required else '?'}$"
    elif column.is_required:
        schema["minLength"] = 1
    return schema
