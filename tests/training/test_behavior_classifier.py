"""Learned behaviors on drawn animals whose behavior is known."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

sys.path.append(str(Path(__file__).resolve().parents[1] / "behavior"))

from made_behaviors import BEHAVIORS, drawn_animal, settings
from test_real_recordings import smoothed

from superanimal_core.behavior import classifier as classifier_module
from superanimal_core.behavior.class_probabilities import calibrated
from superanimal_core.behavior.classifier import (
    class_scores,
    frame_probabilities,
    network_scores,
)
from superanimal_core.behavior.classifier_inputs import (
    classifier_inputs,
    common_features,
)
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.marked_bouts import classes_of_marks
from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.behavior_labels import WhichLabels, read_marks
from superanimal_core.jobs.behavior_training import recordings_of
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.settings.behavior import AnatomySettings
from superanimal_core.settings.classifiers import ClassifierSettings
from superanimal_core.tables.classifier_files import (
    read_classifier,
    write_classifier,
)
from superanimal_core.training.behavior_classifier import (
    Recording,
    train_classifier,
)
from superanimal_core.training.classifier_figures import classifier_scores
from superanimal_core.training.held_out_parts import parts_of, to_learn_from
from superanimal_core.training.window_network import fit_network

SHIPPED = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data/behaviordepot"


def recordings(seeds, said=None, **how):
    drawn = {seed: drawn_animal(seed, **how) for seed in seeds}
    names = common_features([table for table, _ in drawn.values()], [])
    found = []
    for seed, (table, true) in drawn.items():
        values = classifier_inputs(dict(table.columns), names)
        own = true[None] if said is None else said(true, seed)
        raters = tuple(f"r{i}" for i in range(len(own)))
        found.append(
            Recording(f"v{seed}", "animal0", f"m{seed}", table.time_s, values, own, raters)
        )
    return found, names


@pytest.mark.parametrize("method", ["boosting", "network"])
def test_animals_that_were_left_out_are_classified(method):
    drawn, names = recordings(range(4))
    own = settings(method=method)
    classifier, held_out = train_classifier(drawn, names, own)
    scores, confused = classifier_scores(drawn, held_out, BEHAVIORS)
    assert held_out.parts_are == "animals"
    assert confused.sum() == sum(len(r.time_s) for r in drawn)
    assert (scores.f1 > 0.85).all(), scores.f1
    assert (scores.bout_f1_25[:2] > 0.8).all()
    assert np.abs(scores.onset_error_s[:2]).max() < 0.2
    new, true = drawn_animal(99, scale=3.0)  # a camera that is three times as near
    probability, bouts = frame_probabilities(classifier, new)
    assert (probability.argmax(axis=1) == true).mean() > 0.85
    assert {*bouts.behavior} == {*BEHAVIORS}
    assert (bouts.stop_s - bouts.start_s > 0).all()


@pytest.mark.parametrize("method", ["boosting", "network"])
def test_an_animal_that_nobody_sees_shows_no_behavior(method):
    """Nothing moves while it is out of the picture, and it does not rest there."""
    drawn, names = recordings(range(3))
    classifier, _ = train_classifier(drawn, names, settings(method=method))
    table, _ = drawn_animal(99)
    away = np.zeros(len(table), bool)
    away[200:500] = True
    score = "simba_score_nose"  # known to be 0 of an absent keypoint
    seen = {n: np.where(away, np.nan, values) for n, values in table.columns.items()}
    with_scores = replace(classifier, features=(*classifier.features, score))
    for asked in (classifier, with_scores):
        if method == "network" and asked is with_scores:
            continue  # its layers have a width
        features = replace(table, columns=seen | {score: 1.0 - away})
        probability, bouts = frame_probabilities(asked, features)
        assert (np.isnan(probability).all(axis=1) == away).all()
        assert (np.isfinite(probability).all(axis=1) == ~away).all()
        longest = max(rule.max_gap_s for rule in asked.rules)
        assert len(bouts.behavior)
        assert np.isfinite(bouts.probability).all()
        for start, stop in zip(bouts.start_frame, bouts.stop_frame, strict=True):
            assert away[start:stop].sum() / 20.0 <= longest


def test_what_was_marked_while_nobody_sees_the_animal_is_not_learned(tmp_path):
    table, _ = drawn_animal(0)
    away = np.arange(len(table)) < 300
    seen = {n: np.where(away, np.nan, values) for n, values in table.columns.items()}
    (tmp_path / "a.csv").write_text("behavior,start,stop\nrest,17,27\n")
    row = {"video": "v", "individual": "animal0", "labels": 0, "format": "csv", "rater": ""}
    row |= {"subject": "", "observation": ""}
    tables = {"v": replace(table, columns=seen)}
    names, own = common_features([table], []), settings(behaviors=["rest"])
    [found] = recordings_of(tables, [str(tmp_path / "a.csv")], [row], {"v": "m"}, names, own)
    assert (found.said[0, :300] == -1).all()
    assert (found.said[0, 300:400] == 1).all()
    assert (found.said[0, 400:] == 0).all()


def test_a_rater_who_errs_sets_the_ceiling():
    def said(true, seed):
        random = np.random.default_rng(seed)
        wrong = np.repeat(random.random(len(true) // 20 + 1) < 0.2, 20)[: len(true)]
        return np.stack([true, np.where(wrong, (true + 1) % 3, true)])

    drawn, names = recordings(range(3), said)
    _, held_out = train_classifier(drawn, names, settings())
    scores, _ = classifier_scores(drawn, held_out, BEHAVIORS)
    assert (scores.raters == 2).all()
    assert (scores.raters_f1 > 0.7).all()
    assert (scores.raters_f1 < 0.9).all()
    assert scores.frames[-1] == pytest.approx(sum(len(r.time_s) for r in drawn))


def test_probabilities_of_animals_that_were_left_out_keep_their_word():
    """Where labels are drawn from the features, of frames with 0.7 seven in ten show it."""

    def said(true, seed):
        random = np.random.default_rng(seed)
        rest = np.repeat(random.random(len(true)), 1) < np.array([0.1, 0.6, 0.3])[true]
        return np.where(rest, 1, 0)[None]

    drawn, names = recordings(range(3), said, seconds=150.0, noise=0.1)
    _, held_out = train_classifier(drawn, names, settings(behaviors=["rest"]))
    sure = np.concatenate([p[:, 1] for p in held_out.probability])
    shown = np.concatenate([r.said[0] for r in drawn])
    errors = []
    for low, high in ((0.0, 0.2), (0.2, 0.45), (0.45, 1.0)):
        inside = (sure >= low) & (sure < high)
        assert inside.sum() > 500
        errors.append(abs(sure[inside].mean() - shown[inside].mean()))
    assert max(errors) < 0.04, errors


def test_blocks_of_one_animal_are_held_out_with_a_margin():
    parts, what = parts_of(["m", "m"], [np.arange(100.0), np.arange(30.0)], 3)
    assert what == "blocks of time"
    assert {*parts[0]} == {*parts[1]} == {0, 1, 2}
    assert np.abs(np.diff(parts[0])).astype(bool).sum() == 2
    learned = to_learn_from(parts[0], 1, 4)
    held = np.flatnonzero(parts[0] == 1)
    distance = np.abs(np.arange(100)[:, None] - held).min(axis=1)
    assert learned.tolist() == np.flatnonzero(distance > 4).tolist()
    parts, what = parts_of(["a", "b", "a", "c"], [np.zeros(5)] * 4, 2)
    assert what == "animals"
    assert (parts[0][0], parts[1][0], parts[2][0], parts[3][0]) == (0, 1, 0, 0)


def test_no_frame_is_judged_by_a_classifier_that_knows_its_animal():
    """Labels that nothing explains: who has seen an animal knows them, who has not does not."""

    def said(true, seed):
        random = np.random.default_rng(seed)
        return np.repeat(random.integers(0, 2, len(true) // 10 + 1), 10)[None, : len(true)]

    drawn, names = recordings(range(3), said)
    _, held_out = train_classifier(drawn, names, settings(behaviors=["rest"]))
    sure = np.concatenate([p[:, 1] for p in held_out.probability])
    shown = np.concatenate([r.said[0] for r in drawn])
    assert abs(np.corrcoef(sure, shown)[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("behaviors", "told"), [(["rest", "fly"], "'fly' has 0 bouts"), (["rest", "turn"], "one part")]
)
def test_too_few_bouts_are_told(behaviors, told):
    def said(true, seed):
        return np.where((true == 2) & (seed > 0), 0, true)[None]

    drawn, names = recordings(range(3), said)
    if behaviors[1] == "fly":
        drawn = [Recording(**{**vars(r), "said": np.where(r.said == 2, 0, r.said)}) for r in drawn]
    with pytest.raises(SuperAnimalError, match=told):
        train_classifier(drawn, names, settings(behaviors=behaviors))


@pytest.mark.parametrize("method", ["boosting", "network"])
@pytest.mark.parametrize("without", ["everywhere", "in all animals but one"])
def test_labels_without_frames_of_none_of_the_behaviors_are_told(method, without):
    """JABS' labels say of no frame that it shows nothing, unless somebody marked it so."""

    def said(true, seed):
        rest = np.where(true == 1, 1, -1)
        return (rest if without == "everywhere" or seed else np.where(true == 0, 0, rest))[None]

    drawn, names = recordings(range(3), said)
    with pytest.raises(SuperAnimalError, match="no frame that shows none of the behaviors is left"):
        train_classifier(drawn, names, settings(behaviors=["rest"], method=method))


