"""Errors that grow with the strangeness of an animal by a known law."""

import numpy as np
import pytest
from test_eks import ensemble

from superanimal_core.smoothing.bones import NO_BONES, Bones
from superanimal_core.smoothing.familiarity import (
    MIN_ANIMALS,
    Familiarity,
    fit_familiarity,
    growth_at,
    is_strange,
    signs_of,
)


def study(animals=2000, seed=0, slope=1.2):
    """Half of the animals are as usual (signs around 1 and 5), half disturbed more and more.

    Most of what disturbs shows in both signs, some in one of them alone.
    """
    rng = np.random.default_rng(seed)
    is_disturbed = np.arange(animals) % 2 == 1
    strength = np.where(is_disturbed, rng.uniform(0, 2, animals), 0.0)
    beyond = np.repeat(strength[:, None], 2, axis=1)
    silent = rng.integers(0, 2, animals)
    beyond[np.arange(animals), silent] *= rng.random(animals) > 0.1
    signs = np.array([1.0, 5.0]) + beyond + 0.05 * rng.normal(size=(animals, 2))
    ratio = np.exp(slope * strength + 0.2 * rng.normal(size=animals))
    return signs, ratio, is_disturbed


def test_each_signs_law_is_found_and_the_worse_sign_counts():
    known = fit_familiarity(*study())
    for beyond in ([0.6, 0.6], [1.5, 0.0], [0.0, 1.5], [1.5, 1.5], [0.2, 1.8], [1.8, -9.0]):
        expected = np.exp(1.2 * max(beyond))
        found = growth_at(known, np.add([1.0, 5.0], beyond))
        assert found == pytest.approx(expected, rel=0.2), beyond


def test_what_is_usual_does_not_grow_and_less_than_usual_is_not_stranger():
    known = fit_familiarity(*study())
    assert growth_at(known, np.array([1.0, 5.0])) == pytest.approx(1, abs=0.1)
    assert growth_at(known, np.array([-9.0, -9.0])) == 1
    for growth in known.growth:
        assert (np.diff(growth) >= 0).all()
        assert growth.min() >= 1


def test_an_unknown_sign_adds_nothing():
    known = fit_familiarity(*study())
    doubt_alone = growth_at(known, np.array([2.0, np.nan]))
    assert doubt_alone == growth_at(known, np.array([2.0, 5.0]))
    assert growth_at(known, np.full(2, np.nan)) == 1
    assert not is_strange(known, np.full(2, np.nan))
    signs, ratio, is_disturbed = study()
    signs[:, 1] = np.nan
    known = fit_familiarity(signs, ratio, is_disturbed)
    assert growth_at(known, np.array([2.0, 100.0])) == growth_at(known, np.array([2.0, 5.0]))
    assert not is_strange(known, np.array([1.0, 100.0]))


def test_errors_that_shrink_with_a_sign_are_no_reason_to_promise_less():
    known = fit_familiarity(*study(slope=-1.0))
    assert growth_at(known, np.array([2.5, 6.5])) == pytest.approx(1, abs=0.1)


def test_one_in_a_hundred_of_the_labeled_animals_is_beyond_the_limit():
    signs, ratio, is_disturbed = study(8000)
    signs += 0.3 * np.random.default_rng(1).normal(size=signs.shape)
    known = fit_familiarity(signs, ratio, is_disturbed)
    assert is_strange(known, signs[~is_disturbed]).mean() == pytest.approx(0.01, abs=0.002)
    assert is_strange(known, signs[is_disturbed]).mean() > 0.5


def test_beyond_all_that_was_shown_is_strange_though_errors_do_not_grow():
    signs, _, is_disturbed = study()
    known = fit_familiarity(signs, np.ones(len(signs)), is_disturbed)
    at_most = signs.max(axis=0)
    assert not is_strange(known, at_most)
    assert is_strange(known, np.add(at_most, [1e-6, 0]))
    assert is_strange(known, np.add(at_most, [0, 1e-6]))


def test_at_the_limit_is_not_beyond_it():
    line = np.array([0.0, 2.0]), np.array([1.0, 3.0])
    known = Familiarity((line[0],) * 2, (line[1],) * 2, np.full(2, np.inf), 2.0)
    assert not is_strange(known, np.array([1.0, 0.0]))
    assert is_strange(known, np.array([1.0 + 1e-9, 0.0]))
    np.testing.assert_allclose(
        growth_at(known, np.array([[0.0, 0.0], [0.5, 0.0], [0.5, 2.0], [9.0, 0.0]])), [1, 1.5, 3, 3]
    )


@pytest.mark.parametrize(("animals", "is_known"), [(MIN_ANIMALS, True), (MIN_ANIMALS - 1, False)])
def test_as_many_animals_as_the_limit_are_enough(animals, is_known):
    signs, ratio, _ = study(animals)
    assert (fit_familiarity(signs, ratio, np.zeros(animals, bool)) is not None) == is_known


def test_doubt_is_that_of_the_keypoints_with_a_position():
    _, members = ensemble(frames=3, individuals=1, keypoints=3)
    poses = members[0]
    poses.score[:] = [0.5, 0.25, 0.0]
    poses.xy_px[:, :, 2] = np.nan  # of a keypoint that nobody taught
    poses.xy_px[1] = np.nan
    found = signs_of(poses, NO_BONES, np.ones((3, 1)))
    np.testing.assert_allclose(found[[0, 2], 0, 0], -np.log(0.375))
    assert np.isnan(found[1]).all()
    assert np.isnan(found[..., 1]).all()
    bones = Bones(np.array([[0, 1]]), np.zeros(1), np.ones(1))
    assert np.isfinite(signs_of(poses, bones, np.ones((3, 1)))[[0, 2], 0, 1]).all()
