"""Metrics of behavior against scikit-learn, brute force and what is known by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from superanimal_core.evaluation.behavior_bouts import (
    bout_iou,
    bout_scores,
    correlation,
    match_bouts,
    total_time_s,
)
from superanimal_core.evaluation.behavior_frames import (
    average_precision_of_frames,
    cohens_kappa,
    confusion,
    frame_scores,
    macro_f1,
    raters_f1,
)

frames = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@given(frames)
def test_scores_of_frames_are_those_of_scikit_learn(pairs):
    true, predicted = np.array(pairs).T
    labels = list(range(4))
    confused = confusion(true, predicted, 4)
    assert (confused == metrics.confusion_matrix(true, predicted, labels=labels)).all()
    found = frame_scores(confused)
    expected = metrics.precision_recall_fscore_support(
        true, predicted, labels=labels, zero_division=np.nan
    )[:2]
    np.testing.assert_allclose(found[:2], expected)
    known = np.isfinite(found.f1)
    f1 = metrics.f1_score(true, predicted, labels=labels, average=None, zero_division=0)
    np.testing.assert_allclose(found.f1[known], f1[known])
    assert (known == np.isin(labels, [*true, *predicted])).all()


@given(frames, st.integers(0, 2**31))
def test_weights_count_as_repeated_frames(pairs, seed):
    true, predicted = np.array(pairs).T
    times = np.random.default_rng(seed).integers(0, 4, len(true))
    repeated = confusion(np.repeat(true, times), np.repeat(predicted, times), 4)
    assert (confusion(true, predicted, 4, times.astype(float)) == repeated).all()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60))
def test_average_precision_is_that_of_scikit_learn_with_ties(pairs):
    true = np.array([t for t, _ in pairs])
    sure = np.array([s for _, s in pairs]) / 5
    found = average_precision_of_frames(true, sure)
    if not true.any():
        assert np.isnan(found)
    else:
        assert found == pytest.approx(metrics.average_precision_score(true, sure))


def test_weighted_average_precision_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    true, sure, weight = random.random(200) < 0.3, random.random(200).round(1), random.random(200)
    expected = metrics.average_precision_score(true, sure, sample_weight=weight)
    assert average_precision_of_frames(true, sure, weight) == pytest.approx(expected)


def test_macro_f1_counts_a_rare_behavior_as_much_as_another_and_none_not_at_all():
    confused = np.array([[900.0, 5, 5], [0, 90, 0], [1, 0, 0]])
    scores = frame_scores(confused)
    assert macro_f1(scores, [1, 2]) == pytest.approx((2 * 90 / (90 + 95) + 0) / 2)


@given(frames)
def test_kappa_is_that_of_scikit_learn(pairs):
    true, predicted = np.array(pairs).T
    found = cohens_kappa(confusion(true, predicted, 4))
    if np.isfinite(found):
        assert found == pytest.approx(metrics.cohen_kappa_score(true, predicted))
    else:
        assert len({*true, *predicted}) == 1


def test_raters_agree_as_their_pairs_do_where_both_say_something():
    said = np.array([[0, 1, 1, 0, -1, 1], [0, 1, 0, 0, 1, 1], [1, 1, 1, 0, 1, -1]])
    pairs = []
    for a, b in itertools.combinations(said, 2):
        both = [(x, y) for x, y in zip(a, b, strict=True) if x >= 0 and y >= 0]
        pairs.append(metrics.f1_score(*zip(*both, strict=True)))
    f1, kappa = raters_f1(said, 2)
    assert f1[1] == pytest.approx(np.mean(pairs))
    assert 0 < kappa < 1
    assert np.isnan(raters_f1(said[:1], 2)[0]).all()


def bouts_of(lengths):
    """Bouts that do not overlap, of alternating pauses and bouts of whole seconds."""
    edges = np.cumsum(lengths).astype(float)
    return edges[: len(edges) // 2 * 2].reshape(-1, 2)


lengths = st.lists(st.integers(1, 6), max_size=10)


@settings(max_examples=300)
@given(lengths, lengths, st.sampled_from([0.1, 0.25, 0.5, 0.8]))
def test_no_other_pairs_of_bouts_are_more(first, second, min_iou):
    true, predicted = bouts_of(first), bouts_of(second)
    pairs = match_bouts(true, predicted, min_iou)
    assert len(set(pairs[:, 0])) == len(set(pairs[:, 1])) == len(pairs)
    is_near = np.array([[bout_iou(t, p) >= min_iou for p in predicted] for t in true], dtype=bool)
    assert all(is_near[t, p] for t, p in pairs)
    assert len(pairs) == most_pairs(is_near.reshape(len(true), len(predicted)))


def most_pairs(is_near):
    """By trying everything."""
    if not len(is_near):
        return 0
    rest = most_pairs(is_near[1:])
    for column in np.flatnonzero(is_near[0]):
        left = is_near[1:].copy()
        left[:, column] = False
        rest = max(rest, 1 + most_pairs(left))
    return rest


def test_iou_is_the_part_of_seconds_that_both_have():
    for a, b, c, d in itertools.product(range(4), range(1, 6), range(4), range(1, 6)):
        one, other = set(range(a, a + b)), set(range(c, c + d))
        found = bout_iou(np.array([a, a + b], float), np.array([c, c + d], float))
        assert found == pytest.approx(len(one & other) / len(one | other))


def test_scores_of_bouts_over_two_recordings_by_hand():
    first = (np.array([[0.0, 4.0], [10.0, 12.0]]), np.array([[0.5, 4.0], [11.0, 14.0]]))
    second = (np.array([[5.0, 6.0]]), np.zeros((0, 2)))
    scores = bout_scores([first, second])  # IoU 3.5 / 4 and 1 / 4
    assert (scores.true, scores.predicted) == (3, 2)
    assert scores.f1_25 == pytest.approx(2 * 2 / 5)
    assert scores.f1_50 == pytest.approx(2 * 1 / 5)
    assert scores.onset_error_median_s == pytest.approx(0.75)
    early = bout_scores([(first[1], first[0])])
    assert early.onset_error_median_s == pytest.approx(-0.75)
    assert early.onset_error_abs_median_s == pytest.approx(0.75)
    assert np.isnan(bout_scores([(np.zeros((0, 2)),) * 2]).f1_25)


def test_time_and_correlation_of_recordings():
    assert total_time_s(np.array([[0.0, 1.5], [3.0, 4.0]])) == 2.5
    assert correlation(np.array([1.0, 2, 3]), np.array([5.0, 3, 1])) == pytest.approx(-1)
    assert np.isnan(correlation(np.array([1.0, 2]), np.array([1.0, 2])))
    assert np.isnan(correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])))
