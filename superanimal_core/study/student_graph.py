"""Which file a student needs: the part of the graph between an ensemble and who learns from it.

Nothing that is known of a video (results/videos) comes before a student, which sees the videos:
what the ensemble says of them for its sake is made from their files anew.
"""

from dataclasses import dataclass

from superanimal_core.study.graph import Graph
from superanimal_core.study.students import cohort, roles_of_student, watched


@dataclass(frozen=True)
class StudentGraph:
    """The files of the students of a study."""

    graph: Graph

    def teacher(self, model: str) -> str | None:
        """The model that a student learns from; None for other models."""
        return self.graph.model(model).student_of

    def teachers(self, model: str) -> list[str]:
        """The networks of the ensemble that teaches a model; none for most models."""
        teacher = self.teacher(model)
        return self.graph.members(teacher) if teacher else []

    def labels(self, model: str) -> list[str]:
        """The labels of people that a student learns from, which are its teacher's."""
        roles = roles_of_student(self.graph.study.settings, model)
        return self.graph.unified(model, *roles)

    def watched(self, model: str) -> list[str]:
        """What the ensemble says of the videos that a student learns from."""
        study = self.graph.study
        return [watched(model, v) for v in cohort(study.settings, study.videos, model)]

    def own_calibration(self, model: str) -> list[str]:
        """What labels said of the errors of a model; nothing where there are no labels."""
        is_known = model in self.graph.evaluated_models
        return [f"results/models/{model}/calibration.parquet"] if is_known else []

    def calibration_of_teacher(self, model: str) -> list[str]:
        """That of the ensemble that teaches a model."""
        return self.own_calibration(self.teacher(model) or model)

    def calibrations(self, model: str) -> list[str]:
        """That of a model, and of its teacher's ensemble, which may stand in for it."""
        models = dict.fromkeys((model, self.teacher(model) or model))
        return [path for each in models for path in self.own_calibration(each)]

    def held_out_of_both(self, model: str) -> list[str]:
        """What a student, and its teacher's ensemble, see on labels that were held out."""
        models = (model, self.teacher(model) or model)
        return [f"results/models/{each}/held_out.parquet" for each in models]

    def comparisons(self) -> list[str]:
        """The comparison of each student with its teacher, where there are labels."""
        students = filter(self.teacher, self.graph.evaluated_models)
        return [f"results/models/{student}/students.parquet" for student in students]

    # ── of a video ───────────────────────────────────────────────────────────────────────────────

    def teachers_of_video(self, video: str) -> list[str]:
        """The ensemble that may stand in for a video's model."""
        return self.teachers(self.graph.model_of(video))

    def calibrations_of_video(self, video: str) -> list[str]:
        """Those of all models that a video may be seen by."""
        return self.calibrations(self.graph.model_of(video))

    def trust(self, video: str) -> list[str]:
        """By what a student is judged before it is trusted with a video; nothing for others."""
        return self.calibrations_of_video(video) if self.teachers_of_video(video) else []

    def videos_to_watch(self) -> str:
        """Wildcard constraint: videos of the sheet that a student learns from.

        One that has left it cannot be looked at again, and stays as it is.
        """
        study = self.graph.study
        students = [name for name in study.settings.models if self.teacher(name)]
        named = [v for model in students for v in cohort(study.settings, study.videos, model)]
        return "|".join(dict.fromkeys(v for v in named if v in study.videos)) or "(?!)"
