"""Settings as the rules of students take them."""

from dataclasses import dataclass
from typing import Any

from superanimal_core.study.rule_settings import RuleSettings


@dataclass(frozen=True)
class StudentSettings:
    """What the rules of students are given, of the settings of all rules."""

    rules: RuleSettings

    def code_of_teacher(self, model: str) -> dict[str, str]:
        """The code of a student's teacher, and the smoother's."""
        teacher = self.rules.graph.model(model).student_of or model
        return self.rules.code_of_model(teacher) | self.rules.code_of_smoothing()

    def code_of_comparison(self, model: str) -> dict[str, str]:
        """The code of a student, and the smoother's."""
        return self.rules.code_of_model(model) | self.rules.code_of_smoothing()

    def training(self) -> dict[str, Any]:
        """How a student learns: for longer, since lessons take a part of each batch."""
        settings = self.rules.graph.study.settings
        steps = settings.distillation.steps_of_student(settings.training.steps)
        return self.rules.of("training") | {"steps": steps}

    def probe(self, video: str) -> dict[str, Any] | None:
        """How a student is judged before it is trusted with a video; None for other models."""
        if self.rules.seers(video) == "model":
            return None
        own = self.rules.of("distillation", "max_disagreement", "min_score")
        frames = self.rules.all["distillation"]["probe_frames"]
        method = self.rules.all["smoothing"]["method"]
        return {"frames": frames, **own, "method": method, "smoothing": self.rules.smoother()}
