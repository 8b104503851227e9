"""Groups compared: intervals that hold, animals that are counted, and warnings."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.api import OLS

from superanimal_core.evaluation.group_comparison import (
    Measure,
    compare_groups,
    group_warnings,
)
from superanimal_core.evaluation.group_model import LEAST_PART, group_effects
from superanimal_core.evaluation.group_model import _generalized as generalized
from superanimal_core.evaluation.many_tests import holm

EFFECT = 1.0


def cohort(seed, *, animals=6, videos=3, effect=EFFECT, between=1.0, within=0.7, errors=0.0):
    """Value, error, group, animal and speed of each video; the effect of group 1 is known."""
    random = np.random.default_rng(seed)
    animal = np.repeat(np.arange(2 * animals), videos)
    group = (animal >= animals).astype(np.int64)
    sd = random.choice([0.2, 1.0], len(animal)) * errors
    value = 10 + effect * group + random.normal(0, between, 2 * animals)[animal]
    value += random.normal(0, within, len(animal)) + random.normal(0, 1, len(animal)) * sd
    return value, sd, group, animal


def binomial_bounds(rate, trials):
    return stats.binom.ppf([0.001, 0.999], trials, rate) / trials


@pytest.mark.slow
@pytest.mark.parametrize("errors", [0.0, 1.5])
def test_intervals_hold_the_true_effect(errors):
    """Simulated cohorts of few animals; with errors of measurement that differ between videos."""
    found = [group_effects(*cohort(seed, errors=errors), None)[0] for seed in range(200)]
    inside = np.mean([each.low <= EFFECT <= each.high for each in found])
    low, high = binomial_bounds(0.95, len(found))
    assert low <= inside <= high, inside
    assert np.mean([each.difference for each in found]) == pytest.approx(EFFECT, abs=0.2)


def test_many_videos_of_few_animals_invent_no_effect():
    """Pseudo-replication: as if videos were animals, most of these would be significant."""
    how = {"effect": 0.0, "animals": 5, "videos": 12, "between": 1.0, "within": 0.4}
    ours, naive = [], []
    for seed in range(200):
        value, sd, group, animal = cohort(seed, **how)
        ours.append(group_effects(value, sd, group, animal, None)[0].p < 0.05)
        naive.append(stats.ttest_ind(value[group == 0], value[group == 1]).pvalue < 0.05)
    low, high = binomial_bounds(0.05, len(ours))
    assert low <= np.mean(ours) <= high, np.mean(ours)
    assert np.mean(naive) > 0.4


def test_without_errors_it_is_the_model_of_the_formula():
    value, sd, group, animal = cohort(1)
    speed = np.random.default_rng(2).normal(5, 1, len(value))
    given = pd.DataFrame(
        {"value": value / value.std(), "g": group, "speed": speed - speed.mean(), "a": animal}
    )
    fit = smf.mixedlm("value ~ g + speed", given, groups=given["a"]).fit()
    [effect] = group_effects(value, sd, group, animal, speed)
    assert effect.difference == pytest.approx(fit.params["g"] * value.std(), rel=1e-3)
    half = stats.t.ppf(0.975, 12 - 3) * fit.bse["g"] * value.std()
    assert effect.high - effect.difference == pytest.approx(half, rel=1e-2)


@pytest.mark.parametrize("seed", range(6))
def test_where_animals_do_not_differ_it_is_the_model_without_them(seed):
    """REML at a variance of 0 between animals: least squares, with the animals' freedom."""
    lot = np.random.default_rng(seed)
    animal = np.repeat(np.arange(6), 3)
    group = (animal >= 3).astype(int)
    value = lot.normal(size=18)
    for one in range(6):  # means of a group's animals that are nearer than chance would have them
        value[animal == one] -= value[animal == one].mean()
    value += 0.1 * group
    design = np.stack([np.ones(18), group], axis=1)
    plain = OLS(value, design).fit()
    expected = stats.t(4).ppf(0.975) * plain.bse[1]
    (found,) = group_effects(value, np.full(18, np.nan), group, animal, None)
    assert found.difference == pytest.approx(0.1)
    assert found.high - found.difference == pytest.approx(expected, rel=1e-3)
    assert found.p == pytest.approx(2 * stats.t(4).sf(0.1 / plain.bse[1]), rel=1e-3)


