"""The look in advance: networks that are sure and alike gain nothing, strangers teach nothing."""

from dataclasses import replace

import numpy as np
import pytest
from test_keypoint_complaints import SPACE, seen, truth

from superanimal_core.inference import adaptation_need
from superanimal_core.inference.adaptation_need import APART, LOW, look_at_need

TAUGHT = np.ones(len(SPACE), bool)


def looked(members, is_taught=TAUGHT):
    return look_at_need(members, is_taught, None, min_score=0.5)


def members_of(noise_px, count=3, score=0.9):
    return [seen(truth(), noise_px, seed=seed, score=score) for seed in range(count)]


def test_networks_that_are_sure_and_say_the_same_are_left_alone():
    look = looked(members_of(0.5))
    assert not look.is_worth_it
    assert look.reason.startswith("not needed")
    assert look.vouched_fraction == 1
    assert look.low_fraction == 0


@pytest.mark.parametrize(("apart", "is_worth_it"), [(0.95 * APART, False), (1.05 * APART, True)])
def test_networks_that_differ_have_something_to_learn(apart, is_worth_it):
    """Two networks, each a known part of the body from their middle."""
    xy = truth()
    side_px = adaptation_need.body_side_px([seen(xy, 0.0)])
    way = np.array([0.6, 0.8]) * apart * side_px
    members = [replace(seen(xy, 0.0), xy_px=xy + sign * way) for sign in (-1, 1)]
    look = looked(members)
    assert look.apart == pytest.approx(apart, rel=0.01)
    assert look.is_worth_it is is_worth_it


@pytest.mark.parametrize(("part", "is_worth_it"), [(0.9 * LOW, False), (1.2 * LOW, True)])
def test_networks_that_are_not_sure_have_something_to_learn(part, is_worth_it):
    members = members_of(0.5)
    for member in members:
        member.score[: round(part * len(member))] = 0.4
    assert looked(members).is_worth_it is is_worth_it


@pytest.mark.parametrize(("frames", "is_worth_it"), [(35, True), (37, False)])
def test_where_networks_see_different_things_there_is_nothing_to_learn(frames, is_worth_it):
    """Of 90 frames; four tenths are too many."""
    members = members_of(3.0)
    for i, member in enumerate(members):
        member.xy_px[:frames] += np.random.default_rng(i).normal(0, 60, (frames, 1, 39, 2))
    look = looked(members)
    assert look.is_worth_it is is_worth_it
    assert ("nothing to learn from" in look.reason) is not is_worth_it


def test_of_a_video_without_an_animal_nothing_is_learned():
    members = [
        replace(member, xy_px=member.xy_px * np.nan, score=member.score * 0)
        for member in members_of(1.0)
    ]
    look = looked(members)
    assert not look.is_worth_it
    assert "no animal was found" in look.reason


def test_one_network_is_adapted_where_it_is_not_sure():
    assert not looked(members_of(0.5, count=1)).is_worth_it
    assert looked(members_of(0.5, count=1, score=0.3)).is_worth_it


def test_what_is_unlike_all_labels_teaches_nothing(monkeypatch):
    strange = np.zeros((90, 1), bool)
    strange[:37] = True
    monkeypatch.setattr(adaptation_need, "strange_animals", lambda *_: strange)
    look = looked(members_of(3.0))
    assert not look.is_worth_it
    assert look.vouched_fraction == pytest.approx(53 / 90)


def test_untaught_keypoints_do_not_count_as_low():
    members = members_of(0.5)
    for member in members:
        member.xy_px[:, :, 20:], member.score[:, :, 20:] = np.nan, 0.0
    knows = np.arange(len(SPACE)) < 20
    assert looked(members, knows).low_fraction == 0
    assert looked(members).low_fraction == pytest.approx(19 / 39)


@pytest.fixture
def strangers(monkeypatch):
    """Nobody is like the labels, and these tell it."""
    monkeypatch.setattr(adaptation_need, "can_tell_strange", lambda _: True)
    unlike = lambda members, _: np.ones(members[0].score.shape[:2], bool)  # noqa: E731
    monkeypatch.setattr(adaptation_need, "strange_animals", unlike)


@pytest.mark.parametrize(("sure", "is_worth_it"), [(34, False), (36, True)])
def test_where_labels_can_tell_afterwards_a_few_sure_keypoints_are_worth_a_try(
    strangers, sure, is_worth_it
):
    """One in a hundred: 35.1 of 3,510."""
    members = members_of(3.0, count=2, score=0.2)
    for member in members:
        member.score.ravel()[:sure] = 0.9
    look = looked(members)
    assert look.vouched_fraction == 0
    assert look.is_worth_it is is_worth_it
    assert look.reason.startswith("tried, though 0%" if is_worth_it else "nothing to learn from")
    assert not look.can_teach  # other videos


def test_a_network_alone_is_not_tried_on_what_is_unlike_labels(strangers):
    assert "nothing to learn from" in looked(members_of(3.0, count=1)).reason


def test_without_labels_that_tell_nothing_is_tried(strangers, monkeypatch):
    monkeypatch.setattr(adaptation_need, "can_tell_strange", lambda _: False)
    assert "nothing to learn from" in looked(members_of(3.0)).reason
