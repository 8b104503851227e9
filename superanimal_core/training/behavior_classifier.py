"""Learning behaviors from what people marked, and judging that on animals that were left out.

Every part of the labels (animals, or blocks of time) is left out once, and the classifier that has
not seen it says its scores. From those come the temperature, the rule for bouts and all figures;
each part is judged with a temperature and a rule that other parts have chosen. The classifier that
is kept has learned from all parts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.behavior.actions import bouts_where
from superanimal_core.behavior.boosted_trees import fit_trees
from superanimal_core.behavior.class_bouts import (
    NOTHING,
    BoutRule,
    JudgedFrames,
    RuleChoices,
    choose_rule,
    is_first_behavior,
)
from superanimal_core.behavior.class_probabilities import (
    Calibration,
    calibrated,
    fit_calibration,
    uncalibrated,
)
from superanimal_core.behavior.classifier import (
    Classifier,
    class_scores,
    reach_s,
    windowed,
)
from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.settings.classifiers import ClassifierSettings
from superanimal_core.training.held_out_parts import (
    check_bouts,
    check_classes,
    parts_of,
    to_learn_from,
)
from superanimal_core.training.window_network import fit_network

SEED = 0
Labeled = tuple[ndarray, ndarray, ndarray]  # inputs, classes, weights of frames


@dataclass(frozen=True)
class Recording:
    """One individual of a video, and what the raters say of it.

    `values` are its features (`classifier_inputs`), `said` classes, -1 where a rater says nothing.
    """

    video: str
    individual: str
    animal: str
    time_s: Float[ndarray, "frame"]
    values: Float[ndarray, "frame feature"]
    said: Int[ndarray, "rater frame"]
    raters: tuple[str, ...]


@dataclass(frozen=True)
class HeldOut:
    """What was said of every frame by a classifier that had not learned from its part."""

    probability: list[Float[ndarray, "_frame class"]]
    rules: list[list[BoutRule]]  # by part and behavior: chosen on the other parts
    part: list[Int[ndarray, "_frame"]]
    parts_are: str


def train_classifier(
    recordings: Sequence[Recording], features: Sequence[str], settings: ClassifierSettings
) -> tuple[Classifier, HeldOut]:
    """The classifier, and what it would have said of frames that it has not seen.

    SuperAnimalError where a behavior has too few bouts, or all of them in one part.
    """
    parts, parts_are = parts_of(
        [r.animal for r in recordings], [r.time_s for r in recordings], settings.folds
    )
    _check(recordings, parts, parts_are, settings)
    count = 1 + max(int(part.max(initial=0)) for part in parts)
    scores = [np.zeros((len(r.time_s), len(settings.behaviors) + 1)) for r in recordings]
    for part in range(count):
        fitted = _fitted(recordings, features, settings, parts, part)
        for recording, own, found in zip(recordings, parts, scores, strict=True):
            chosen = own == part
            if chosen.any():
                fps = frames_per_second(recording.time_s)
                found[chosen] = class_scores(fitted, recording.values, fps)[chosen]
    held_out = _judged(recordings, scores, parts, parts_are, count, settings)
    everything = [np.ones(len(part), bool) for part in parts]
    whole = _fitted(recordings, features, settings, parts, held_out=-1)
    calibration, rules = _chosen(recordings, scores, everything, settings)
    return replace(whole, calibration=calibration, rules=tuple(rules)), held_out


def _judged(
    recordings: Sequence[Recording],
    scores: Sequence[ndarray],
    parts: Sequence[ndarray],
    parts_are: str,
    count: int,
    settings: ClassifierSettings,
) -> HeldOut:
    """Probabilities and rules of each part, by what the other parts say."""
    probability = [np.zeros_like(each) for each in scores]
    rules = []
    for part in range(count):
        others = [own != part for own in parts]
        calibration, chosen = _chosen(recordings, scores, others, settings)
        rules.append(chosen)
        for own, score, found in zip(parts, scores, probability, strict=True):
            found[own == part] = calibrated(score[own == part], calibration)
    return HeldOut(probability, rules, list(parts), parts_are)


def _chosen(
    recordings: Sequence[Recording],
    scores: Sequence[ndarray],
    used: Sequence[ndarray],
    settings: ClassifierSettings,
) -> tuple[Calibration, list[BoutRule]]:
    """The temperature and the rules that serve some frames best."""
    told = [_told(r, np.flatnonzero(u)) for r, u in zip(recordings, used, strict=True)]
    rows = [score[frame] for score, (frame, _, _) in zip(scores, told, strict=True)]
    label, weight = (np.concatenate([each[i] for each in told]) for i in (1, 2))
    calibration = fit_calibration(np.concatenate(rows), label, weight)
    choices = RuleChoices(**settings.bouts.model_dump())
    rules = []
    for behavior in range(1, len(settings.behaviors) + 1):
        judged = [
            _judged_frames(recording, calibrated(score, calibration), use, behavior)
            for recording, score, use in zip(recordings, scores, used, strict=True)
            if use.any()
        ]
        rules.append(choose_rule(judged, choices))
    return calibration, rules


def _judged_frames(
    recording: Recording, probability: ndarray, used: ndarray, behavior: int
) -> JudgedFrames:
    known = (recording.said >= 0) & used
    votes = ((recording.said == behavior) & known).sum(axis=0)
    true = np.where(known.any(axis=0), votes / np.maximum(known.sum(axis=0), 1), np.nan)
    first = is_first_behavior(probability, behavior)
    return JudgedFrames(recording.time_s, probability[:, behavior], first, true)


def _told(recording: Recording, frames: Int[ndarray, "some"]) -> Labeled:
    """Frame, class and weight of all that raters say of some frames; together 1 per frame."""
    said = recording.said[:, frames]
    rater, place = np.nonzero(said >= 0)
    share = 1 / np.maximum((said >= 0).sum(axis=0), 1)
    return frames[place], said[rater, place], share[place]


def _fitted(
    recordings: Sequence[Recording],
    features: Sequence[str],
    settings: ClassifierSettings,
    parts: Sequence[ndarray],
    held_out: int,
) -> Classifier:
    """A classifier that has learned from all parts but one, without temperature and rules."""
    method = settings.method
    window, learning = _settings_of(settings)
    learned = []
    for recording, part in zip(recordings, parts, strict=True):
        fps = frames_per_second(recording.time_s)
        margin = int(np.ceil(reach_s(method, window) * fps))
        frames = to_learn_from(part, held_out, margin)
        frames = frames[frames % max(1, round(fps / settings.frames_per_s)) == 0]
        seen = windowed(method, recording.values, fps, window)
        frame, label, weight = _told(recording, frames)
        learned.append((seen[frame], label, weight))
    inputs, label, weight = (np.concatenate(each) for each in zip(*learned, strict=True))
    classes = len(settings.behaviors) + 1
    check_classes(label, settings.behaviors)
    balanced = _balanced(label, weight, classes)
    how = {**learning, "classes": classes, "seed": SEED}
    return Classifier(
        method,
        tuple(settings.behaviors),
        tuple(features),
        window,
        FITS[method](inputs, label, balanced, **how),
        uncalibrated(classes),
        (BoutRule(0.0, 0.0, 0.0),) * len(settings.behaviors),
    )


FITS: Mapping[str, Callable[..., Mapping[str, ndarray]]] = {
    "boosting": fit_trees,
    "network": fit_network,
}


def _settings_of(settings: ClassifierSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a method looks at, and how it learns."""
    own = getattr(settings, settings.method).model_dump()
    looks = ("half_windows_s", "half_window_s", "samples")
    window = {key: value for key, value in own.items() if key in looks}
    return window, {key: value for key, value in own.items() if key not in looks}


def _balanced(label: ndarray, weight: ndarray, classes: int) -> ndarray:
    """Weights with which every class counts as much as every other; 1 on average."""
    total = np.bincount(label, weight, minlength=classes)
    balanced = weight / total[label]
    return balanced * (len(weight) / balanced.sum())


def _check(
    recordings: Sequence[Recording],
    parts: Sequence[ndarray],
    parts_are: str,
    settings: ClassifierSettings,
) -> None:
    """Whether every behavior has bouts enough, and in at least two parts."""
    count = 1 + max(int(part.max(initial=0)) for part in parts)
    for number, behavior in enumerate((*settings.behaviors,), start=NOTHING + 1):
        found = np.zeros(count, dtype=np.int64)
        for recording, part in zip(recordings, parts, strict=True):
            most = np.zeros(count, dtype=np.int64)
            for said in recording.said:  # what several raters marked is counted once
                bouts = bouts_where(said == number, recording.time_s, 0.0, 0.0)
                own = np.bincount(part[[start for start, _ in bouts]], minlength=count)
                most = np.maximum(most, own)
            found += most
        check_bouts(behavior, found, parts_are, settings.min_bouts)
