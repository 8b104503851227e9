"""Intervals that hold what they promise, on labels that the calibration has not seen."""

from dataclasses import replace

import numpy as np
import pytest
from labeled_animals import KEYPOINTS, drawn_errors, labeled_errors
from test_eks import ensemble, smooth

from superanimal_core.errors import DatasetError
from superanimal_core.smoothing.calibration import (
    LEVELS,
    expected_error,
    fit_calibration,
    is_extrapolated,
    predict_error,
    radius_factor,
)
from superanimal_core.smoothing.calibration_check import check_calibration
from superanimal_core.smoothing.labeled_errors import (
    LabeledAnimals,
    animal_size_px,
    errors_at_labels,
    predicted_deviation,
)
from superanimal_core.smoothing.presence import WITHIN

BODY_PX = np.array([[0.0, 0.0], [300.0, 0.0], [0.0, 300.0]])  # three keypoints of one animal


def held(calibration, errors, level):
    """Part of the labels within the radius of a level."""
    expected = expected_error(calibration, errors.deviation, errors.signs)
    inside = errors.error <= expected * radius_factor(calibration, level)
    return inside[errors.is_known].mean()


def labels_of(truth_px, group, **more):
    """Labels of the animals of one frame."""
    animals = len(truth_px)
    known = {
        "label_xy_px": truth_px,
        "is_asked": np.ones(truth_px.shape[:2], bool),
        "group": np.asarray(group).astype(str),
        "dataset": np.full(animals, "barn"),
        "image": np.arange(animals).astype(str),
        "is_disturbed": np.zeros(animals, bool),
    }
    return LabeledAnimals(**known | more)


@pytest.mark.parametrize("seed", range(5))
def test_intervals_cover_held_out_labels(seed):
    calibration = fit_calibration(drawn_errors(200, seed))
    new = drawn_errors(2000, seed + 100, groups=50)
    assert 0.85 < held(calibration, new, 0.9) < 0.95
    assert 0.43 < held(calibration, new, 0.5) < 0.6


def test_labels_of_one_video_promise_nothing_and_those_of_few_promise_less():
    whole = drawn_errors(200, 0, between=0.3)
    assert fit_calibration(replace_group(whole, np.zeros(200))) is None
    two, eight = (fit_calibration(replace_group(whole, np.arange(200) % n)) for n in (2, 8))
    assert radius_factor(two, 0.9) > 1.02 * radius_factor(eight, 0.9)
    assert two.counts["groups"] == 2
    assert two.counts == eight.counts | {"groups": 2}


def replace_group(errors, group):
    return replace(errors, animals=replace(errors.animals, group=group.astype(str)))


def test_expected_error_grows_with_the_deviation_and_differs_between_keypoints():
    calibration = fit_calibration(drawn_errors(700, 0))
    assert (np.diff(calibration.expected) >= 0).all()
    assert (np.diff(calibration.factor) > 0).all()
    assert radius_factor(calibration, 0.9) > radius_factor(calibration, 0.5)


def test_an_error_is_the_distance_from_the_label():
    _, members = ensemble(frames=1, individuals=6)
    result = smooth(members)
    label_px = result.poses.xy_px[0] + np.array([3.0, -4.0])
    label_px[1, 2] = np.nan
    found = errors_at_labels(result, labels_of(label_px, range(6)))
    expected = np.repeat(5.0 / animal_size_px(result.poses)[0, :, None], label_px.shape[1], axis=1)
    expected[1, 2] = np.nan
    np.testing.assert_allclose(found.error, expected)
    np.testing.assert_array_equal(found.deviation, predicted_deviation(result)[0])
    assert found.select(np.array([1])).is_known.sum() == found.is_known[1].sum()


def test_without_a_calibration_nothing_is_promised():
    _, members = ensemble(frames=10, individuals=1)
    expected = predict_error(None, smooth(members))
    for values in (expected.radius_90_px, expected.probability, expected.sd_px):
        assert np.isnan(values).all()
    assert not expected.is_extrapolated.any()
    assert not expected.tells_strangeness


