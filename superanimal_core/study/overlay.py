"""A study's config.yaml says what differs from the workflow's, which is complete.

Sections are laid over each other key by key; a list, a number, a text or null takes the place of
what is shipped. So do a space's behaviors and the models, whose names the user chooses. The reasons
stand in docs/decisions/050-short-settings.md.
"""

from pathlib import Path
from typing import Any

from superanimal_core.errors import ConfigError, DatasetError
from superanimal_core.formats.documents import read_yaml
from superanimal_core.study.shipped import WORKFLOW

CONFIG = Path("config/config.yaml")
FROM_ELSEWHERE = (
    *("pose_weights", "detector_weights", "initial_weights"),
    *("fine_tune", "student_of", "predictions"),
)
KeyPath = tuple[str, ...]


def read_complete(path: str | Path, workflow_folder: str | Path = WORKFLOW) -> Any:
    """A config.yaml laid over the workflow's, not yet validated. ConfigError: cannot be read."""
    return overlaid(read_config(Path(workflow_folder) / CONFIG), read_config(path))


def read_config(path: str | Path) -> Any:
    """A config.yaml as it stands there, parsed. ConfigError when it cannot be read."""
    try:
        settings = read_yaml(path)
        return {} if settings is None else settings
    except DatasetError as mistake:
        raise ConfigError([str(mistake)]) from None


def overlaid(shipped: Any, own: Any, at: KeyPath = ()) -> Any:
    """`own` laid over `shipped`; `at` is the key path of both. Neither is changed."""
    if not isinstance(shipped, dict) or not isinstance(own, dict) or _is_replaced(at):
        return own
    if at == ("models",):
        models = {name: _model(shipped, name, model) for name, model in own.items()}
        return {name: _student(models, own[name]) or model for name, model in models.items()}
    whole = shipped | {key: overlaid(shipped.get(key), own[key], (*at, str(key))) for key in own}
    return _with_every(whole) if at == ("classifiers",) else whole


def _with_every(classifiers: dict[str, Any]) -> dict[str, Any]:
    """Each classifier over what holds for every one."""
    every, named = classifiers.get("every"), classifiers.get("named")
    if not isinstance(every, dict) or not isinstance(named, dict):
        return classifiers
    return classifiers | {"named": {name: overlaid(every, own) for name, own in named.items()}}


def _is_replaced(at: KeyPath) -> bool:
    """Whether a mapping is one answer, as all behaviors of a space are."""
    return at[:2] == ("behavior", "definitions") and len(at) == 3


def _model(shipped: dict[str, Any], name: str, own: Any) -> Any:
    """A model over the shipped one of its name; else over what does not belong to the first alone.

    What belongs to a model alone are its space and the weights that it takes from elsewhere. The
    space of predictions is that of their model.
    """
    first = next(iter(shipped.values()), None)
    brought = own.get("predictions") if isinstance(own, dict) else None
    if isinstance(brought, dict) and "space" in brought:
        own = {"space": brought["space"]} | own
    if name in shipped or not isinstance(first, dict):
        return overlaid(shipped.get(name), own, ("models", name))
    general = {key: None if key in FROM_ELSEWHERE else first[key] for key in first}
    if not (isinstance(own, dict) and own.get("student_of")):  # whose teacher, if any, speaks one
        general.pop("space", None)
    return overlaid(general, own, ("models", name))


def _student(models: dict[str, Any], own: Any) -> Any:
    """A student over its teacher: one network unless it says otherwise; None for other models."""
    teacher = models.get(str(own.get("student_of"))) if isinstance(own, dict) else None
    if not isinstance(teacher, dict):
        return None
    alike = {key: None if key in FROM_ELSEWHERE else value for key, value in teacher.items()}
    return {**alike, "seeds": [0], **own}