def test_rows_of_an_animal_vary_together_as_in_the_whole_covariance():
    lot = np.random.default_rng(0)
    animal = lot.integers(0, 5, 23)
    design, value = lot.normal(size=(23, 3)), lot.normal(size=23)
    root = lot.uniform(0.5, 2.0, 23)
    covariance = 0.7 * np.outer(root, root) * (animal[:, None] == animal) + 0.3 * np.eye(23)
    inverse = np.linalg.inv(covariance)
    of_coefficients = np.linalg.inv(design.T @ inverse @ design)
    coefficients, errors = generalized(value, design, animal, root, 0.7, 0.3)
    np.testing.assert_allclose(coefficients, of_coefficients @ design.T @ inverse @ value)
    np.testing.assert_allclose(errors, np.sqrt(np.diag(of_coefficients)))


@pytest.mark.parametrize("apart", [1e-4, 1e-8, 1e-10, 0.0])
def test_videos_that_are_nearly_alike_count_as_their_animals(apart):
    animal, group = np.repeat(np.arange(6), 3), np.repeat([0, 1], 9)
    own = np.array([0.0, 1.0, 2.0, 0.5, 2.5, 1.8])
    value = own[animal] + apart * np.random.default_rng(0).normal(size=18)
    (found,) = group_effects(value, np.full(18, np.nan), group, animal, None)
    plain = OLS(own, np.stack([np.ones(6), [0, 0, 0, 1, 1, 1]], axis=1)).fit()
    half = stats.t(4).ppf(0.975) * plain.bse[1]
    assert found.difference == pytest.approx(plain.params[1], abs=1e-3)
    assert found.high - found.difference == pytest.approx(half, rel=1e-2)


def test_with_one_video_each_it_is_students_t_test():
    value, sd, group, animal = cohort(3, videos=1)
    [effect] = group_effects(value, sd, group, animal, None)
    expected = stats.ttest_ind(value[group == 1], value[group == 0])
    assert effect.p == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.slow
def test_doubtful_videos_count_less():
    """With errors that are known, estimates scatter less than with all videos alike."""
    scatter = []
    for is_known in (True, False):
        found = []
        for seed in range(60):
            value, sd, group, animal = cohort(seed, between=0.1, within=0.1, errors=4.0)
            known = sd if is_known else np.full(len(sd), np.nan)
            found.append(group_effects(value, known, group, animal, None)[0].difference)
        scatter.append(np.std(found))
    assert scatter[0] < 0.7 * scatter[1]


@pytest.mark.parametrize("measured", [0.2, 1.0])
def test_a_row_weighs_by_its_own_scatter_and_its_error(measured):
    """One video each, half of them with an error of 3: weights by hand, from what is left over."""
    value, _, group, animal = cohort(4, videos=1, errors=0.0)
    sd = np.where(animal % 2, measured, 3.0 * measured)
    [found] = group_effects(value, sd, group, animal, None)
    left = value - np.array([value[group == g].mean() for g in (0, 1)])[group]
    scatter = (left**2).sum() / (len(value) - 2)  # of the animals, errors included
    # what no error explains, of which a little is always left
    own = max(scatter - (sd**2).mean(), LEAST_PART * scatter)
    weight = 1 / (own + sd**2)
    means = [np.average(value[group == g], weights=weight[group == g]) for g in (0, 1)]
    assert found.difference == pytest.approx(means[1] - means[0], rel=1e-6)


