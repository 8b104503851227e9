"""Who else can say whether an adaptation went right, on an animal whose truth is known.

The networks here are those that jitter alone would praise: they are calm, and wrong.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_keypoint_complaints import FRAMES, LEFT, LIMITS, RIGHT, SPACE, seen, truth

from superanimal_core.inference.verdicts import judge_adaptation
from superanimal_core.inference.witnesses import (
    ALIKE,
    EVERY,
    SHIFT,
    Witness,
    agreed_px,
    body_side_px,
    bone_ratio,
    crop_following,
    crop_response,
    crops_beside,
    hear_witness,
)

TAUGHT = np.ones(len(SPACE), bool)
SHIFT_PX = np.tile([8.0, 8.0], (FRAMES, 1, 1))
UNLOOKED = np.arange(FRAMES) % EVERY > 0


def noisy(xy_px, noise_px, seed):
    return xy_px + np.random.default_rng(seed).normal(0, noise_px, xy_px.shape)


def witness_of(before, after_px, others=2, follows=0.0, truth_px=None, **changes):
    """Others that see the truth as well as a network does, and crops beside.

    `follows` is by how much of the shift the adapted network goes with the crop.
    """
    truth_px = truth() if truth_px is None else truth_px
    shift_px = np.where(UNLOOKED[:, None, None], np.nan, SHIFT_PX)
    beside = shift_px[:, :, None] * np.ones((len(SPACE), 1))
    given = {
        "others": [seen(truth_px, 1.5, 1.0, seed=50 + i) for i in range(others)],
        "is_strange": np.zeros((FRAMES, 1), bool),
        "shift_px": shift_px,
        "beside_before_px": noisy(before.xy_px, 0.5, 7) + 0 * beside,
        "beside_after_px": noisy(after_px, 0.5, 8) + follows * beside,
    }
    return Witness(**(given | changes))


@pytest.fixture
def before():
    return seen(truth(), 1.5, 1.0)


def heard(before, after_px, **changes):
    after = replace(before, xy_px=after_px)
    return hear_witness(before, after, TAUGHT, witness_of(before, after_px, **changes))


@given(st.integers(0, 10_000), st.floats(0, 8), st.sampled_from([0, 1, 2, 4]))
@settings(max_examples=40, deadline=None)
def test_a_network_that_got_better_is_kept(seed, speed_px, others):
    """Less noise and less bias, of an animal that rests, walks or runs; alone or among others."""
    xy = truth(speed_px)
    before, after = seen(xy, 1.5, 1.5, seed), seen(xy, 1.0, 1.0, seed + 1)
    witness = witness_of(before, after.xy_px, others, truth_px=xy)
    verdict = judge_adaptation(
        before, after, TAUGHT, frame=np.arange(FRAMES), witness=witness, **LIMITS
    )
    assert verdict.is_kept, verdict.reason


def constant(_):
    """The same place in every crop: calm, as the crop is, wherever the animal looks."""
    return truth().mean(axis=2, keepdims=True) + truth()[:1] - truth()[:1].mean(axis=2)[:, None]


def swapped(xy):
    return swap(xy.copy())


def swap(xy):
    xy[:, :, LEFT], xy[:, :, RIGHT] = xy[:, :, RIGHT].copy(), xy[:, :, LEFT].copy()
    return xy


def background(xy):
    """The place where the animal was at first: what stands still behind it."""
    return np.repeat(xy[:1], FRAMES, axis=0)


def drifting(xy):
    """Each keypoint goes its own way, slowly, until it is a third of the body away."""
    way = np.random.default_rng(3).normal(size=(1, *xy.shape[1:]))
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    return xy + np.linspace(0, 35, FRAMES)[:, None, None, None] * way


@pytest.mark.parametrize("others", [1, 2])
@pytest.mark.parametrize("change", [constant, swapped, background, drifting])
def test_calm_and_wrong_is_seen_by_what_the_networks_agreed_on(before, change, others):
    """Alone, whatever else would complain."""
    told = heard(before, change(truth()), others=others)
    assert told.vouched_fraction == 1
    assert told.astray_fraction > 0.3
    assert any("agreed on" in complaint for complaint in told.complaints)


@pytest.mark.parametrize("change", [constant, swapped, background, drifting])
def test_farther_from_the_others_is_seen_where_two_of_them_agree(before, change):
    assert heard(before, change(truth())).distance_ratio > 3
    assert np.isnan(heard(before, change(truth()), others=1).distance_ratio)


def test_what_goes_with_the_crop_is_seen_by_a_network_alone(before):
    told = heard(before, constant(truth()), others=0, follows=1.0)
    assert told.response == pytest.approx(1, abs=0.1)
    assert any("go with the crop, by" in complaint for complaint in told.complaints)
    assert not heard(before, truth(), others=0).complaints


@pytest.mark.parametrize(("follows", "is_fault"), [(0.45, False), (0.55, True)])
def test_half_of_the_shift_is_too_much_of_one_keypoint_too(before, follows, is_fault):
    witness = witness_of(before, before.xy_px)
    beside = witness.beside_after_px.copy()
    beside[:, :, 4] = before.xy_px[:, :, 4] + follows * witness.shift_px
    told = hear_witness(before, before, TAUGHT, replace(witness, beside_after_px=beside))
    assert told.response < 0.2
    assert told.complaints == (["mid4 going with the crop"] if is_fault else [])
    worse_before = replace(witness, beside_after_px=beside, beside_before_px=beside)
    assert not hear_witness(before, before, TAUGHT, worse_before).complaints


@pytest.mark.parametrize(("frames", "is_fault"), [(36, False), (37, True)])
def test_an_animal_is_vouched_for_in_six_frames_of_ten(before, frames, is_fault):
    """In the others another animal is there: every network sees something else."""
    others = [noisy(truth(), 1, i) for i in range(2)]
    for i, other in enumerate(others):
        other[:frames] = noisy(truth()[:frames], 40, 20 + i)
    told = heard(before, before.xy_px, others=0)
    witness = witness_of(before, before.xy_px, others=0)
    members = [replace(before, xy_px=other) for other in others]
    told = hear_witness(before, before, TAUGHT, replace(witness, others=members))
    assert told.vouched_fraction == pytest.approx(1 - frames / FRAMES)
    assert any("vouched for" in complaint for complaint in told.complaints) is is_fault


@pytest.mark.parametrize(("frames", "is_fault"), [(36, False), (37, True)])
def test_nobody_vouches_for_what_is_unlike_all_labels(before, frames, is_fault):
    is_strange = np.arange(FRAMES)[:, None] < frames
    told = heard(before, before.xy_px, is_strange=is_strange)
    assert any("vouched for" in complaint for complaint in told.complaints) is is_fault


def test_in_an_empty_box_each_network_sees_something_else(before):
    """Calm networks, that stay where they are when the crop is shifted, but not at one place."""
    shown = [np.repeat(noisy(truth()[:1], 30, i), FRAMES, axis=0) for i in range(3)]
    members = [replace(before, xy_px=xy) for xy in shown]
    witness = witness_of(members[0], shown[0], others=0)
    told = hear_witness(members[0], members[0], TAUGHT, replace(witness, others=members[1:]))
    assert told.vouched_fraction == 0
    assert any("vouched for in 0%" in complaint for complaint in told.complaints)


def test_a_network_alone_is_vouched_for_by_shifted_crops(before):
    witness = witness_of(before, before.xy_px, others=0)
    beside = before.xy_px + witness.shift_px[:, :, None]
    told = hear_witness(before, before, TAUGHT, replace(witness, beside_before_px=beside))
    assert told.vouched_fraction == 0
    assert hear_witness(before, before, TAUGHT, witness).vouched_fraction == 1


@pytest.mark.parametrize(("keypoints", "is_fault"), [(4, False), (5, True)])
def test_an_eighth_of_what_was_agreed_on_may_be_said_otherwise(before, keypoints, is_fault):
    """Of 39 keypoints four are less than that, and five are more."""
    moved = before.xy_px.copy()
    moved[:, :, :keypoints] += 2.2 * ALIKE * 100  # px of a body of about 100
    told = heard(before, moved)
    assert told.astray_fraction == pytest.approx(keypoints / 39, abs=0.001)
    assert any("said otherwise" in complaint for complaint in told.complaints) is is_fault


@pytest.mark.parametrize(("factor", "is_fault"), [(1.45, False), (1.55, True)])
def test_half_as_far_again_from_the_others_is_too_far(before, factor, is_fault):
    others = [replace(before, xy_px=truth())] * 2
    moved = truth() + factor * (before.xy_px - truth())
    witness = replace(witness_of(before, moved), others=others)
    told = hear_witness(before, replace(before, xy_px=moved), TAUGHT, witness)
    assert told.distance_ratio == pytest.approx(factor)
    assert any("as far from" in complaint for complaint in told.complaints) is is_fault


@pytest.mark.parametrize("change", [drifting, lambda xy: noisy(xy, 4, 0)])
def test_bones_of_another_length_are_seen_by_a_network_alone(before, change):
    told = heard(before, change(truth()), others=0)
    assert told.bone_ratio > 2
    assert any("bones" in complaint for complaint in told.complaints)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_bones_count_for_less_where_two_others_say_where_keypoints_are(before, others):
    """Bones of before are those of a network that was wrong in this light, say."""
    moved = noisy(truth(), 3.2, 0)
    ratio = heard(before, moved, others=others).bone_ratio
    assert 1.6 < ratio < 4.0
    complaints = heard(before, moved, others=others).complaints
    assert any("bones" in complaint for complaint in complaints) is (others < 2)
    far = heard(before, noisy(truth(), 8, 0), others=others)
    assert far.bone_ratio > 4
    assert any("bones" in complaint for complaint in far.complaints)


@pytest.mark.parametrize(
    ("others", "ratio", "is_fault"),
    [(1, 1.55, False), (1, 1.65, True), (2, 3.95, False), (2, 4.05, True)],
)
def test_the_limits_of_bones(before, others, ratio, is_fault):
    """Noise as large as it takes to make bones so many times as unlike as they were."""
    low, high = 0.5, 20.0
    for _ in range(40):
        noise_px = (low + high) / 2
        is_less = bone_ratio(before, replace(before, xy_px=noisy(truth(), noise_px, 0))) < ratio
        low, high = (noise_px, high) if is_less else (low, noise_px)
    told = heard(before, noisy(truth(), noise_px, 0), others=others)
    assert told.bone_ratio == pytest.approx(ratio, abs=0.01)
    assert any("bones" in complaint for complaint in told.complaints) is is_fault


def test_bones_are_the_same_however_the_animal_turns_and_whoever_smooths(before):
    assert bone_ratio(before, before) == 1
    assert bone_ratio(before, replace(before, xy_px=truth())) < 1
    turned = replace(before, xy_px=before.xy_px[..., ::-1])
    assert bone_ratio(before, turned) == pytest.approx(1)


def test_networks_agree_where_none_is_a_tenth_of_the_body_from_their_median():
    members = [seen(truth(), 0.0) for _ in range(3)]
    body_px = body_side_px(members)
    moved = truth()
    moved[5, 0, 2, 0] += 1.01 * ALIKE * body_px
    moved[6, 0, 3, 0] += 0.99 * ALIKE * body_px
    members[2] = replace(members[2], xy_px=moved)
    agreed = agreed_px(members, body_px)
    assert np.argwhere(np.isnan(agreed[..., 0])).tolist() == [[5, 0, 2]]
    np.testing.assert_array_equal(agreed[6], truth()[6])


def test_who_was_not_taught_a_keypoint_has_no_say_and_one_alone_is_no_agreement():
    members = [seen(truth(), 0.0) for _ in range(3)]
    members[0].xy_px[:, :, 0] = np.nan
    for member in members[:2]:
        member.xy_px[:, :, 1] = np.nan
    known = np.isfinite(agreed_px(members, 100.0)[..., 0])
    assert known[..., 0].all()
    assert not known[..., 1].any()


def test_crops_beside_are_the_boxes_moved_and_turn_about():
    boxes = np.tile([10.0, 20.0, 110.0, 70.0], (4 * EVERY, 1, 1))
    beside, shift_px = crops_beside(boxes)
    looked = np.isfinite(shift_px[:, 0, 0])
    assert np.flatnonzero(looked).tolist() == [EVERY * i for i in range(4)]
    np.testing.assert_array_equal(beside[looked], (boxes + np.tile(shift_px, 2))[looked])
    assert np.isnan(beside[~looked]).all()
    np.testing.assert_allclose(shift_px[looked][:, 0, 0], SHIFT * 100 * np.array([1, -1, 1, -1]))


def test_a_keypoint_that_jumps_to_and_fro_does_not_go_with_the_crop(before):
    """As far as the shift, but anywhere: between the left and the right hip, say."""
    witness = witness_of(before, before.xy_px)
    beside = witness.beside_after_px.copy()
    size = np.linalg.norm(SHIFT_PX[:, 0], axis=-1)
    angle = np.random.default_rng(5).uniform(0, 2 * np.pi, FRAMES)
    jump = np.column_stack([np.cos(angle), np.sin(angle)]) * 1.2 * size[:, None]
    beside[:, 0, 4] = np.where(UNLOOKED[:, None], np.nan, before.xy_px[:, 0, 4] + jump)
    assert not hear_witness(
        before, before, TAUGHT, replace(witness, beside_after_px=beside)
    ).complaints


def test_following_is_the_part_of_the_shift_that_is_gone_along():
    shift = np.array([[[3.0, 4.0]], [[np.nan, np.nan]], [[0.0, 0.0]]])
    xy = np.zeros((3, 1, 2, 2))
    moved = np.zeros((3, 1, 2, 2))
    moved[0, 0] = [[6.0, 8.0], [-4.0, 3.0]]
    following = crop_following(xy, moved, shift)
    np.testing.assert_allclose(following[0, 0], [2.0, 0.0], atol=1e-12)
    assert np.isnan(following[1:]).all()


def test_the_response_is_how_far_keypoints_go_over_how_far_the_crop_went():
    shift = np.array([[[3.0, 4.0]], [[np.nan, np.nan]]])
    xy = np.zeros((2, 1, 1, 2))
    moved = np.array([[[[5.0, 0.0]]], [[[1.0, 1.0]]]])
    response = crop_response(xy, moved, shift)
    assert response[0] == 1
    assert np.isnan(response[1])
