from itertools import pairwise

import numpy as np
import pytest

from superanimal_core.synthetic.casting import draw_gait, draw_quadruped_build
from superanimal_core.synthetic.figure import middle_joint
from superanimal_core.synthetic.gait_generator import (
    LIMBS,
    TROT_PHASES,
    WALK_PHASES,
    Gait,
    footfalls_of,
    plan_timeline,
)
from superanimal_core.synthetic.mouse import Mouse, wander
from superanimal_core.synthetic.quadruped import (
    LOWER_LINK,
    QUADRUPED_KEYPOINTS,
    UPPER_LINK,
    Quadruped,
)

RATE_HZ = 1000
GAITS = [Gait(2.2, 0.62, 0.42, WALK_PHASES), Gait(2.9, 0.46, 0.45, TROT_PHASES)]
PROGRAM = [
    ("walk", 6),
    ("pause", 0.7),
    ("rear", 1.3),
    ("pause", 0.3),
    ("walk", 4),
    ("sniff", 1.0),
]


def walker(gait, program=PROGRAM, faces_left=False, seed=0):
    timeline = plan_timeline(gait, program)
    return Quadruped(timeline, faces_left, 0.0, draw_quadruped_build(seed))


def sampled(animal, start_s=0.0, stop_s=None):
    stop_s = animal.timeline.duration_s if stop_s is None else stop_s
    time_s = np.arange(start_s, stop_s, 1 / RATE_HZ)
    return time_s, animal.figure(time_s)


def track(figure, keypoint):
    return figure.keypoints[:, QUADRUPED_KEYPOINTS.index(keypoint)]


def contact_edges(time_s, xy):
    """Strikes and lifts by an observer who sees nothing but a paw that moves or does not."""
    still = np.linalg.norm(np.diff(xy, axis=0), axis=1) < 1e-7
    change = np.flatnonzero(np.diff(still.astype(int)))
    strikes = [time_s[i + 1] for i in change if still[i + 1]]
    lifts = [time_s[i + 1] for i in change if not still[i + 1]]
    return np.array(strikes), np.array(lifts)


@pytest.mark.parametrize("seed", range(12))
def test_a_paw_stays_exactly_where_it_was_set_down(seed):
    generator = np.random.default_rng(seed)
    animal = walker(draw_gait(generator), faces_left=bool(seed % 2), seed=seed)
    time_s, figure = sampled(animal)
    for limb in LIMBS:
        steps = footfalls_of(animal.timeline, limb)
        bounds = [0.0, *np.stack([steps.lift_s, steps.strike_s], 1).ravel(), time_s[-1]]
        for strike, lift in zip(bounds[::2], bounds[1::2], strict=True):
            stance = track(figure, limb)[(time_s >= strike) & (time_s <= lift)]
            assert np.ptp(stance, axis=0).max() < 1e-9


@pytest.mark.parametrize("gait", GAITS)
def test_stride_frequency_duty_factor_and_phases_are_the_chosen_ones(gait):
    animal = walker(gait, [("walk", 8), ("pause", 0.5)], faces_left=True)
    time_s, figure = sampled(animal)
    edges = {limb: contact_edges(time_s, track(figure, limb)) for limb in LIMBS}
    reference = edges["back_left_paw"][0]
    for limb, phase in zip(LIMBS, gait.phases, strict=True):
        strikes, lifts = edges[limb]
        stride_s = np.diff(strikes)
        assert 1 / np.median(stride_s) == pytest.approx(gait.stride_frequency_hz, rel=0.01)
        stance_s = [lifts[lifts > strike][0] - strike for strike in strikes[:-1]]
        assert np.median(stance_s / stride_s) == pytest.approx(gait.duty_factor, abs=0.015)
        seen = (strikes[2] - reference[2]) * gait.stride_frequency_hz - phase
        assert abs(seen - round(seen)) < 0.02


def test_footfall_truth_is_what_an_observer_of_the_paw_sees():
    animal = walker(GAITS[0], [("walk", 6), ("pause", 0.5)])
    time_s, figure = sampled(animal)
    for limb in LIMBS:
        strikes, lifts = contact_edges(time_s, track(figure, limb))
        steps = footfalls_of(animal.timeline, limb)
        np.testing.assert_allclose(strikes, steps.strike_s, atol=0.006)
        late = lifts[-len(steps.lift_s) + 1 :]
        np.testing.assert_allclose(late, steps.lift_s[1:], atol=0.006)


def test_steady_strides_are_as_long_as_chosen_and_as_the_body_goes():
    gait = GAITS[0]
    animal = walker(gait, [("walk", 9), ("pause", 0.5)])
    _, figure = sampled(animal)
    steps = footfalls_of(animal.timeline, "back_left_paw")
    middles = (steps.strike_s[2:6] + 0.2 * gait.duty_factor / gait.stride_frequency_hz) * RATE_HZ
    places = track(figure, "back_left_paw")[middles.astype(int), 0]
    np.testing.assert_allclose(np.diff(places), gait.stride_length_bl, atol=1e-6)


@pytest.mark.parametrize("faces_left", [False, True])
def test_leg_segments_never_change_length(faces_left):
    _, figure = sampled(walker(GAITS[0], faces_left=faces_left))
    for limb in LIMBS:
        stem = limb.removesuffix("_paw")
        root, knee, paw = (track(figure, f"{stem}_{part}") for part in ("thai", "knee", "paw"))
        np.testing.assert_allclose(np.linalg.norm(knee - root, axis=1), UPPER_LINK, atol=1e-9)
        np.testing.assert_allclose(np.linalg.norm(paw - knee, axis=1), LOWER_LINK, atol=1e-9)