def test_a_behavior_that_only_stands_beside_what_is_left_out_is_told():
    """Of one animal; two bouts of a frame each, both next to the edge between two blocks."""
    drawn, names = recordings([0])
    mark = np.zeros(len(drawn[0].time_s), dtype=np.int64)
    mark[[598, 602]] = 1
    recording = Recording(**{**vars(drawn[0]), "said": mark[None]})
    with pytest.raises(SuperAnimalError, match="no frame that shows 'rest' is left to learn from"):
        train_classifier([recording], names, settings(behaviors=["rest"], min_bouts=2, folds=2))


def test_the_network_as_arrays_says_what_torch_says():
    random = np.random.default_rng(0)
    inputs, label = random.normal(3, 2, (200, 6)), random.integers(0, 3, 200)
    how = {"hidden": (9, 5), "dropout": (0.5, 0.5), "epochs": 2, "batch": 16}
    weights = fit_network(inputs, label, np.ones(200), classes=3, learning_rate=1e-3, seed=1, **how)
    given = torch.from_numpy((inputs - weights["mean"]) / weights["sd"])
    for layer in ("first", "second", "last"):
        w, b = (torch.from_numpy(weights[f"{layer}_{part}"]) for part in ("weight", "bias"))
        given = torch.nn.functional.linear(given, w, b)
        given = torch.relu(given) if layer != "last" else given
    np.testing.assert_allclose(network_scores(weights, inputs), given.numpy(), atol=1e-9)


