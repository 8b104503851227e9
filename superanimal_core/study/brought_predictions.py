"""Predictions of other programs in place of networks: which files, and what is wrong with them.

A model of config.yaml says `predictions: { format, space }`, the column `predictions` of the sheet
names each video's files, one for each network.
"""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path

from superanimal_core.datasets.unify import conversion_from_rows
from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.sheets import read_conversion_rows
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import ModelSettings, Settings
from superanimal_core.study.dataset_sheet import KEYPOINTS
from superanimal_core.study.sheet_columns import as_on_disk, has_file, path_mistake
from superanimal_core.study.sheet_schema import VIDEOS
from superanimal_core.study.study_rows import VideoRow

ENDINGS = {  # of the files of a format
    "deeplabcut": (".csv", ".h5"),
    "lightning_pose": (".csv",),
    "eks": (".csv",),
    "sleap": (".h5", ".slp"),
    "poses": (".parquet",),
}
FILTERED = "_filtered"  # ending of the names of tables that DeepLabCut has smoothed
SEPARATOR = ";"  # between files in one cell; a file whose name holds it stands alone
FILES_TRIED = 20  # of a model, for the names of its keypoints
NETWORKS = ("pose_weights", "detector_weights", "fine_tune")


def prediction_files(cell: str, where: str, mistakes: list[str]) -> tuple[str, ...]:
    """The files in a cell: one, several with ; between, or a pattern for several."""
    whole = as_on_disk(cell)
    parts = [whole] if has_file(whole) else [as_on_disk(p.strip()) for p in cell.split(SEPARATOR)]
    files: list[str] = []
    for part in filter(None, parts):
        found = [part] if has_file(part) else sorted(filter(has_file, glob.glob(part)))
        if not found:
            mistakes.append(f"{where}: {path_mistake(VIDEOS['predictions'], part)}")
        files += found or [part]
    return tuple(dict.fromkeys(files))


def conversion_file(model: str, space: str) -> str | None:
    """The study's table from the files' keypoints to the space's, where it has one."""
    path = KEYPOINTS / space / f"{model}.tsv"
    return str(path) if path.is_file() else None


def prediction_mistakes(
    settings: Settings, known: Mapping[str, KeypointSpace], videos: Mapping[str, VideoRow]
) -> list[str]:
    """Models and videos that do not fit together, and names of keypoints that a space lacks.

    Of each model the first file is opened that can be read. Files that cannot be read fail with
    their video, and stop nothing.
    """
    mistakes, video_of = [], dict[str, str]()
    for name, model in settings.models.items():
        if model.predictions is not None:
            mistakes += _model_mistakes(name, model)
            files = [f for row in videos.values() if row.model == name for f in row.predictions]
            if model.space in known:
                mistakes += _name_mistakes(name, known[model.space], model, files)
    for row in videos.values():
        own = settings.models.get(row.model)
        told = _row_mistakes(row, own) if own is not None else []
        told += [
            f"the videos '{video_of[file]}' and '{row.video}' both have the predictions {file}; "
            "each needs its own, in a row of its own"
            for file in row.predictions
            if video_of.setdefault(file, row.video) != row.video
            and not file.lower().endswith(".slp")  # which holds several videos
        ]
        mistakes += [f"{settings.videos}: {each}" for each in told]
    return mistakes


def _model_mistakes(name: str, model: ModelSettings) -> list[str]:
    where = f"config/config.yaml: models.{name}"
    mistakes = [
        f"{where}: predictions come from files, so that {key} has no meaning; write null"
        for key in NETWORKS
        if getattr(model, key) is not None
    ]
    if model.predictions and model.predictions.space != model.space:
        mistakes.append(
            f"{where}: space is '{model.space}' and predictions.space '{model.predictions.space}'; "
            "leave the first out"
        )
    return mistakes


def _row_mistakes(row: VideoRow, model: ModelSettings) -> list[str]:
    if model.predictions is None:
        told = (
            f"model '{row.model}' has networks; give that model `predictions: {{ format, space }}`"
        )
        return [f"video '{row.video}' has predictions, but {told}"] if row.predictions else []
    if not row.predictions:
        return [
            f"video '{row.video}': model '{row.model}' has no networks, and the column "
            "'predictions' names no file"
        ]
    twice = _same_network(row.predictions)
    if twice:
        return [
            f"video '{row.video}': {twice[1]} and {twice[0]} are one network's; name one of them"
        ]
    endings, format_ = ENDINGS[model.predictions.format], model.predictions.format
    return [
        f"video '{row.video}': {file} ends in none of {', '.join(endings)}, as files of the format "
        f"'{format_}' do"
        for file in row.predictions
        if Path(file).suffix.lower() not in endings
    ]


def network_of(file: str | Path) -> str:
    """What the files that DeepLabCut writes of one network share: neither ending nor filter."""
    return str(Path(file).with_suffix("")).removesuffix(FILTERED)


def _same_network(files: Sequence[str]) -> tuple[str, str] | None:
    """Two files that DeepLabCut writes of one network: .csv and .h5, raw and filtered; or None."""
    first: dict[str, str] = {}
    for file in files:
        name = network_of(file)
        if first.setdefault(name, file) != file:
            return first[name], file
    return None


def _name_mistakes(
    name: str, space: KeypointSpace, model: ModelSettings, files: list[str]
) -> list[str]:
    """Keypoints of the first readable file that neither the space nor the table knows."""
    if not files or model.predictions is None:
        return []
    from superanimal_core.formats.given_predictions import keypoints_in  # opens HDF5: not for all

    for file in files[:FILES_TRIED]:
        try:
            found = keypoints_in(Path(file), model.predictions.format)
        except SuperAnimalError:
            continue
        table = conversion_file(name, space.name)
        try:
            if table:
                own = KeypointSpace(Path(file).name, found)
                conversion_from_rows(read_conversion_rows(table), own, space, table)
                return []
        except SuperAnimalError as error:
            return str(error).splitlines()
        unknown = [each for each in found if each not in space.keypoints]
        hints = [f"'{each}'{did_you_mean(each, space.keypoints)}" for each in unknown]
        return [
            f"{file}: keypoint space '{space.name}' has no {', '.join(hints)}; write "
            f"{KEYPOINTS / space.name / f'{name}.tsv'} with the columns source, unified: a row for "
            "each keypoint of the file, unified empty for those to leave out"
        ] * bool(unknown)
    return []
