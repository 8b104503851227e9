"""Settings as the rules of adaptations take them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from superanimal_core.study.adaptation_graph import AdaptationGraph
from superanimal_core.study.rule_settings import RuleSettings

# what an adaptation does otherwise than the pretraining: inference.adapt says how
NOT_INHERITED = ("masking", "warmup_steps", "frozen_batch_norm", "bagging")


@dataclass(frozen=True)
class AdaptationRuleSettings:
    """What the rules of adaptations are given, of the settings of all rules."""

    rules: RuleSettings

    @cached_property
    def _graph(self) -> AdaptationGraph:
        return AdaptationGraph(self.rules.graph)  # once: it goes through all videos

    def code(self, video: str) -> dict[str, str]:
        """The code of a video's model, its teacher, how frames are chosen, and the smoother."""
        adaptation = self.rules.all["adaptation"]
        chosen = {"TEACHERS": adaptation["teacher"], "CHOICES": adaptation["frames"]}
        return self.rules.code_of_video(video) | self.rules.code_of_smoothing() | chosen

    def code_of_member(self, model: str) -> dict[str, str]:
        """That of a model that learns from labels alone: those which an ensemble says."""
        return self.rules.code_of_model(model) | {"LESSONS": "labels"}

    @property
    def batch(self) -> str:
        """The jobs that share a cluster job with an adaptation.

        Those of the predictions, unless networks learn of several videos in between.
        """
        return "gpu" if self.rules.all["adaptation"]["per"] == "video" else "judge"

    def inference_of_seer(self) -> dict[str, Any]:
        """How a network looks at animals to tell their kinds; nothing where none does."""
        is_asked = self.rules.all["adaptation"]["frames"] == "kinds"
        return self.rules.of("inference", "batch", "precision") if is_asked else {}

    def training(self) -> dict[str, Any]:
        """Settings of the training of an adaptation."""
        own = self.rules.of("adaptation", "steps", "batch", "learning_rate", "early_stopping")
        left = {*NOT_INHERITED, *own}
        inherited = self.rules.of("training").items()
        return {key: v for key, v in inherited if key not in left} | own

    def smoothing_of_teacher(self, video: str) -> dict[str, Any]:
        """How the ensemble that teaches is smoothed; nothing where none does."""
        teacher = self.rules.all["adaptation"]["teacher"]
        if teacher == "own":
            return {}
        if teacher == "median":
            return {"settings": self.rules.of("smoothing", "center", "min_score")}
        method = self.rules.all["smoothing"]["method"]
        views = self.rules.views(video)
        return {"method": method, "settings": self.rules.smoother(), "views": views}

    def select(self, most: int | None = None) -> dict[str, Any]:
        """Which frames of a video teach, and at most how many."""
        own = self.rules.of("adaptation", "frames", "every_frames", "max_frames")
        return own if most is None else own | {"max_frames": most}

    def share(self, model: str, videos: str) -> dict[str, Any]:
        """The same for a video of a set: each has an equal share of all frames."""
        listed = self._graph.listed(model, videos)
        most = self.rules.all["adaptation"]["max_frames"]
        return self.select(max(most // max(len(listed), 1), 1))