def test_an_end_out_of_reach_is_pulled_in_along_its_line():
    knee, end = middle_joint(np.zeros(2), np.array([3.0, 4.0]), 1.0, 2.0, 1.0)
    np.testing.assert_allclose(end, [1.8, 2.4], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(knee), 1.0, atol=1e-9)


def test_in_a_pause_nothing_but_breath_and_tail_moves():
    animal = walker(GAITS[0])
    pause = animal.timeline.bouts_of("pause")[0]
    _, figure = sampled(animal, pause.start_s, pause.stop_s)
    still = [i for i, name in enumerate(QUADRUPED_KEYPOINTS) if name != "tail_end"]
    assert np.ptp(figure.keypoints[:, still], axis=0).max() < 0.006
    paws = [QUADRUPED_KEYPOINTS.index(limb) for limb in LIMBS]
    assert np.ptp(figure.keypoints[:, paws], axis=0).max() < 1e-9


def test_a_rearing_animal_has_its_nose_high_and_a_sniffing_one_low():
    animal = walker(GAITS[0])
    heights = {}
    for bout in animal.timeline.bouts:
        figure = animal.figure(np.array([(bout.start_s + bout.stop_s) / 2]))
        heights[bout.behavior] = -float(track(figure, "nose")[0, 1])
    assert heights["rear"] > heights["walk"] + 0.25
    assert heights["sniff"] < heights["walk"] - 0.25


def test_left_and_right_change_places_when_the_animal_turns_round():
    right = walker(GAITS[0], faces_left=False).figure(np.array([0.9]))
    left = walker(GAITS[0], faces_left=True).figure(np.array([0.9]))
    assert track(left, "nose")[0, 0] == pytest.approx(-track(right, "nose")[0, 0])
    hidden = {name: i for i, name in enumerate(QUADRUPED_KEYPOINTS)}
    assert right.is_hidden[0, hidden["left_eye"]]
    assert not right.is_hidden[0, hidden["right_eye"]]
    assert left.is_hidden[0, hidden["right_eye"]]
    assert not left.is_hidden[0, hidden["left_eye"]]


def test_bouts_follow_one_another_without_a_gap():
    bouts = plan_timeline(GAITS[0], PROGRAM).bouts
    assert [bout.behavior for bout in bouts] == [behavior for behavior, _ in PROGRAM]
    assert all(a.stop_s == b.start_s for a, b in pairwise(bouts))


def test_a_walk_beside_a_rear_is_refused():
    with pytest.raises(ValueError, match="put a pause between"):
        plan_timeline(GAITS[0], [("walk", 2), ("rear", 1.0)])


def mouse(seed=3):
    timeline = plan_timeline(Gait(2.6, 0.62, 0.45), [("walk", 12), ("sniff", 2.0), ("walk", 4)])
    path = wander(np.random.default_rng(seed), 10.0, (1.4, 1.0), (0.0, 0.0), 0.3)
    return Mouse(timeline, path)


def test_a_mouse_has_its_left_side_on_its_left():
    animal = mouse()
    time_s = np.arange(0, animal.timeline.duration_s, 0.02)
    figure = animal.figure(time_s)
    at = {name: figure.keypoints[:, i] for i, name in enumerate(animal.keypoints)}
    ahead = at["neck"] - at["tail_base"]
    for part in ("ear", "shoulder", "midside", "hip"):
        across = at[f"left_{part}"] - at[f"right_{part}"]
        # x right, y down: left of a mouse that heads right is up in the picture
        assert (ahead[:, 0] * across[:, 1] - ahead[:, 1] * across[:, 0] < 0).all()


def test_a_mouse_keeps_its_body_length_along_the_spine_and_its_feet_on_the_floor():
    animal = mouse()
    time_s = np.arange(0, animal.timeline.duration_s, 0.002)
    figure = animal.figure(time_s)
    spine = figure.points["spine"]
    length = np.linalg.norm(np.diff(spine, axis=1), axis=2).sum(axis=1)
    np.testing.assert_allclose(length, 0.76, rtol=0.05)  # from 0.24 to 1 of the spine
    paw = figure.points["paws"][:, 2]
    steps = footfalls_of(animal.timeline, "back_left_paw")
    for strike, lift in steps.stances()[:-1]:
        stance = paw[(time_s >= strike) & (time_s <= lift)]
        assert np.ptp(stance, axis=0).max() < 1e-9


def test_a_sniffing_mouse_wags_its_head_and_stays_in_place():
    animal = mouse()
    bout = animal.timeline.bouts_of("sniff")[0]
    figure = animal.figure(np.arange(bout.start_s + 0.3, bout.stop_s - 0.3, 0.01))
    spread = np.ptp(figure.keypoints, axis=0).max(axis=1)
    assert spread[animal.keypoints.index("nose")] > 0.15
    assert spread[animal.keypoints.index("tail_base")] < 1e-6


def test_wandering_turns_back_before_the_walls():
    for seed in range(8):
        path = wander(np.random.default_rng(seed), 30.0, (1.6, 1.2), (0.0, 0.0), float(seed))
        assert np.abs(path.xy_bl[:, 0]).max() < 1.6 + 0.2
        assert np.abs(path.xy_bl[:, 1]).max() < 1.2 + 0.2