@pytest.mark.parametrize(("animals", "tells"), [(19, False), (20, True)])
def test_so_few_animals_that_nothing_can_be_unlike_them_are_told(animals, tells):
    _, members = ensemble(frames=10, individuals=1)
    smoothed = smooth(members)
    error = np.ones((animals, len(smoothed.poses.space)))
    calibration = replace(
        fit_calibration(labeled_errors(1.0, error)), keypoints=smoothed.poses.space.keypoints
    )
    assert predict_error(calibration, smoothed).tells_strangeness == tells


@pytest.mark.parametrize(("count", "is_promised"), [(29, False), (30, True)])
def test_thirty_labels_are_enough(count, is_promised):
    error = np.full(36, np.nan)
    error[:count] = 1.0
    errors = labeled_errors(1.0, error.reshape(12, 3))
    assert (fit_calibration(errors) is not None) == is_promised


def test_a_factor_is_halfway_to_that_of_the_keypoints_own_twenty_labels():
    """One deviation for all, errors of 3 and 1 px: 2 px are expected, 1.5 and 0.5 times of them."""
    error = np.tile([3.0, 1.0, np.nan], (20, 1))
    np.testing.assert_allclose(
        fit_calibration(labeled_errors(1.0, error)).factor, [1.25, 0.75, 1.0]
    )


def test_beyond_the_labels_the_error_grows_in_proportion():
    calibration = fit_calibration(drawn_errors(150, 0))
    last = calibration.deviation[-1] * np.array([[1.0], [2.0], [5.0]])
    expected = expected_error(calibration, np.repeat(last, 3, axis=1), np.full((3, 2), np.nan))
    np.testing.assert_allclose(expected[:, 0] / expected[0, 0], [1, 2, 5])


def test_what_it_rests_on_is_counted():
    error = np.ones((40, 3))
    error[0, 0] = np.nan
    error[39] = np.nan  # an animal without a label, of a group of its own
    group = np.append(np.arange(39) % 5, 99)
    disturbed = np.arange(40) == 38
    errors = labeled_errors(
        1.0, error, group=group, dataset=np.arange(40) % 2, is_disturbed=disturbed
    )
    assert fit_calibration(errors).counts == {
        "labels": 113,
        "images": 38,
        "animals": 38,
        "groups": 5,
        "data sets": 2,
    }


def strange_errors(animals, seed, is_disturbed=None):
    """Errors that double with each unit of doubt beyond the usual 1."""
    rng = np.random.default_rng(seed)
    disturbed = np.arange(animals) % 2 == 1 if is_disturbed is None else is_disturbed
    doubt = 1 + np.where(disturbed, rng.uniform(0, 2, animals), 0.05 * rng.random(animals))
    error = rng.rayleigh(1.0, (animals, 3)) * 2 ** (doubt - 1)[:, None]
    return labeled_errors(
        1.0,
        error,
        signs=np.stack([doubt, np.full(animals, np.nan)], axis=1),
        is_disturbed=disturbed,
        group=np.arange(animals) % 8,
    )


def test_circles_hold_of_strange_animals_too_and_say_that_they_are():
    calibration = fit_calibration(strange_errors(600, 0))
    strange = strange_errors(600, 1, is_disturbed=np.ones(600, bool))
    usual = strange_errors(600, 1, is_disturbed=np.zeros(600, bool))
    assert 0.85 < held(calibration, strange, 0.9) < 0.96
    assert 0.85 < held(calibration, usual, 0.9) < 0.96
    assert is_extrapolated(calibration, strange.signs).mean() > 0.9
    assert is_extrapolated(calibration, usual.signs).mean() < 0.05
    blind = fit_calibration(replace(strange_errors(600, 0), signs=np.full((600, 2), np.nan)))
    assert held(blind, strange, 0.9) < 0.8


