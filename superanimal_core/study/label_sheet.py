"""The sheets of labels of behavior: which file says what of which video, animal by animal."""

from collections.abc import Mapping
from dataclasses import dataclass

from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import ModelSettings
from superanimal_core.settings.classifiers import LABEL_FORMATS, ClassifierSettings
from superanimal_core.study.group_mistakes import animal_mistakes, columns_of
from superanimal_core.study.sheet_columns import as_on_disk, has_file, read_rows
from superanimal_core.study.sheet_schema import BEHAVIOR_LABELS
from superanimal_core.study.study_rows import VideoRow

FIRST = "animal0"


@dataclass(frozen=True)
class LabelRow:
    """One file of labels of one animal in one video, by one rater."""

    video: str
    labels: str
    format: str
    rater: str
    individual: str
    subject: str
    observation: str


LabelSheets = Mapping[str, list[LabelRow]]


def read_label_sheets(
    named: Mapping[str, ClassifierSettings], videos: Mapping[str, VideoRow], mistakes: list[str]
) -> LabelSheets:
    """The rows of each classifier's sheet by its name; what is wrong with them is noted."""
    return {name: _rows(name, own, videos, mistakes) for name, own in named.items()}


def _rows(
    name: str, own: ClassifierSettings, videos: Mapping[str, VideoRow], mistakes: list[str]
) -> list[LabelRow]:
    found: dict[tuple[str, str, str], LabelRow] = {}
    before = len(mistakes)
    if not has_file(own.labels):
        mistakes.append(
            f"config/config.yaml: classifiers.named.{name}.labels: {own.labels} does not exist"
        )
        return []
    for row in read_rows(own.labels, BEHAVIOR_LABELS, mistakes):
        cells, where = row.cells, f"{own.labels}: row {row.number}"
        video, file = cells["video"], as_on_disk(cells["labels"])
        if video not in videos:
            hint = did_you_mean(video, list(videos))
            mistakes.append(f"{where}: {BEHAVIOR_LABELS['video'].mistake(video)}{hint}")
        if not has_file(file):
            mistakes.append(f"{where}: {BEHAVIOR_LABELS['labels'].mistake(file)}")
        if cells["format"] not in LABEL_FORMATS:
            mistakes.append(f"{where}: {BEHAVIOR_LABELS['format'].mistake(cells['format'])}")
        rest = (cells.get(key, "") for key in ("rater", "individual", "subject", "observation"))
        rater, individual, subject, observation = rest
        label = LabelRow(
            video, file, cells["format"], rater, individual or FIRST, subject, observation
        )
        same = found.setdefault((video, label.individual, rater), label)
        if same is not label:
            mistakes.append(
                f"{where}: '{label.individual}' of '{video}' is labeled in another row, too; name "
                "the two persons in the column 'rater', or remove one"
            )
    if not found and len(mistakes) == before:
        mistakes.append(f"{own.labels}: lists no labels; add a row for each labeled video")
    return list(found.values())


def individual_mistakes(
    named: Mapping[str, ClassifierSettings],
    sheets: LabelSheets,
    videos: Mapping[str, VideoRow],
    models: Mapping[str, ModelSettings],
) -> list[str]:
    """Labeled individuals that a video cannot have; brought predictions name them otherwise."""
    mistakes = []
    for name, rows in sheets.items():
        for row in rows:
            video = videos.get(row.video)
            model = models.get(video.model) if video else None
            if video is None or model is None or model.predictions is not None:
                continue
            last = video.max_individuals - 1
            if row.individual not in (f"animal{i}" for i in range(last + 1)):
                told = f"{FIRST} to animal{last}" if last else f"{FIRST} alone"
                mistakes.append(
                    f"{named[name].labels}: individual is '{row.individual}', and the video "
                    f"'{row.video}' has {told} (its max_individuals)"
                )
    return mistakes


def classifier_mistakes(
    named: Mapping[str, ClassifierSettings], sheet: str, videos: Mapping[str, VideoRow]
) -> list[str]:
    """Behaviors that stand twice or are ignored, too; a column of animals that the sheet lacks."""
    mistakes, columns = [], columns_of(videos)
    for name, own in named.items():
        where = f"config/config.yaml: classifiers.named.{name}"
        twice = sorted({b for b in own.behaviors if own.behaviors.count(b) > 1})
        mistakes += [f"{where}.behaviors: '{b}' stands twice; keep one" for b in twice]
        both = sorted({*own.behaviors} & {*own.ignored})
        mistakes += [f"{where}: '{b}' is in behaviors and in ignored; keep one" for b in both]
        mistakes += [
            f"{where}.behaviors: '{b}': frames without a behavior are called so; name it otherwise"
            for b in own.behaviors
            if b == "none"
        ]
        if videos:
            mistakes += animal_mistakes(where, own.animal_column, sheet, columns)
    return mistakes
