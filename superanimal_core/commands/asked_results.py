"""Results that a run was asked for by name: of data sets, models and videos that there are not."""

import re
from collections.abc import Sequence

from superanimal_core.errors import SuperAnimalError
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.study.study import Study

RESULT = re.compile(r"(?:\./)?results/(datasets|models|videos)/([A-Za-z0-9_-]+)/.+")


def refuse_unknown(study: Study, rest: Sequence[str]) -> None:
    """SuperAnimalError for the first word that names a result of something the study has not."""
    settings = study.settings
    known = {
        "datasets": ("data set", study.datasets, settings.datasets),
        "models": ("model", settings.models, "config/config.yaml"),
        "videos": ("video", study.videos, settings.videos),
    }
    for kind, name in (found.groups() for word in rest if (found := RESULT.fullmatch(word))):
        one, there, where = known[kind]
        if name not in there:
            told = did_you_mean(name, list(there))
            raise SuperAnimalError(f"no {one} '{name}' in {where}{told}")
