"""How far a model's circles can be trusted: what they rest on, and what labels left out say."""

import math
from collections.abc import Mapping

import numpy as np

from superanimal_core.report.cells import ABSENT, Table, counted
from superanimal_core.smoothing.calibration import LEVELS, MIN_LABELS
from superanimal_core.smoothing.calibration_check import CalibrationCheck
from superanimal_core.smoothing.familiarity import MIN_ANIMALS

FEW_GROUPS = 10
TOO_FEW, TOO_MANY = 85, 95  # % of the labels within the circles of 90 %
WORST_KEYPOINTS = 5

Check = tuple[CalibrationCheck, Mapping[str, int]]


def trust(checks: Mapping[str, Check | None]) -> dict[str, object]:
    """Sentences and tables about the circles of every model; None: it has no calibration."""
    known = {model: found[0] for model, found in checks.items() if found is not None}
    return {
        "models": [basis_sentence(model, found) for model, found in checks.items()],
        "promises": promise_table(known),
        "keypoints": keypoint_table(known),
        "keypoint_counts": [keypoint_sentence(model, check) for model, check in known.items()],
    }


def basis_sentence(model: str, found: Check | None) -> str:
    """What the circles of a model rest on, and what follows; or why there are none."""
    if found is None:
        return (
            f"The model {model} has no circles, and what is measured with it has no interval: "
            f"fewer than {MIN_LABELS} labels were held out, or all of them are of one video or "
            "animal. Label frames of two or more videos, and list them with the role evaluate."
        )
    counts = found[1]
    said = (
        f"The circles of the model {model} rest on {counted(counts['labels'], 'label')} of "
        f"{counted(counts['animals'], 'labeled animal')} in "
        f"{counted(counts['groups'], 'group')} (videos or animals) from "
        f"{counted(counts['data sets'], 'data set')}."
    )
    if counts["groups"] < FEW_GROUPS:
        said += (
            " So few groups say little about how videos differ: the circles were widened for it."
        )
    if counts["data sets"] == 1:
        said += " How they hold in another laboratory, nobody can tell from one data set."
    if counts["animals"] < MIN_ANIMALS:
        said += (
            f" What is unlike fewer than {MIN_ANIMALS} animals cannot be told: no frame is marked "
            "as extrapolated."
        )
    return said


def promise_table(checks: Mapping[str, CalibrationCheck]) -> Table:
    """What part of the labels the circles hold, groups and each data set being left out."""
    rows = []
    for model, check in checks.items():
        rows.append((model, "some videos or animals", *_of_curve(check.of_groups)))
        if np.isfinite(check.of_datasets).any():
            rows.append((model, "each data set in turn", *_of_curve(check.of_datasets)))
        rows += [
            (model, f"data set {name}", ABSENT, _percent(part), verdict(part))
            for name, part in check.by_dataset.items()
        ]
    columns = (
        ("model", ""),
        ("left out", ""),
        ("within 50 %", "% of labels"),
        ("within 90 %", "% of labels"),
        ("verdict", ""),
    )
    return Table(columns, rows, words=("model", "left out", "verdict"))


def keypoint_table(checks: Mapping[str, CalibrationCheck]) -> Table:
    """The keypoints of each model whose circles of 90 % hold the fewest labels."""
    rows = []
    for model, check in checks.items():
        known = {name: part for name, part in check.by_keypoint.items() if math.isfinite(part)}
        worst = sorted(known, key=known.__getitem__)[:WORST_KEYPOINTS]
        rows += [(model, name, _percent(known[name]), verdict(known[name])) for name in worst]
    columns = (("model", ""), ("keypoint", ""), ("within 90 %", "% of labels"), ("verdict", ""))
    return Table(columns, rows, words=("model", "keypoint", "verdict"))


def keypoint_sentence(model: str, check: CalibrationCheck) -> str:
    """How many keypoints have circles that are too small."""
    known = [part for part in check.by_keypoint.values() if math.isfinite(part)]
    below = sum(_rounded(part) < TOO_FEW for part in known)
    return f"{model}: {below} of {counted(len(known), 'keypoint')} below {TOO_FEW} %."


def verdict(part: float) -> str:
    """In words, whether circles that promise 90 % hold it; `part` (0-1) as it is shown, rounded."""
    if not math.isfinite(part):
        return "not known"
    if _rounded(part) < TOO_FEW:
        return "too small: hold less than promised"
    return "larger than needed" if _rounded(part) > TOO_MANY else "as promised"


def _of_curve(held: np.ndarray) -> tuple[str, str, str]:
    half, most = (float(held[np.argmin(np.abs(LEVELS - level))]) for level in (0.5, 0.9))
    return _percent(half), _percent(most), verdict(most)


def _rounded(part: float) -> int:
    return round(100 * part)


def _percent(part: float) -> str:
    return f"{_rounded(part)}" if math.isfinite(part) else ABSENT
