"""The parts of a classifier of behavior against brute force, scikit-learn and known laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_behaviors import drawn_animal
from sklearn.ensemble import HistGradientBoostingClassifier

from superanimal_core.behavior.boosted_trees import as_arrays, fit_trees, tree_scores
from superanimal_core.behavior.class_bouts import (
    BoutRule,
    JudgedFrames,
    RuleChoices,
    bouts_by_rule,
    choose_rule,
    classes_of_bouts,
    frames_of,
)
from superanimal_core.behavior.class_probabilities import (
    calibrated,
    fit_calibration,
    uncalibrated,
)
from superanimal_core.behavior.classifier_inputs import (
    classifier_inputs,
    common_features,
    usable_features,
    window_samples,
    window_statistics,
)
from superanimal_core.errors import SuperAnimalError


def brute_statistics(values, half):
    """Statistics of one column, frame by frame."""
    rows = []
    for frame in range(len(values)):
        window = values[max(0, frame - half) : frame + half + 1]
        known = window[np.isfinite(window)]
        if len(known):
            rows.append([known.mean(), known.std(), known.min(), known.max()])
        else:
            rows.append([np.nan] * 4)
    return np.array(rows)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_statistics_of_windows_are_those_of_the_known_values_in_them(seed, half):
    random = np.random.default_rng(seed)
    values = random.normal(0, 1, (25, 2))
    values[random.random(values.shape) < 0.4] = np.nan
    found = window_statistics(values, 10.0, [half / 10])
    for column in range(2):
        mean, deviation, low, high = brute_statistics(values[:, column], half).T
        np.testing.assert_allclose(found[:, 2 + column], mean, atol=1e-9)
        np.testing.assert_allclose(found[:, 4 + column], deviation, atol=1e-6)
        np.testing.assert_allclose(found[:, 6 + column], low)
        np.testing.assert_allclose(found[:, 8 + column], high)
    np.testing.assert_array_equal(found[:, :2], values)


def test_the_deviation_and_the_change_of_a_ramp_are_known():
    values = np.arange(60.0)[:, None]
    found = window_statistics(values, 10.0, [0.5])[30]
    assert found[2] == pytest.approx(
        np.sqrt(np.mean((np.arange(-5, 6)) ** 2)),
    )
    assert found[5] == pytest.approx(10.0)  # half a window after and before


def test_statistics_in_seconds_do_not_know_the_frame_rate():
    time = np.arange(0, 10, 1 / 400)
    signal = np.sin(time * 3)[:, None]
    fine = window_statistics(signal, 400.0, [0.5])[::8]
    coarse = window_statistics(signal[::8], 50.0, [0.5])
    inner = slice(50, -50)
    np.testing.assert_allclose(fine[inner], coarse[inner], atol=0.03)


def test_samples_are_the_frames_around_and_stop_at_the_ends():
    values = np.arange(20.0)[:, None]
    found = window_samples(values, 10.0, 0.2, 5)
    np.testing.assert_array_equal(found[10], [8, 9, 10, 11, 12])
    np.testing.assert_array_equal(found[0], [0, 0, 0, 1, 2])


def test_inputs_know_no_scale_and_no_place():
    near, _ = drawn_animal(1, scale=1.0)
    far, _ = drawn_animal(1, scale=1.0)
    names = usable_features(near.columns)
    assert names == ["speed_px_per_s", "turn_speed_rad_per_s", "body_length_px", "hull_area_px2"]
    zoomed = {
        name: values * (4.0 if "_px2" in name else 2.0 if "_px" in name else 1.0)
        for name, values in far.columns.items()
    }
    one, other = classifier_inputs(dict(near.columns), names), classifier_inputs(zoomed, names)
    np.testing.assert_allclose(one, other)
    assert np.median(one[:, 2]) == pytest.approx(1.0)


def test_labs_share_the_features_that_both_know():
    one, _ = drawn_animal(1)
    other, _ = drawn_animal(2)
    other.columns["turn_speed_rad_per_s"][:] = np.nan
    del other.columns["hull_area_px2"]
    assert common_features([one, other], []) == ["speed_px_per_s", "body_length_px"]
    assert common_features([one, other], ["speed_bl_per_s"]) == ["speed_bl_per_s"]
    with pytest.raises(SuperAnimalError, match="speed_px_per_s"):
        common_features([one, other], ["sped_px_per_s"])


@pytest.mark.parametrize("classes", [2, 3])
def test_our_trees_say_what_scikit_learn_says(classes):
    random = np.random.default_rng(classes)
    inputs = random.normal(0, 1, (400, 5))
    inputs[random.random(inputs.shape) < 0.2] = np.nan
    label = random.integers(0, classes, 400)
    model = HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=7).fit(inputs, label)
    new = random.normal(0, 1, (300, 5))
    new[random.random(new.shape) < 0.2] = np.nan
    own = calibrated(tree_scores(as_arrays(model), new), uncalibrated(classes))
    np.testing.assert_allclose(own, model.predict_proba(new), atol=1e-10)


def test_weights_of_frames_count():
    random = np.random.default_rng(0)
    inputs, label = random.normal(0, 1, (500, 1)), random.integers(0, 2, 500)
    how = {"classes": 2, "trees": 3, "learning_rate": 0.5, "leaves": 4, "min_leaf_frames": 5}
    even = fit_trees(inputs, label, np.ones(500), seed=0, **how)
    much = fit_trees(inputs, label, np.where(label == 1, 50.0, 1.0), seed=0, **how)
    assert (tree_scores(much, inputs)[:, 1] > tree_scores(even, inputs)[:, 1]).mean() > 0.95


def test_features_that_are_unknown_or_always_the_same_are_left_out():
    """As a limb that is not seen in any labeled frame; the others keep their places."""
    random = np.random.default_rng(0)
    label = random.integers(0, 2, 400)
    told = label + random.normal(0, 0.5, 400)
    nothing, same = np.full(400, np.nan), np.full(400, 3.0)
    how = {"classes": 2, "trees": 5, "learning_rate": 0.5, "leaves": 4, "min_leaf_frames": 5}
    inputs = np.column_stack([nothing, same, told])
    weight = np.where(label == 1, 2.0, 1.0)
    own = fit_trees(inputs, label, weight, seed=0, **how)
    alone = fit_trees(told[:, None], label, weight, seed=0, **how)
    np.testing.assert_array_equal(tree_scores(own, inputs), tree_scores(alone, told[:, None]))
    assert (tree_scores(own, inputs)[:, 1] > 0).astype(int)[label == 1].mean() > 0.7
    with pytest.raises(SuperAnimalError, match="no feature differs"):
        fit_trees(inputs[:, :2], label, weight, seed=0, **how)


@settings(max_examples=10)
@given(st.floats(0.3, 4.0), st.floats(-2, 2))
def test_calibration_finds_the_temperature_and_the_bias_of_a_drawn_classifier(temperature, bias):
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (20_000, 3))
    probability = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    label = (random.random((20_000, 1)) > np.cumsum(probability, axis=1)).sum(axis=1)
    distorted = (true - np.array([0.0, bias, 0.0])) * temperature
    found = fit_calibration(distorted, label, np.ones(20_000))
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    difference = found.bias - found.bias[0]
    np.testing.assert_allclose(difference, [0, bias, 0], atol=0.15)
    np.testing.assert_allclose(calibrated(distorted, found), probability, atol=0.03)


def test_a_bout_is_what_is_probable_long_enough_and_first():
    time = np.arange(10) / 10
    probability = np.array([0.1, 0.6, 0.6, 0.2, 0.6, 0.6, 0.1, 0.6, 0.1, 0.1])
    first = np.ones(10, bool)
    assert bouts_by_rule(probability, first, time, BoutRule(0.5, 0.0, 0.0)) == [
        (1, 3), (4, 6), (7, 8)
    ]  # fmt: skip
    assert bouts_by_rule(probability, first, time, BoutRule(0.5, 0.1, 0.0)) == [(1, 8)]
    assert bouts_by_rule(probability, first, time, BoutRule(0.5, 0.0, 0.2)) == [(1, 3), (4, 6)]
    first[4:6] = False
    assert bouts_by_rule(probability, first, time, BoutRule(0.5, 0.0, 0.2)) == [(1, 3)]


def test_the_rule_that_made_the_labels_is_chosen():
    random = np.random.default_rng(3)
    time = np.arange(3000) / 30
    smooth = np.convolve(random.normal(0, 1, 3000), np.ones(20) / 6, mode="same")
    probability = 1 / (1 + np.exp(-smooth))
    first = np.ones(3000, bool)
    for rule in (BoutRule(0.5, 0.0, 0.0), BoutRule(0.7, 0.1, 0.3), BoutRule(0.3, 0.0, 0.3)):
        true = frames_of(bouts_by_rule(probability, first, time, rule), 3000).astype(float)
        judged = JudgedFrames(time, probability, first, true)
        choices = RuleChoices((0.3, 0.5, 0.7), (0.0, 0.1), (0.0, 0.3))
        chosen = choose_rule([judged], choices)
        again = frames_of(bouts_by_rule(probability, first, time, chosen), 3000)
        assert chosen.min_probability == rule.min_probability
        assert (again != true).mean() < 0.01


def test_frames_in_two_bouts_are_of_the_more_probable_behavior():
    probability = np.array([[0.2, 0.8, 0.0], [0.0, 0.3, 0.7], [0.2, 0.8, 0.0]])
    rules = [BoutRule(0.5, 0.2, 0.0), BoutRule(0.5, 0.0, 0.0)]
    runs, classes = classes_of_bouts(probability, np.arange(3) / 10, rules)
    assert runs == [[(0, 3)], [(1, 2)]]
    assert classes.tolist() == [1, 2, 1]
