"""Students: models that learn what another model's ensemble knows, and from which videos."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import CONTEXT, ModelSettings, Settings
from superanimal_core.study.standing_lists import standing_videos
from superanimal_core.study.study_rows import DatasetRow, VideoRow


def teaching_folder(student: str) -> str:
    """Where all lies that a student is taught."""
    return f"results/models/{student}/teaching"


def list_of_videos(student: str) -> str:
    """Names of the videos that a student learns from, a line each; it stands once it is there."""
    return f"{teaching_folder(student)}/videos.txt"


def watched(student: str, video: str) -> str:
    """What the ensemble says of some stretches of a video."""
    return f"{teaching_folder(student)}/watched/{video}"


def teacher_of(settings: Settings, model: str) -> str | None:
    """The model that a student learns from; None for other models."""
    return settings.models[model].student_of


def origin_of(settings: Settings, model: str) -> str:
    """The model whose detector and data sets a model has: its own, its parent's, its teacher's."""
    taught_by = settings.models[model].student_of
    tuned = settings.models[taught_by or model].fine_tune
    return tuned.parent if tuned else taught_by or model


def cohort(settings: Settings, videos: Mapping[str, VideoRow], student: str) -> list[str]:
    """The videos that a student learns from: once they are settled, those that are there.

    Until then those of the sheet that have the student or its teacher as their model, at most
    `distillation.videos`, evenly over the sheet. A settled one that has left the sheet still counts
    while what the ensemble said of it is there; one that has a third model now does not, since it
    may show another species.
    """
    own = (student, teacher_of(settings, student))
    fitting = [row.video for row in videos.values() if row.model in own]

    def is_there(video: str) -> bool:
        if video in videos:
            return videos[video].model in own
        return Path(watched(student, video)).is_dir()

    most = settings.distillation.videos
    return standing_videos(list_of_videos(student), fitting, most, is_there)


def roles_of_student(settings: Settings, student: str) -> tuple[str, ...]:
    """The roles of the data sets that a student learns from: its teacher's, and what that knew."""
    teacher = settings.models[teacher_of(settings, student) or student]
    return ("pretrain", "fine_tune") if teacher.fine_tune else ("pretrain",)


def student_mistakes(
    settings: Settings, videos: Mapping[str, VideoRow], datasets: Mapping[str, DatasetRow]
) -> list[str]:
    """Students whose teacher cannot be one, that take anything from elsewhere, or learn nothing."""
    mistakes = []
    for name, model in settings.models.items():
        if model.student_of is None:
            continue
        where, teacher = f"config/config.yaml: models.{name}", settings.models.get(model.student_of)
        if teacher is None:
            hint = did_you_mean(model.student_of, list(settings.models))
            mistakes.append(f"{where}.student_of: no model '{model.student_of}'{hint}")
            continue
        mistakes += [f"{where}.{reason}" for reason in _reasons(model, teacher)]
        roles = roles_of_student(settings, name)
        if not any(d.space == model.space and d.role in roles for d in datasets.values()):
            mistakes.append(
                f"{settings.datasets}: no data set with role '{' or '.join(roles)}' in "
                f"'{model.space}', which the student '{name}' learns from beside its teacher"
            )
        if not any(row.model in (name, model.student_of) for row in videos.values()):
            mistakes.append(
                f"{settings.videos}: no video has the model '{name}' or '{model.student_of}', from "
                f"which '{name}' could learn"
            )
    return mistakes


def student_doubts(settings: Settings, videos: Mapping[str, VideoRow]) -> Iterator[tuple[str, str]]:
    """Of models: students that see no video, and teachers of one network, who know no more."""
    taught = {name: m.student_of for name, m in settings.models.items() if m.student_of}
    seen = {row.model for row in videos.values()}
    for name in taught:
        if name not in seen:
            yield (
                name,
                f"it is a student, and sees no video; write '{name}' into the column 'model' of "
                f"{settings.videos} for those that it shall see",
            )
    for name in dict.fromkeys(taught.values()):
        if len(settings.models[name].seeds) == 1:
            yield name, "it teaches a student, and has one network: give it more seeds"


def _reasons(model: ModelSettings, teacher: ModelSettings) -> list[str]:
    """What is wrong with a student, as the rest of a sentence that begins with its name."""
    reasons = []
    if teacher.student_of is not None:
        reasons.append(
            f"student_of: '{model.student_of}' is itself a student; name the model that it "
            "learns from"
        )
    if teacher.predictions is not None:
        reasons.append(
            f"student_of: '{model.student_of}' has predictions and no networks, which could look "
            "at frames again"
        )
    if teacher.space != model.space:
        reasons.append(
            f"space: '{model.space}', but its teacher '{model.student_of}' speaks "
            f"'{teacher.space}'; leave it out"
        )
    given = [
        key
        for key in ("pose_weights", "detector_weights", "fine_tune", "predictions")
        if getattr(model, key) is not None
    ]
    reasons += [f"{key}: a student takes none; leave it out, or write null" for key in given]
    if model.architecture.endswith(CONTEXT):
        reasons.append(
            f"architecture: '{model.architecture}' looks at neighboring frames, which no student "
            f"learns; write '{model.architecture.removesuffix(CONTEXT)}'"
        )
    return reasons
