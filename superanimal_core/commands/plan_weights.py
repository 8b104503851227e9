"""Which weights the networks of a model begin with, where these are files that are here."""

from pathlib import Path

from superanimal_core.settings import ModelSettings, Settings
from superanimal_core.study.study import Study
from superanimal_core.study.study_settings import WHOLE_FRAME


def owner_of(settings: Settings, name: str) -> ModelSettings:
    """The model that has no parent among a model, its parent, and that one's parent."""
    model = settings.models[name]
    while model.fine_tune and model.fine_tune.parent in settings.models:
        model = settings.models[model.fine_tune.parent]
    return model


def weights_here(study: Study, name: str) -> tuple[str, str]:
    """The files of the pose network and the detector; '' where they are trained, or not here yet.

    The detector may be `whole_frame`, which is none.
    """
    owner = owner_of(study.settings, name)
    pose, detector = (_here(study, w) for w in (owner.pose_weights, owner.detector_weights))
    return pose, WHOLE_FRAME if owner.detector_weights == WHOLE_FRAME else detector


def _here(study: Study, weights: str | None) -> str:
    file = study.weights_file(weights) if weights else ""
    return file if file and Path(file).exists() else ""
