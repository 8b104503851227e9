"""Behaviors that are defined by features which no table of features has: told before a run."""

import re
from collections.abc import Mapping

from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.tables.behavior_columns import FEATURES
from superanimal_core.tables.video_columns import FRAME, INDIVIDUAL

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
                if _plain(condition.feature) not in names and not _is_made(condition.feature)
            ]
    return mistakes


def feature_names(space: KeypointSpace) -> list[str]:
    """Features of a space's animals in pixels, without `_sd` and those that are put together."""
    return [
        column.replace(KEYPOINT, keypoint)
        for column in FEATURES
        if column not in FRAME | INDIVIDUAL and not _is_put_together(column)
        for keypoint in (space.keypoints if KEYPOINT in column else ("",))
    ]


def _is_put_together(column: str) -> bool:
    """Whether a column stands for features of zones, windows, or several keypoints."""
    return "<" in column.replace(KEYPOINT, "", 1)


def _is_made(feature: str) -> bool:
    """Whether a name is put together as those are."""
    patterns = (re.sub("<[^>]+>", ".+", column) for column in FEATURES if _is_put_together(column))
    return any(re.fullmatch(pattern, _plain(feature)) for pattern in patterns)


def _plain(feature: str) -> str:
    """A feature's name in pixels and without `_sd`."""
    return feature.removesuffix("_sd").replace("_cm", "_px")
