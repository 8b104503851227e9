"""Whether the labels that are held out can tell how sure positions are: told before a run."""

import numpy as np

from superanimal_core.datasets.split import SPLITS
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import DatasetSettings
from superanimal_core.smoothing.calibration import MIN_GROUPS, MIN_LABELS

LARGER = (0.3, 0.4, 0.5)  # parts to hold out that are proposed
SO = "positions will have no circles, and measures no intervals"


def why_no_circles(labels: Labels, settings: DatasetSettings) -> str:
    """What is wrong if nothing else is labeled, and what to do; '' where labels suffice.

    `labels` are those of the study's keypoints. A split of their own ('train', 'test') is kept.
    """
    groups, known = _held_out(labels, settings, settings.test_fraction)
    if _are_enough(groups, known):
        return ""
    larger = [part for part in LARGER if part > settings.test_fraction]
    enough = [part for part in larger if _are_enough(*_held_out(labels, settings, part))]
    if (labels.split != "").all():
        what = f"{MIN_LABELS} labels of {MIN_GROUPS} videos or animals must be marked as 'test'"
    elif not settings.test_fraction:
        what = "write labels: { test_fraction: 0.2 }"
    elif enough:
        what = f"label more videos or animals, or write labels: {{ test_fraction: {enough[0]} }}"
    else:
        what = f"label more, of {_groups_for(settings.test_fraction)} videos or animals at least"
    if groups == 0:
        return f"no labels of keypoints are held out: {SO}; {what}"
    if groups < MIN_GROUPS:
        return f"all labels that are held out are of one video or animal: {SO}; {what}"
    return f"{known} labels of keypoints are held out, fewer than {MIN_LABELS}: {SO}; {what}"


def _are_enough(groups: int, known: int) -> bool:
    return groups >= MIN_GROUPS and known >= MIN_LABELS


def _groups_for(part: float) -> int:
    """How many groups that are as large as each other have enough held out, if a part is to be."""
    return max(MIN_GROUPS + 1, int((MIN_GROUPS - 0.5) / part) + 1)


def _held_out(labels: Labels, settings: DatasetSettings, part: float) -> tuple[int, int]:
    """How many groups are held out, and how many labels of keypoints, if a part is to be."""
    split = SPLITS[settings.split](labels, part, settings.split_seed)
    held = split.select(split.split == "test")
    known = np.isfinite(held.xy_px.sum(axis=2))
    return len(np.unique(held.group[known.any(axis=1)].astype(str))), int(known.sum())
