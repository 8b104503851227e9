"""Behaviors that are defined by features which no table of features has: told before a run."""

from collections.abc import Mapping

from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.tables.video_columns import FEATURES, FRAME, INDIVIDUAL

KEYPOINT = "<keypoint>"


def feature_mistakes(settings: Settings, known: Mapping[str, KeypointSpace]) -> list[str]:
    """One sentence for each condition of a behavior on an unknown feature, for known spaces."""
    mistakes = []
    for space in settings.behavior.definitions.keys() & known.keys():
        names = feature_names(known[space])
        for behavior, definition in settings.behavior.definitions[space].items():
            mistakes += [
                f"config/config.yaml: behavior.definitions.{space}.{behavior}: unknown feature "
                f"'{condition.feature}'{did_you_mean(condition.feature, names)}; "
                "docs/reference/tables.md lists them"
                for condition in definition.conditions
                if _plain(condition.feature) not in names
            ]
    return mistakes


def feature_names(space: KeypointSpace) -> list[str]:
    """The features of a space's animals, in pixels and without `_sd`."""
    return [
        column.replace(KEYPOINT, keypoint)
        for column in FEATURES
        if column not in FRAME | INDIVIDUAL
        for keypoint in (space.keypoints if KEYPOINT in column else ("",))
    ]


def _plain(feature: str) -> str:
    """A feature's name in pixels and without `_sd`."""
    return feature.removesuffix("_sd").replace("_cm", "_px")
