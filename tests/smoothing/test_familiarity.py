"""Errors that grow with the strangeness of an animal by a known law."""

import numpy as np
import pytest
from test_eks import ensemble

from superanimal_core.smoothing.familiarity import (
    MIN_ANIMALS,
    Familiarity,
    fit_familiarity,
    growth_at,
    signs_of,
    strangeness,
)


def study(animals=400, seed=0, slope=(1.5, 0.5)):
    """Half of the animals are as usual (signs around 1 and 5), half disturbed more and more."""
    rng = np.random.default_rng(seed)
    is_disturbed = np.arange(animals) % 2 == 1
    beyond = np.where(is_disturbed[:, None], rng.uniform(0, 2, (animals, 2)), 0.0)
    signs = np.array([1.0, 5.0]) + beyond + 0.05 * rng.normal(size=(animals, 2))
    ratio = np.exp(beyond @ np.array(slope) + 0.2 * rng.normal(size=animals))
    return signs, ratio, is_disturbed


def test_the_law_is_found():
    known = fit_familiarity(*study())
    np.testing.assert_allclose(known.center, [1, 5], atol=0.05)
    np.testing.assert_allclose(known.slope, [1.5, 0.5], atol=0.15)
    for beyond in ([0.5, 0.5], [1.0, 0.0], [1.5, 1.5]):
        strange = strangeness(known, known.center + beyond)
        expected = np.exp(np.dot(beyond, [1.5, 0.5]))
        assert growth_at(known, strange) == pytest.approx(expected, rel=0.25)


def test_what_is_usual_does_not_grow_and_less_than_usual_is_not_stranger():
    known = fit_familiarity(*study())
    assert growth_at(known, strangeness(known, known.center)) == pytest.approx(1, abs=0.15)
    assert strangeness(known, known.center - 3) == 0
    assert (np.diff(known.growth) >= 0).all()
    assert known.growth.min() >= 1


def test_an_unknown_sign_adds_nothing():
    known = fit_familiarity(*study())
    only_one = strangeness(known, np.array([2.0, np.nan]))
    assert only_one == strangeness(known, np.array([2.0, known.center[1]]))
    signs, ratio, is_disturbed = study()
    signs[:, 1] = np.nan
    assert fit_familiarity(signs, ratio, is_disturbed).slope[1] == 0


def test_errors_that_shrink_with_a_sign_are_no_reason_to_promise_less():
    assert (fit_familiarity(*study(slope=(-1.0, 1.0))).slope >= 0).all()


def test_one_in_a_hundred_of_the_labeled_animals_is_beyond_the_limit():
    signs, ratio, is_disturbed = study(4000)
    known = fit_familiarity(signs, ratio, is_disturbed)
    beyond = signs[~is_disturbed] > known.limit
    np.testing.assert_allclose(beyond.mean(axis=0), 0.01, atol=0.002)
    assert (signs[is_disturbed] > known.limit).any(axis=1).mean() > 0.8


def test_the_limit_is_there_where_errors_do_not_grow_with_the_sign():
    signs, ratio, is_disturbed = study(400)
    known = fit_familiarity(signs, np.random.default_rng(0).permutation(ratio), is_disturbed)
    assert (signs[is_disturbed] > known.limit).any(axis=1).mean() > 0.8


@pytest.mark.parametrize(("animals", "is_known"), [(MIN_ANIMALS, True), (MIN_ANIMALS - 1, False)])
def test_as_many_animals_as_the_limit_are_enough(animals, is_known):
    signs, ratio, _ = study(animals)
    assert (fit_familiarity(signs, ratio, np.zeros(animals, bool)) is not None) == is_known


def test_between_knots_growth_is_a_line_and_beyond_them_stays():
    ones = np.ones(2)
    known = Familiarity(np.zeros(2), ones, np.array([0.0, 2.0]), np.array([1.0, 3.0]), ones)
    np.testing.assert_allclose(growth_at(known, np.array([0.0, 0.5, 2.0, 9.0])), [1, 1.5, 3, 3])


def test_doubt_is_that_of_the_keypoints_with_a_position():
    _, members = ensemble(frames=3, individuals=1, keypoints=3)
    poses = members[0]
    poses.score[:] = [0.5, 0.25, 0.0]
    poses.xy_px[:, :, 2] = np.nan  # of a keypoint that nobody taught
    poses.xy_px[1] = np.nan
    found = signs_of(poses)
    np.testing.assert_allclose(found[[0, 2], 0], -np.log(0.375))
    assert np.isnan(found[1, 0, 0])