def test_disturbed_pictures_change_no_promise_about_usual_ones():
    whole = strange_errors(600, 0)
    alone = whole.select(~whole.animals.is_disturbed)
    first, second = fit_calibration(whole), fit_calibration(alone)
    np.testing.assert_array_equal(first.expected, second.expected)
    assert first.counts == second.counts
    assert radius_factor(first, 0.9) == pytest.approx(radius_factor(second, 0.9), rel=0.1)


def test_other_keypoints_are_refused():
    calibration = fit_calibration(drawn_errors(100, 0))
    _, members = ensemble(frames=10, individuals=1)
    with pytest.raises(DatasetError, match="made for a, b, c"):
        predict_error(calibration, smooth(members))


@pytest.mark.parametrize("count", [1, 3])
def test_images_calibrate_as_videos_of_one_frame(count):
    """400 animals in 8 groups of two data sets: what is left out is covered as promised."""
    truth, members = ensemble(count=count, frames=1, individuals=400)
    truth[0, :20] = np.nan  # not labeled
    group = np.repeat(np.arange(8), 50)
    known = labels_of(truth[0], group, dataset=(group // 4).astype(str))
    check = check_calibration(errors_at_labels(smooth(members), known))
    for covered in (check.of_groups, check.of_datasets):
        at = dict(zip(LEVELS.round(2), covered, strict=True))
        assert 0.85 < at[0.9] < 0.95
        assert 0.43 < at[0.5] < 0.6
    assert set(check.by_dataset) == {"0", "1"}
    assert all(0.85 < part < 0.95 for part in check.by_dataset.values())
    assert all(0.8 < part < 0.97 for part in check.by_keypoint.values())
    alone = check_calibration(errors_at_labels(smooth(members), labels_of(truth[0], group)))
    assert np.isnan(alone.of_datasets).all()
    assert np.isnan(alone.by_dataset["barn"])


def test_a_data_set_with_larger_errors_is_seen_when_it_is_left_out():
    errors = drawn_errors(300, 0, groups=12)
    dataset = np.arange(300) % 3
    larger = errors.error * np.where(dataset == 2, 3.0, 1.0)[:, None]
    errors = replace(
        errors, error=larger, animals=replace(errors.animals, dataset=dataset.astype(str))
    )
    by_dataset = check_calibration(errors).by_dataset
    assert by_dataset["2"] < 0.7 < 0.85 < by_dataset["0"]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_smoothing_gives_no_credit(count):
    """What networks share it does not lessen, and nobody knows how much that is."""
    _, members = ensemble(count=count, frames=60, individuals=1)
    alone = [replace(m, time_s=m.time_s * 1e3) for m in members]  # no frame is linked to another
    in_video, apart = (
        predicted_deviation(one) * (animal_size_px(one.poses)[..., None] if count > 1 else 1)
        for one in (smooth(members), smooth(alone))
    )
    np.testing.assert_allclose(in_video, apart)


def calibrated_video(shared=0.0):
    """A video, and the calibration of 200 of its frames in 8 groups; errors may be shared."""
    truth, members = ensemble(frames=3000, individuals=1)
    truth = truth + BODY_PX
    members = [replace(m, xy_px=m.xy_px + BODY_PX) for m in members]
    if shared:
        off = shared * np.random.default_rng(5).normal(size=truth.shape)
        members = [replace(m, xy_px=m.xy_px + off) for m in members]
    result = smooth(members, strength=None)
    return truth, result, predict_error(calibrated_on_frames(truth, members), result)


def calibrated_on_frames(truth, members):
    """The calibration of 200 frames of one animal, in 8 groups."""
    chosen = np.random.default_rng(0).integers(0, len(truth), 200)
    names = tuple(map(str, range(200)))
    images = [
        replace(m, individuals=names, time_s=np.zeros(1), xy_px=m.xy_px[None, chosen, 0],
                score=m.score[None, chosen, 0])
        for m in members
    ]  # fmt: skip
    known = labels_of(truth[chosen, 0], np.arange(200) % 8)
    return fit_calibration(errors_at_labels(smooth(images), known))


@pytest.mark.parametrize(("shared", "most"), [(0.0, 0.99), (2.0, 0.97), (6.0, 0.95)])
def test_a_smoothed_video_gets_errors_that_cover_its_truth(shared, most):
    """Where nothing is shared, smoothing lessens the error more than anyone could know."""
    truth, result, predicted = calibrated_video(shared)
    error = np.linalg.norm(result.poses.xy_px - truth, axis=-1)
    assert 0.85 < (error < predicted.radius_90_px).mean() < most
    assert 0.40 < (error < predicted.radius_50_px).mean() < 0.72


def test_the_probability_is_that_of_being_near():
    truth, result, predicted = calibrated_video(4.0)
    error = np.linalg.norm(result.poses.xy_px - truth, axis=-1)
    assert predicted.within_px > 0
    near = (error < predicted.within_px).mean()
    assert predicted.probability.mean() == pytest.approx(near, abs=0.07)
    side = np.ptp(result.poses.xy_px, axis=2).max(axis=-1)
    assert predicted.within_px == pytest.approx(WITHIN * np.median(side))


def test_an_absent_keypoint_is_there_with_no_probability():
    _, members = ensemble(frames=60, individuals=1)
    for member in members:
        member.xy_px[:, 0, 1] = np.nan
    result = smooth(members)
    calibration = fit_calibration(drawn_errors(100, 0))
    calibration = replace(calibration, keypoints=result.poses.space.keypoints)
    if len(calibration.keypoints) != len(KEYPOINTS):
        calibration = replace(calibration, factor=np.ones(len(calibration.keypoints)))
    expected = predict_error(calibration, result)
    assert (expected.probability[:, 0, 1] == 0).all()
    assert (expected.probability[:, 0, 0] > 0).all()
    assert np.isnan(expected.radius_90_px[:, 0, 1]).all()


def test_two_videos_are_asked_about_each_other():
    """Nothing is promised from one video, but what one says about the other can be checked."""
    errors = drawn_errors(200, 0, groups=2)
    check = check_calibration(errors)
    assert 0.85 < check.of_groups[89] < 0.97
    assert np.isnan(check.of_datasets).all()
    one = errors.select(errors.animals.group == errors.animals.group[0])
    assert fit_calibration(one) is None
    assert np.isnan(check_calibration(one).of_groups).all()


@pytest.mark.parametrize("count", [1, 3])
def test_an_animal_that_is_filmed_from_nearer_errs_by_more_pixels(count):
    """Everything twice as large, the networks' differences too: circles are twice as large."""
    _, members = ensemble(count=count, frames=200, individuals=1)
    members = [replace(m, xy_px=m.xy_px + BODY_PX) for m in members]
    near = [replace(m, xy_px=2 * m.xy_px) for m in members]
    calibration = fit_calibration(drawn_errors(100, 0))
    calibration = replace(calibration, keypoints=members[0].space.keypoints)
    once, twice = (predict_error(calibration, smooth(m, strength=None)) for m in (members, near))
    np.testing.assert_allclose(twice.radius_90_px, 2 * once.radius_90_px, rtol=0.02)


def test_the_size_of_an_animal_does_not_mind_wild_keypoints():
    _, members = ensemble(frames=6, individuals=2, keypoints=5)
    poses = members[0]
    poses.xy_px[:, 0] = [[0, 0], [10, 0], [-10, 0], [0, 10], [0, -10]]
    poses.xy_px[1, 0, 3:] = 1e4
    poses.xy_px[2, 0, 1:] = np.nan
    poses.xy_px[3, 0] = np.nan
    poses.xy_px[:, 1] = np.nan
    size = animal_size_px(poses)
    np.testing.assert_allclose(size[[0, 2, 3], 0], 10)
    assert size[1, 0] < 30
    np.testing.assert_allclose(size[:, 1], 10)  # an animal that is never there: as the other
    poses.xy_px[:] = np.nan
    np.testing.assert_allclose(animal_size_px(poses), 1)