@pytest.mark.parametrize("method", ["boosting", "network"])
def test_a_classifier_is_the_same_from_its_folder_and_in_chunks(tmp_path, monkeypatch, method):
    drawn, names = recordings(range(3), seconds=30.0)
    classifier, held_out = train_classifier(drawn, names, settings(method=method))
    scores, _ = classifier_scores(drawn, held_out, BEHAVIORS)
    write_classifier(classifier, scores, {}, tmp_path / "rest", {"rule": "train_classifier"})
    assert {p.name for p in (tmp_path / "rest").iterdir()} == {
        "classifier.json", "weights.safetensors", "evaluation.parquet"
    }  # fmt: skip
    read = read_classifier(tmp_path / "rest")
    table, _ = drawn_animal(7)
    whole = frame_probabilities(classifier, table)
    monkeypatch.setattr(classifier_module, "CHUNK_FRAMES", 97)
    parts = frame_probabilities(read, table)
    np.testing.assert_allclose(whole[0], parts[0], atol=1e-6)
    assert whole[1].start_frame.tolist() == parts[1].start_frame.tolist()
    values = classifier_inputs(dict(table.columns), read.features)
    again = calibrated(class_scores(read, values, 20.0), read.calibration)
    np.testing.assert_allclose(again, parts[0])
    with pytest.raises(SuperAnimalError, match="not a classifier of ours"):
        read_classifier(tmp_path / "none")


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the recording in {SHARED}")
def test_freezing_that_a_person_marked_is_learned_by_the_shipped_settings():
    """Blocks of time are left out; 0.88 was measured, and twenty bouts are few."""
    poses = smoothed("behaviordepot/demo1_pose.csv", 50, min_score=0.1, max_gap_s=1.0)
    anatomy = {"front": "Nose", "neck": "Left Ear", "center": "Mid-Back", "rear": "Tailbase"}
    features = frame_features(
        poses.poses,
        unknown_error(poses.poses.score.shape),
        AnatomySettings(**anatomy),
        window_s=0.1,
        cm_per_px=1 / 32,
    )
    shipped = yaml.safe_load((SHIPPED / "config/config.yaml").read_text())["classifiers"]["every"]
    own = ClassifierSettings(**shipped, labels="-", behaviors=["freezing"])
    marks = read_marks(
        SHARED / "demo1_freezing_bouts.csv", "behaviordepot", WhichLabels(("freezing",))
    )
    said = classes_of_marks(marks, ["freezing"], (), features.time_s, "demo1")
    names = common_features([features], [])
    values = classifier_inputs(dict(features.columns), names)
    drawn = [Recording("demo1", "animal0", "m", features.time_s, values, said[None], ("person",))]
    _, held_out = train_classifier(drawn, names, own)
    scores, _ = classifier_scores(drawn, held_out, own.behaviors)
    assert held_out.parts_are == "blocks of time"
    assert scores.f1[0] > 0.83, scores
    assert scores.average_precision[0] > 0.9
