"""Which videos a study learns from without labels: a column of the sheet of data sets."""

import glob
from collections.abc import Mapping, Sequence

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import Settings
from superanimal_core.study.sheet_columns import as_on_disk, has_file, read_rows
from superanimal_core.study.sheet_schema import DATASETS
from superanimal_core.study.study_rows import DatasetRow
from superanimal_core.study.study_settings import WHOLE_FRAME, role_needed

COLUMN = "unlabeled_videos"
Unlabeled = Mapping[str, Sequence[str]]  # data set -> files


def read_unlabeled(settings: Settings, mistakes: list[str]) -> dict[str, list[str]]:
    """The files that each data set names; none where nothing is learned from them."""
    if not settings.unlabeled.enabled:
        return {}
    found: dict[str, list[str]] = {}
    for row in read_rows(settings.datasets, DATASETS, []):  # other mistakes are told elsewhere
        if cell := as_on_disk(row.cells.get(COLUMN, "")):
            files = [cell] if has_file(cell) else glob.glob(cell, recursive=True)
            found[row.cells["dataset"]] = sorted(name for name in files if has_file(name))
            if not found[row.cells["dataset"]]:
                where = f"{settings.datasets}: row {row.number}"
                mistakes.append(f"{where}: {DATASETS[COLUMN].mistake(cell)}")
    return found


def unlabeled_of(
    settings: Settings, model: str, datasets: Mapping[str, DatasetRow], unlabeled: Unlabeled
) -> list[str]:
    """The files that a model learns from: those of the data sets that it is trained on."""
    own, role = settings.models[model], role_needed(settings.models[model])
    rows = [row for row in datasets.values() if (row.space, row.role) == (own.space, role)]
    return sorted({file for row in rows for file in unlabeled.get(row.dataset, ())})


def unlabeled_mistakes(
    settings: Settings,
    known: Mapping[str, KeypointSpace],
    datasets: Mapping[str, DatasetRow],
    unlabeled: Unlabeled,
) -> list[str]:
    """Models that cannot learn from videos as the settings ask, and names that no space has."""
    losses, mirrors = settings.unlabeled, settings.smoothing.views.mirrors
    mistakes = [
        f"config/config.yaml: unlabeled.pose_pca.keypoints.{space}: unknown keypoint '{name}'"
        for space, names in (losses.pose_pca.keypoints if losses.pose_pca else {}).items()
        for name in names
        if space in known and name not in known[space].keypoints
    ]
    if not losses.enabled:
        return mistakes
    learn = [name for name in settings.models if unlabeled_of(settings, name, datasets, unlabeled)]
    if not learn:
        mistakes.append(
            f"config/config.yaml: unlabeled.enabled, but no model has a data set with {COLUMN} "
            f"({settings.datasets}); name some, or write false"
        )
    for name in learn:
        model = settings.models[name]
        owner = settings.models.get(model.fine_tune.parent, model) if model.fine_tune else model
        if owner.detector_weights != WHOLE_FRAME:
            mistakes.append(
                f"config/config.yaml: model '{name}' would learn from {COLUMN}, which are seen as "
                f"whole frames; write detector_weights: {WHOLE_FRAME}, or empty the column"
            )
        if losses.view_pca and model.space not in mirrors:
            mistakes.append(
                f"config/config.yaml: smoothing.views.mirrors: nothing about '{model.space}', "
                f"whose views unlabeled.view_pca compares for model '{name}'; name its mirrors, or "
                "write view_pca: null"
            )
    return mistakes
