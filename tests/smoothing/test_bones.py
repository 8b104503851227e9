"""Distances between keypoints, usual ones and strange ones."""

import math
from itertools import combinations
from statistics import median

import numpy as np
import pytest

from superanimal_core.smoothing import bones as module
from superanimal_core.smoothing.bones import (
    LEAST_SPREAD,
    MIN_LABELS,
    MOST,
    NO_BONES,
    PER_KEYPOINT,
    strange_bones,
    usual_bones,
)


def animals(count, keypoints=5, seed=0, unlabeled=0.0):
    """One shape, turned, moved, scaled, and labeled with small errors; sizes beside."""
    rng = np.random.default_rng(seed)
    shape = np.random.default_rng(99).normal(0, 1, (keypoints, 2))
    angle, size = rng.uniform(0, 7, count), rng.uniform(5, 80, count)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    xy = np.einsum("ijn,kj->nki", turn, shape) + 0.05 * rng.normal(size=(count, keypoints, 2))
    xy = xy * size[:, None, None] + rng.uniform(0, 500, (count, 1, 2))
    xy[rng.random((count, keypoints)) < unlabeled] = np.nan
    return xy, size


def brute_force(xy, size):
    """Middle and spread of each pair of keypoints with enough labels, one animal at a time."""
    found = {}
    for pair in combinations(range(xy.shape[1]), 2):
        lengths = [
            math.log(math.dist(one[pair[0]], one[pair[1]]) / whole)
            for one, whole in zip(xy, size, strict=True)
            if np.isfinite(one[list(pair)]).all()
        ]
        if len(lengths) >= MIN_LABELS:
            middle = median(lengths)
            spread = 1.4826 * median(abs(length - middle) for length in lengths)
            found[pair] = middle, spread
    steadiest = sorted(found, key=lambda pair: found[pair][1])[: PER_KEYPOINT * xy.shape[1]]
    return {pair: found[pair] for pair in sorted(steadiest)}


@pytest.mark.parametrize(("keypoints", "unlabeled"), [(5, 0.0), (5, 0.4), (9, 0.1), (1, 0.0)])
def test_usual_bones_are_those_of_a_brute_force(keypoints, unlabeled):
    xy, size = animals(60, keypoints, unlabeled=unlabeled)
    found, expected = usual_bones(xy, size), brute_force(xy, size)
    assert [tuple(pair) for pair in found.pair] == list(expected)
    for length, spread, (middle, apart) in zip(
        found.log_length, found.spread, expected.values(), strict=True
    ):
        assert length == pytest.approx(middle)
        assert spread == pytest.approx(math.hypot(apart, LEAST_SPREAD))


@pytest.mark.parametrize(("count", "bones"), [(MIN_LABELS, 10), (MIN_LABELS - 1, 0), (0, 0)])
def test_a_bone_needs_enough_labels(count, bones):
    assert len(usual_bones(*animals(count)).pair) == bones


def test_strangeness_is_the_mean_distance_in_spreads():
    bones = usual_bones(*animals(60))
    xy, size = animals(3, seed=1)
    xy[0, 2] = np.nan
    xy[1] = np.nan
    xy[2, 0] = xy[2, 1]  # as near as nothing: MOST spreads, not infinitely many
    found = strange_bones(bones, xy[:, None], size[:, None])[:, 0]
    for row in (0, 2):
        spreads = []
        for (a, b), length, spread in zip(bones.pair, bones.log_length, bones.spread, strict=True):
            if np.isfinite(xy[row, [a, b]]).all():
                apart = math.dist(xy[row, a], xy[row, b]) / size[row]
                spreads.append(abs(math.log(apart) - length) / spread if apart else MOST)
        assert found[row] == pytest.approx(np.mean(np.minimum(spreads, MOST)))
    assert np.isnan(found[1])


def test_an_animal_is_as_strange_wherever_it_is_and_however_large():
    bones = usual_bones(*animals(60))
    xy, size = animals(4, seed=2)
    moved = strange_bones(bones, (3 * xy + 40)[:, None], 3 * size[:, None])
    np.testing.assert_allclose(moved, strange_bones(bones, xy[:, None], size[:, None]))
    assert (moved < 2).all()
    xy[:, 0] += 5 * size[:, None]
    assert (strange_bones(bones, xy[:, None], size[:, None]) > 3).all()


def test_many_frames_are_looked_at_by_and_by(monkeypatch):
    bones = usual_bones(*animals(60))
    xy, size = animals(23, seed=3)
    xy, size = np.stack([xy, xy + 1], axis=1), np.stack([size, size], axis=1)
    whole = strange_bones(bones, xy, size)
    monkeypatch.setattr(module, "FRAMES", 5)
    np.testing.assert_array_equal(strange_bones(bones, xy, size), whole)
    assert strange_bones(bones, xy[:0], size[:0]).shape == (0, 2)


def test_without_bones_nothing_is_said():
    xy, size = animals(4)
    assert np.isnan(strange_bones(NO_BONES, xy[:, None], size[:, None])).all()
