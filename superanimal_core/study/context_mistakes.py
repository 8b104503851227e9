"""What a model that looks at neighboring frames cannot do yet, told before anything runs."""

from collections.abc import Iterable
from pathlib import Path

from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_json
from superanimal_core.settings import CONTEXT, Settings

DESCRIPTION = "bundle.json"  # of a network that was trained in a study


def has_context(settings: Settings, model: str) -> bool:
    """Whether a model's network, its parent's or its teacher's looks at neighboring frames."""
    own = settings.models[model]
    own = settings.models.get(own.student_of, own) if own.student_of else own
    owner = settings.models.get(own.fine_tune.parent, own) if own.fine_tune else own
    if owner.pose_weights is not None:
        return _is_brought_with_context(Path(owner.pose_weights))
    return owner.predictions is None and owner.architecture.endswith(CONTEXT)


def _is_brought_with_context(weights: Path) -> bool:
    """Whether a folder of one of our networks says so; what cannot be read is told elsewhere."""
    try:
        described = read_json(weights / DESCRIPTION)
    except (OSError, DatasetError):
        return False
    return isinstance(described, dict) and str(described.get("architecture")).endswith(CONTEXT)


def context_mistakes(settings: Settings, models_of_videos: Iterable[str]) -> list[str]:
    """Settings that do not go together with networks that look at neighboring frames."""
    mistakes = []
    for name in sorted(set(models_of_videos) & settings.models.keys()):
        if not has_context(settings, name):
            continue
        why = f"model '{name}' looks at neighboring frames (architecture *{CONTEXT})"
        if settings.adaptation.enabled:
            mistakes.append(
                f"config/config.yaml: adaptation.enabled: {why}, which adaptation does not teach; "
                "write false"
            )
        if settings.inference.compiled:
            mistakes.append(
                f"config/config.yaml: inference.compiled: {why}, which is not compiled; write false"
            )
        if settings.inference.engine != "torch":
            mistakes.append(
                f"config/config.yaml: inference.engine: {why}, which only torch computes; "
                "write torch"
            )
    return mistakes
