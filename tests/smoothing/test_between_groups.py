"""How much videos differ, and what that makes of circles, on groups with a known spread."""

import numpy as np
import pytest

from superanimal_core.smoothing.between_groups import (
    PRIOR_GROUPS,
    PRIOR_SD,
    group_effects,
    widened_quantiles,
)

LEVELS = np.array([0.5, 0.9])


def study(groups, between, seed, animals=20, labels=5):
    """Ratios of labels, of animals, of groups; the logarithm has a part that a group shares."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), animals)
    animal = np.repeat(np.arange(groups * animals), labels)
    shared = between * rng.normal(size=groups)
    return np.exp(shared[group[animal]]) * rng.rayleigh(1.0, len(animal)), animal, group


@pytest.mark.parametrize("groups", [2, 4, 10])
@pytest.mark.parametrize("between", [0.0, 0.15, 0.4])
def test_new_groups_are_held_as_promised(groups, between):
    """The mean over many studies of the part of one new group that is held."""
    held = []
    for seed in range(150):
        quantiles = widened_quantiles(*study(groups, between, seed), LEVELS)
        new = study(1, between, seed + 10_000)[0]
        held.append((new[:, None] <= quantiles).mean(axis=0))
    half, most = np.mean(held, axis=0)
    least = 0.85 if between <= PRIOR_SD or groups > 2 else 0.80  # two groups hardly show 0.4
    assert least < most < 0.96
    assert 0.4 < half < 0.62


def test_fewer_groups_of_the_same_labels_make_wider_circles():
    ratio, animal, group = study(8, 0.3, 0)
    widths = [widened_quantiles(ratio, animal, group % groups, LEVELS)[1] for groups in (2, 4, 8)]
    assert widths[0] > widths[1] > widths[2] * 0.99


def test_groups_that_do_not_differ_leave_the_prior_alone():
    """The found variance is 0: the prior's, with its weight."""
    value = np.tile([0.5, -0.5], 6)
    effect, spread, freedom = group_effects(value, np.repeat(np.arange(6), 2))
    np.testing.assert_allclose(effect, 0, atol=1e-12)
    assert freedom == PRIOR_GROUPS + 5
    assert spread == pytest.approx(PRIOR_SD * np.sqrt(PRIOR_GROUPS / freedom))


def test_a_group_with_many_animals_keeps_its_own_mean():
    rng = np.random.default_rng(0)
    value = np.concatenate([rng.normal(1.0, 0.1, 500), rng.normal(-1.0, 0.1, 500)])
    effect, spread, _ = group_effects(value, np.repeat([0, 1], 500))
    np.testing.assert_allclose(effect, [1, -1], atol=0.05)
    assert spread > 0.5


def test_groups_of_one_animal_cannot_tell_themselves_from_their_animals():
    value = np.random.default_rng(0).normal(0, 1.0, 50)
    effect, spread, _ = group_effects(value, np.arange(50))
    assert spread == pytest.approx(PRIOR_SD, rel=0.05)
    assert np.abs(effect).max() < 0.1


def test_animals_without_a_label_say_nothing():
    value = np.array([0.2, np.nan, -0.2, 0.1])
    with_it = group_effects(value, np.array([0, 0, 1, 1]))
    without = group_effects(value[[0, 2, 3]], np.array([0, 1, 1]))
    np.testing.assert_allclose(with_it[0], without[0])
    assert with_it[1:] == without[1:]
