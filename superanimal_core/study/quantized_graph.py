"""Which file a network in int8 needs, and which settings: only where studies ask for int8."""

from dataclasses import dataclass
from typing import Any

from superanimal_core.settings import INT8, ModelSettings
from superanimal_core.study.dataset_sheet import ROLES
from superanimal_core.study.student_graph import StudentGraph
from superanimal_core.study.student_settings import StudentSettings
from superanimal_core.study.students import roles_of_student


@dataclass(frozen=True)
class QuantizedGraph:
    """The files of the networks in int8 of a study, beside those of students."""

    students: StudentGraph

    @property
    def is_asked(self) -> bool:
        """Whether the study asks for int8."""
        return self.students.graph.study.settings.inference.precision == INT8

    def labels(self, model: str) -> list[str]:
        """The labels that a model learned from; of weights from elsewhere, those of its space.

        Labels that come to a study for something else change no network in int8.
        """
        graph = self.students.graph
        own = graph.model(model)
        return graph.unified(model, *self._roles(own, model)) or graph.unified(model, *ROLES)

    def _roles(self, own: ModelSettings, model: str) -> tuple[str, ...]:
        """Those of the data sets that a model learned from."""
        if own.student_of:
            return roles_of_student(self.students.graph.study.settings, model)
        if own.fine_tune:
            return ("fine_tune",)
        return ROLES if own.pose_weights is not None else ("pretrain",)

    def networks(self, model: str) -> list[str]:
        """The networks of a model in int8."""
        seeds = self.students.graph.model(model).seeds
        return [f"results/models/{model}/quantized/member-{seed}" for seed in seeds]

    def trust(self, video: str) -> list[str]:
        """By what is judged who sees a video: a student, and networks in int8; none for others."""
        told = self.students.trust(video)
        if not self.is_asked:
            return told
        model = self.students.graph.model_of(video)
        models = dict.fromkeys((model, self.students.teacher(model) or model))
        return told + [path for each in models for path in self.networks(each)]


@dataclass(frozen=True)
class QuantizedSettings:
    """What the rule that sees videos is given, of the settings of all rules."""

    students: StudentSettings

    @property
    def _is_asked(self) -> bool:
        return self.students.rules.graph.study.settings.inference.precision == INT8

    def seers(self, video: str) -> str:
        """Who may see a video: see models.who_sees."""
        own = self.students.rules.seers(video)
        return f"quantized_{own}" if self._is_asked else own

    def code(self, video: str) -> dict[str, str]:
        """The code of a prediction."""
        return self.students.rules.code_of_prediction(video) | {"SEERS": self.seers(video)}

    def judged_by(self, video: str) -> dict[str, Any] | None:
        """How is judged who sees a video, and which engine computes in int8; None for others."""
        probe = self.students.probe(video)
        if not self._is_asked:
            return probe
        return {**(probe or {}), "engine": self.students.rules.all["inference"]["engine"]}

    def inference(self) -> dict[str, Any]:
        """How networks are run over a video.

        Those in int8 come with their engine: for all else they are networks like others.
        """
        own = self.students.rules.inference()
        return own | {"engine": "torch"} if self._is_asked else own