def test_a_video_of_which_next_to_nothing_is_known_changes_nothing():
    """Of animals with several videos, too."""
    value, sd, group, animal = cohort(6, videos=3)
    [without] = group_effects(value, sd, group, animal, None)
    wild = [np.append(each, one) for each, one in ((value, 60.0), (group, 1), (animal, 11))]
    errors = np.append(sd, 50.0)
    [found] = group_effects(wild[0], errors, wild[1], wild[2], None)
    assert found.difference == pytest.approx(without.difference, abs=0.05)
    [believed] = group_effects(wild[0], np.append(sd, np.nan), wild[1], wild[2], None)
    assert believed.difference > without.difference + 1.0


def test_an_error_that_nobody_knows_takes_no_weight_away():
    value, _, group, animal = cohort(7)
    sd = np.where(animal % 3 == 0, np.nan, 1.5)
    none = np.nan_to_num(sd)
    assert group_effects(value, sd, group, animal, None) == group_effects(
        value, none, group, animal, None
    )


def test_as_many_animals_as_coefficients_and_one_more():
    value, nothing = np.array([1.0, 2.0, 4.0]), np.full(3, np.nan)
    group, animal = np.array([0, 0, 1]), np.arange(3)
    [found] = group_effects(value, nothing, group, animal, None)
    # a spread of 1/2 with one degree of freedom; error sqrt(1/2 (1/2 + 1)), t of 1: 12.706
    assert found.high - found.difference == pytest.approx(12.7062 * np.sqrt(0.75), rel=1e-4)
    [found] = group_effects(value[1:], nothing[1:], group[1:], animal[1:], None)
    assert np.isnan(found).all()


def test_adjusted_for_speed_a_difference_of_speed_is_none_of_the_gait():
    random = np.random.default_rng(0)
    value, sd, group, animal = cohort(5, effect=0.0, animals=10, between=0.1, within=0.1)
    speed = 10 + 3 * group + random.normal(0, 2, len(value))
    value = value + 0.5 * speed
    plain, adjusted = (group_effects(value, sd, group, animal, s)[0] for s in (None, speed))
    assert plain.p < 0.01
    assert adjusted.low < 0 < adjusted.high
    assert abs(adjusted.difference) < 0.2


def test_few_animals_and_groups_that_cannot_be_told_apart_have_no_interval():
    value, sd, group, animal = cohort(1, animals=1)
    assert np.isnan(group_effects(value, sd, group, animal, None)[0]).all()
    value, sd, group, animal = cohort(1)
    assert np.isnan(group_effects(value, sd, group, animal, group * 1.0)[0]).all()


@pytest.mark.parametrize("videos", [1, 3])
def test_animals_that_are_all_alike_in_their_group_promise_nothing(videos):
    """Four animals that enter a zone once and four that never do: 0 +- 0 would be p = 0."""
    group = np.repeat([0, 0, 0, 0, 1, 1, 1, 1], videos)
    animal = np.repeat(np.arange(8), videos)
    nothing = np.full(len(group), np.nan)
    assert np.isnan(group_effects(group * 1.0, nothing, group, animal, None)[0]).all()
    almost = group + np.where(animal == 0, 1e-3, 0.0)
    assert group_effects(almost, nothing, group, animal, None)[0].p < 1e-6


def test_at_one_speed_there_is_nothing_to_adjust():
    value, sd, group, animal = cohort(1)
    same = np.full(len(value), 3.0)
    assert group_effects(value, sd, group, animal, same) == group_effects(
        value, sd, group, animal, None
    )


def test_holm_is_the_smallest_level_at_which_its_steps_reject():
    p = np.array([0.04, 0.001, np.nan, 0.03, 0.8])
    found = holm(p)
    assert found[[1, 3, 0, 4]].tolist() == pytest.approx([0.004, 0.09, 0.09, 0.8])
    assert np.isnan(found[2])


def measure(seed, name="stride_time_s", **how):
    value, sd, group, animal = cohort(seed, **how)
    names = np.array(["control", "treated"], dtype=object)[group]
    return Measure(name, "gait", np.array([f"m{a}" for a in animal]), names, value, sd)


