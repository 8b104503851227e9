"""Which labels tell how far off another program's predictions are."""

from collections import Counter
from pathlib import PurePath

from superanimal_core.formats.listing import files_below, root_of
from superanimal_core.study.study import Study

UNSEEN = "evaluate"  # nobody knows what another program has learned from: the user says what not


def labeled_predictions(study: Study, model: str) -> dict[str, str]:
    """The folders of a model's predictions that may have labels, by their videos' names there.

    A label is of a frame of a video where the video's name, without ending, stands in the path of
    the labeled picture, or of the video that it was taken from. Only names of files are looked at:
    which labels there are is known when they have been read. A name of two videos is none.
    """
    names: set[str] = set()
    for dataset in study.datasets_of(study.settings.models[model].space, UNSEEN):
        for file in files_below(root_of(study.datasets[dataset].path)):
            names |= {PurePath(file).stem, *file.split("/")[:-1]}
    rows = [row for row in study.videos.values() if row.model == model]
    count = Counter(PurePath(row.path).stem for row in rows)
    return {
        stem: f"results/videos/{row.video}/predicted"
        for row in rows
        if count[stem := PurePath(row.path).stem] == 1 and stem in names
    }
