"""Behaviors that are defined by features or zones which there are not: told before a run."""

import re
from collections.abc import Mapping

from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.study.arenas import SHIPPED_ZONES
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.tables.behavior_columns import FEATURES
from superanimal_core.tables.video_columns import FRAME, INDIVIDUAL

KEYPOINT = "<keypoint>"
ZONE = "zone_"


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


def zone_mistakes(settings: Settings, videos: Mapping[str, VideoRow]) -> list[str]:
    """One sentence for each behavior on a zone that no video of its space has: it is never told."""
    zones: dict[str, list[str]] = {}
    for row in videos.values():
        if row.model in settings.models:
            zones.setdefault(settings.models[row.model].space, []).extend(row.zones)
    return [
        f"config/config.yaml: behavior.definitions.{space}.{behavior}: no video has a zone "
        f"'{zone}' in the column 'zones' of {settings.videos}{did_you_mean(zone, known)}"
        for space, known in zones.items()
        for behavior, definition in settings.behavior.definitions.get(space, {}).items()
        for zone in dict.fromkeys(_zone_of(each.feature) for each in definition.conditions)
        if zone and zone not in (*SHIPPED_ZONES, *known)
    ]


def _zone_of(feature: str) -> str:
    """The zone that a feature is about; '' for others."""
    return feature.removeprefix(ZONE) if feature.startswith(ZONE) else ""


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