def test_a_table_counts_animals_and_gives_means_of_animals():
    one = measure(1, animals=4)
    table = compare_groups([one, measure(2, "speed", animals=4)], ["control", "treated"])
    assert table.measure.tolist() == ["stride_time_s"] * 2 + ["speed"] * 2
    assert table.animals.tolist() == [4] * 4
    assert table.videos.tolist() == [12] * 4
    means = [one.value[one.animal == f"m{a}"].mean() for a in range(4)]
    assert table.mean[0] == pytest.approx(np.mean(means))
    assert table.sd_animals[0] == pytest.approx(np.std(means, ddof=1))
    assert np.isnan(table.difference[0])
    assert table.difference_low[1] < table.difference[1] < table.difference_high[1]
    assert (table.p_holm[[1, 3]] >= table.p[[1, 3]]).all()


def test_two_animals_make_no_interval_but_a_warning():
    one = measure(1, animals=2)
    table = compare_groups([one], ["control", "treated"])
    assert np.isnan(table.difference).all()
    told = group_warnings(table, [], [], ["control", "treated"])
    assert [t for t in told if "'treated' has 2 animals" in t]


def test_animals_that_do_not_walk_are_told_though_they_are_seen():
    """Gait has no difference then; the behaviors of the group do, and said nothing of it."""
    walks = measure(1, animals=3)
    walks = walks.rows(walks.group == "control")
    sniffs = replace(measure(2, "sniff", animals=3), part="behavior")
    table = compare_groups([walks, sniffs], ["control", "treated"])
    assert group_warnings(table, [], [], ["control", "treated"]) == [
        "the group 'treated' has 0 animals with gait; 3 are needed for an interval"
    ]
    few = sniffs.rows(sniffs.animal != "m0")
    table = compare_groups([walks, few], ["control", "treated"])
    assert "'control' has 2 animals with behavior;" in group_warnings(table, [], [], ["control"])[0]


def test_a_reference_with_too_few_animals_is_none():
    """Nor is the next group taken for one."""
    one = measure(1, animals=6)
    third = np.where(np.isin(one.animal, ["m3", "m4", "m5"]), "other", one.group)
    one = replace(one, group=third.astype(object)).rows(one.animal != "m0")
    table = compare_groups([one], ["control", "treated", "other"])
    assert table.animals.tolist() == [2, 6, 3]
    assert np.isnan(table.difference).all()


def test_what_poses_leave_unknown_is_the_root_of_the_mean_square():
    one = measure(1, animals=3, videos=1)
    one.sd[:3] = 1.0, np.nan, 7.0
    table = compare_groups([one], ["control", "treated"])
    assert table.measurement_sd[0] == pytest.approx(5.0)  # (1 + 49) / 2 = 25


def test_nothing_measured_is_told_of_every_group():
    table = compare_groups([], ["control", "treated"])
    assert group_warnings(table, [], [], ["control"]) == [
        "the group 'control' has 0 animals with gait or behavior; 3 are needed for an interval"
    ]


def test_three_animals_make_an_interval_and_no_warning():
    one = measure(1, animals=3)
    table = compare_groups([one], ["control", "treated"])
    assert np.isfinite(table.difference_low[1])
    assert group_warnings(table, [], [], ["control", "treated"]) == []


def test_what_differs_between_groups_is_told():
    groups = ["control", "treated"]
    table = compare_groups([measure(1)], groups)
    slow, alike = measure(1, "speed", effect=9.0), measure(4, "expected error", effect=0.0)
    apart = [("control", "left"), ("treated", "right")] * 6
    told = group_warnings(table, [slow, alike], apart, groups)
    assert len(told) == 2
    assert told[0].startswith("speed differs between 'control' and 'treated'")
    assert "camera and group coincide" in told[1]
    both = [*apart, ("control", "right")]
    assert group_warnings(table, [], both, groups) == [
        "not all cameras have seen the group treated"
    ]
    assert group_warnings(table, [], [*both, ("treated", "left")], groups) == []
