"""Measures of coordination, footholds and walks of animals whose gait is known."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stick_animals import LIMBS, smoothed, walker
from test_from_ensemble_to_strides import SMOOTHING
from test_gait import SETTINGS
from test_gait_intervals import account, drawn_from, erring

from superanimal_core.behavior.coordination import Feet, Steps, classify_gait, regularity_index
from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_intervals import stride_intervals, strides_of_draws
from superanimal_core.behavior.limb_pairs import girdle_of, partners_of, side_of
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.behavior.walk_intervals import walk_intervals
from superanimal_core.behavior.walk_table import WalkTable, summarize_walks
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.synthetic.gait_generator import LIMBS as PAWS
from superanimal_core.synthetic.gait_generator import (
    TROT_PHASES,
    WALK_PHASES,
    Gait,
    footfalls_of,
    plan_timeline,
)
from superanimal_core.synthetic.quadruped import Quadruped

GALLOP = (0.55, 0.65, 0.0, 0.1)
BOUND = (0.4, 0.4, 0.0, 0.0)
GAITS = {
    "walk": Gait(1.1, 0.62, 0.62, WALK_PHASES),
    "trot": Gait(1.7, 0.45, 0.85, TROT_PHASES),
    "canter or gallop": Gait(2.2, 0.32, 1.15, GALLOP),
    "bound": Gait(2.4, 0.35, 1.2, BOUND),
}
TRUNK = ("back_base", "back_middle", "back_end", "tail_base")
WIDTH_PX, SWAY_PX = 30.0, 4.0
UNCHANGED = (
    *("stride_time_s", "duty_factor", "stride_length_bl", "speed_bl_per_s"),
    *("homologous_phase", "homolateral_phase", "diagonal_phase", "double_support_fraction"),
)
SCALED = ("stride_length_px", "step_length_px", "step_width_px", "lateral_displacement_px")


def settings_of(**changed):
    return StrideSettings(**SETTINGS | {"is_from_above": True} | changed)


def strides_of(poses, **changed):
    return measure_strides(poses, settings_of(**changed))


def from_above(poses, frequency_hz=2.5, angle_rad=0.0, scale=1.0, around_px=None):
    """A stick animal from above: feet of a girdle WIDTH_PX apart, a body that sways."""
    xy, time_s = poses.poses.xy_px.copy(), poses.poses.time_s
    for k, name in enumerate(LIMBS):
        xy[:, 0, k, 1] = 300 + (-1 if "left" in name else 1) * WIDTH_PX / 2
    sway = SWAY_PX / 2 * np.sin(2 * np.pi * frequency_hz * time_s)
    xy[:, 0, len(LIMBS) :, 1] = 300 + sway[:, None]
    if around_px is not None:
        turned = (xy[..., 0] - 1000) / around_px
        radius = around_px + xy[..., 1] - 300
        xy = np.stack([radius * np.sin(turned), radius * np.cos(turned)], axis=-1)
    turn = np.array(
        [[np.cos(angle_rad), np.sin(angle_rad)], [-np.sin(angle_rad), np.cos(angle_rad)]]
    )
    return smoothed(scale * (xy @ turn.T) + 50, time_s, 0.01)


def quadruped(gait, fps=100.0):
    """A synthetic quadruped that walks, rests and walks on, and when its limbs truly fall."""
    timeline = plan_timeline(
        GAITS[gait], (("pause", 0.5), ("walk", 10), ("pause", 1.5), ("walk", 10), ("pause", 0.5))
    )
    time_s = np.arange(int(timeline.duration_s * fps)) / fps
    figure = Quadruped(timeline, False, -2.0).figure(time_s)
    wanted = (*PAWS, *TRUNK)
    columns = [Quadruped.keypoints.index(name) for name in wanted]
    xy = figure.keypoints[:, None, columns] * 200.0 + 1000
    return smoothed(xy, time_s, 0.01, KeypointSpace("horse", wanted)), timeline


def walks_of_quadruped(gait, **how):
    poses, timeline = quadruped(gait, **how)
    strides = strides_of(poses, limbs=[*PAWS[2:], *PAWS[:2]], body=TRUNK)
    return strides, summarize_walks(strides), timeline


@pytest.mark.parametrize("gait", GAITS)
def test_a_gait_has_its_name_its_phases_and_its_support(gait):
    _, walks, timeline = walks_of_quadruped(gait)
    assert walks.scope.tolist() == ["video", "walk", "walk"]
    assert set(walks.gait) == {gait}
    phases = dict(zip(PAWS, GAITS[gait].phases, strict=True))
    front, hind = (phases[right] - phases[left] for left, right in (PAWS[:2], PAWS[2:]))
    expected = {
        "homologous_front_phase": front,
        "homologous_hind_phase": hind,
        "homolateral_phase": phases["front_left_paw"] - phases["back_left_paw"],
    }
    for name, phase in expected.items():
        apart = (getattr(walks, name) - phase + 0.5) % 1 - 0.5
        np.testing.assert_allclose(apart, 0, atol=0.01, err_msg=name)
        assert (getattr(walks, f"{name}_resultant") > 0.99).all()
    for feet in range(5):
        found = getattr(walks, f"support_{feet}_fraction")[0]
        assert found == pytest.approx(true_support(timeline, feet), abs=0.015), feet
    np.testing.assert_allclose(walks.regularity_index, 100)
    np.testing.assert_allclose(walks.duty_factor, GAITS[gait].duty_factor, atol=0.01)
    assert (walks.steady_strides[1:] == walks.strides[1:] - 8).all()


def true_support(timeline, feet):
    """Part of a steady stride in the middle of a walk with so many feet down, by looking often."""
    walk = timeline.bouts_of("walk")[0]
    start_s = (walk.start_s + walk.stop_s) / 2
    when = start_s + np.arange(4000) / 4000 / timeline.gait.stride_frequency_hz
    down = np.zeros(len(when), int)
    for limb in PAWS:
        steps = footfalls_of(timeline, limb)
        swung = [
            (when >= a) & (when < b) for a, b in zip(steps.lift_s, steps.strike_s, strict=True)
        ]
        down += ~np.any(swung, axis=0)
    return float((down == feet).mean())


def test_diagonal_limbs_trot_together_and_a_walk_has_them_apart():
    for gait, expected in (("trot", 0.0), ("walk", 0.25)):
        strides, _, _ = walks_of_quadruped(gait)
        known = strides.diagonal_phase[np.isfinite(strides.diagonal_phase)]
        apart = np.minimum(known, 1 - known)
        assert len(known) > 60
        assert np.median(apart) == pytest.approx(expected, abs=0.02)


def test_feet_stand_as_wide_as_they_do_and_the_body_sways_as_it_does():
    strides = strides_of(from_above(walker(noise_px=0.0)))
    walks = summarize_walks(strides)
    steady = strides.is_steady
    np.testing.assert_allclose(strides.step_width_px[steady], WIDTH_PX, atol=0.5)
    np.testing.assert_allclose(strides.lateral_displacement_px[steady], SWAY_PX, rtol=0.05)
    np.testing.assert_allclose(strides.step_length_px[steady], 40, atol=0.5)
    for girdle in ("front", "hind"):
        base = getattr(walks, f"base_of_support_{girdle}_px")
        np.testing.assert_allclose(base, WIDTH_PX, atol=1.0)
        assert abs(getattr(walks, f"temporal_symmetry_{girdle}")).max() < 0.01
    assert walks.step_length_asymmetry.max() < 2


def test_both_steps_make_a_stride():
    strides = strides_of(from_above(walker(noise_px=0.5)))
    left, right = (strides.limb == limb for limb in LIMBS[:2])
    both = np.nanmean(strides.step_length_px[left]) + np.nanmean(strides.step_length_px[right])
    assert both == pytest.approx(strides.stride_length_px.mean(), rel=0.01)


def test_from_the_side_no_width_is_told():
    strides = strides_of(walker(), is_from_above=False)
    for name in ("step_width_px", "foothold_side_px", "lateral_displacement_px"):
        assert np.isnan(getattr(strides, name)).all()
    assert np.isfinite(strides.step_length_px).any()


def test_a_turned_moved_and_larger_scene_has_the_same_gait():
    plain = strides_of(from_above(walker()))
    turned = strides_of(from_above(walker(), angle_rad=2.1, scale=1.5))
    assert len(plain) == len(turned) > 60
    for name in UNCHANGED:
        np.testing.assert_allclose(getattr(turned, name), getattr(plain, name), atol=2e-3)
    for name in SCALED:
        scaled = getattr(plain, name) * 1.5
        np.testing.assert_allclose(getattr(turned, name), scaled, rtol=0.02, atol=0.2)
    assert (turned.is_steady == plain.is_steady).all()


def test_from_below_distances_times_and_phases_are_those_from_above():
    """A glass floor: the picture is mirrored, and left footholds lie to the right of the way."""
    above = from_above(walker())
    mirrored = above.poses.xy_px * [1, -1] + [0, 1000]
    below = smoothed(mirrored, above.poses.time_s, 0.01)
    one, other = (summarize_walks(strides_of(poses)) for poses in (above, below))
    numbers = [f.name for f in fields(one) if getattr(one, f.name).dtype == np.float64]
    assert {"base_of_support_front_px", "temporal_symmetry_hind", "diagonal_phase"} <= {*numbers}
    for name in numbers:
        found = getattr(other, name), getattr(one, name)
        np.testing.assert_allclose(*found, rtol=1e-6, atol=1e-6, err_msg=name)
    assert (one.gait == other.gait).all()


def test_backward_in_time_lifts_are_strikes_and_phases_turn_around():
    poses = from_above(walker())
    back = poses.poses.xy_px[::-1]
    forward, backward = (
        summarize_walks(strides_of(p)) for p in (poses, smoothed(back, poses.poses.time_s, 0.01))
    )
    for name in (
        "duty_factor",
        "stride_time_s",
        "stride_length_px",
        "double_support_hind_fraction",
    ):
        found = getattr(backward, name), getattr(forward, name)
        np.testing.assert_allclose(*found, rtol=0.01, err_msg=name)
    turned = 1 - forward.homolateral_phase
    np.testing.assert_allclose(backward.homolateral_phase, turned, atol=0.01)
    np.testing.assert_allclose(backward.support_2_fraction, forward.support_2_fraction, atol=0.01)


def test_half_the_frames_tell_the_same_walk():
    twice, once = (summarize_walks(strides_of(from_above(walker(fps=f)))) for f in (200.0, 100.0))
    for f in fields(WalkTable):
        values = getattr(once, f.name)
        if values.dtype.kind == "f" and f.name not in ("start_s", "stop_s") and "_cv" not in f.name:
            expected = getattr(twice, f.name)
            np.testing.assert_allclose(values, expected, rtol=0.02, atol=0.012, err_msg=f.name)
    assert once.gait.tolist() == twice.gait.tolist()


def test_speed_in_body_lengths_and_froude_numbers_need_what_they_need():
    strides = strides_of(walker(), cm_per_px=1.0, leg_length_cm=40.0)
    np.testing.assert_allclose(strides.speed_bl_per_s, strides.speed_px_per_s / 120, rtol=1e-6)
    np.testing.assert_allclose(strides.froude, 2.0**2 / (9.81 * 0.4), rtol=0.03)
    assert np.isnan(strides_of(walker(), cm_per_px=0.5).froude).all()
    assert np.isnan(strides_of(walker(), leg_length_cm=40.0).froude).all()


def test_an_animal_on_a_small_circle_turns_and_on_a_large_one_does_not():
    small, large = (
        strides_of(from_above(walker(), around_px=radius)) for radius in (160.0, 1000.0)
    )
    assert small.is_turning.mean() > 0.9
    assert not small.is_steady.any()
    assert not large.is_turning.any()
    np.testing.assert_allclose(np.median(large.turn_rad), 80 / 1000, rtol=0.1)
    assert np.isnan(summarize_walks(small).duty_factor).all()


def test_strides_that_were_put_back_are_not_steady():
    poses = walker(noise_px=0.3)
    xy = poses.poses.xy_px.copy()
    middle = slice(400, 520)
    xy[middle, 0, :2] = xy[middle, 0, 1::-1]
    xy[:, 0, 1, 1] -= 8
    xy[middle, 0, :2, 1] -= np.array([8.0, -8.0])
    strides = strides_of(smoothed(xy, poses.poses.time_s, 0.09))
    put_back = strides.exchanged_fraction > 0
    assert put_back.sum() > 2
    assert not strides.is_steady[put_back].any()
    assert strides.is_steady[~put_back].any()


def test_walks_are_told_apart_by_pauses():
    strides = strides_of(walker(seconds=10.0, pause_s=(4.0, 6.5)))
    walks = summarize_walks(strides)
    assert walks.walk.tolist() == [-1, 0, 1]
    assert walks.strides[0] == walks.strides[1:].sum() == len(strides)
    assert walks.stop_s[1] < 4.6
    assert walks.start_s[2] > 6
    ends = strides.is_end_of_walk & (strides.limb == LIMBS[0])
    assert ends.sum() == 4


@given(st.lists(st.integers(0, 3), min_size=1, max_size=14), st.floats(0.31, 0.9))
def test_the_regularity_index_counts_as_many_patterns_as_there_can_be(row, wait_s):
    """Against every way to choose patterns of four placements that do not overlap."""
    when = np.arange(len(row)) * wait_s
    limbs = []
    for paw in range(4):
        strikes = when[np.array(row) == paw]
        strikes = np.unique(np.concatenate([[-1.0 - paw / 8], strikes, [100 + paw / 8]]))
        lifts = (strikes[:-1] + strikes[1:]) / 2
        limbs.append(Steps(strikes[:-1], lifts, strikes[1:]))
    placed = [3, 2, 1, 0, *row, 0, 1, 2, 3]
    counted = [p for p in placed if True][
        3:-3
    ]  # known from the last first to the first last strike
    best = max(best_of(counted[first:]) for first in range(4))
    assert regularity_index(limbs) == pytest.approx(100 * best)


def best_of(row):
    """Placements in patterns, of those that count: all but up to three other paws at the end."""
    most = [(0, 0)] * (len(row) + 1)  # (patterns, -end of the last one)
    for end in range(1, len(row) + 1):
        most[end] = most[end - 1]
        if end >= 4 and len(set(row[end - 4 : end])) == 4:
            found = (most[end - 4][0] + 1, -end)
            most[end] = max(most[end], found)
    patterns, end = most[-1]
    rest = row[-end:]
    counted = -end if len(set(rest)) == len(rest) <= 3 else len(row)
    return 4 * patterns / counted if counted else 0.0


@pytest.mark.parametrize(
    "phases", [(0.2, 0.4, 0.0, 0.2), (0.65, 0.5, 0.0, 0.15)], ids=["canter", "rotary gallop"]
)
def test_an_asymmetrical_gait_whose_sides_differ_is_not_mixed(phases, monkeypatch):
    """The forelimbs strike at other phases of the one hind limb's stride than of the other's."""
    monkeypatch.setitem(GAITS, "unequal", Gait(2.0, 0.35, 1.0, phases))
    strides, walks, _ = walks_of_quadruped("unequal")
    assert set(strides.gait[strides.is_steady]) == {"canter or gallop"}
    assert set(walks.gait) == {"canter or gallop"}


def test_walks_whose_hind_limbs_wander_are_mixed():
    strides, _, _ = walks_of_quadruped("trot")
    is_steady = strides.is_steady
    wandering = np.random.default_rng(0).uniform(size=len(strides))
    for name in ("homologous_phase", "diagonal_phase"):
        changed = replace(strides, **{name: np.where(is_steady, wandering, np.nan)})
        assert summarize_walks(changed).gait[0] == "mixed"


@given(st.integers(0, 2**32 - 1))
def test_feet_on_the_ground_are_those_that_one_sees_by_looking_often(seed):
    rng = np.random.default_rng(seed)
    limbs = []
    for _ in range(3):
        strikes = rng.uniform(0, 1) + np.cumsum(rng.uniform(0.3, 0.6, 6))
        lifts = strikes[:-1] + rng.uniform(0.2, 0.8, 5) * np.diff(strikes)
        limbs.append(Steps(strikes[:-1], lifts, strikes[1:]))
    own, feet = limbs[0], Feet(limbs)
    parts = np.stack([feet.part(n, own.strike_s, own.next_strike_s) for n in range(4)])
    for row in range(5):
        when = np.linspace(own.strike_s[row], own.next_strike_s[row], 4001)[:-1]
        known = [(when >= s.strike_s[0]) & (when < s.next_strike_s[-1]) for s in limbs]
        down = sum(
            ((when[:, None] >= s.strike_s) & (when[:, None] < s.lift_s)).any(axis=1) for s in limbs
        )
        if np.all(known):
            seen = [(down == n).mean() for n in range(4)]
            np.testing.assert_allclose(parts[:, row], seen, atol=2e-3)
            assert parts[:, row].sum() == pytest.approx(1)
        else:
            assert np.isnan(parts[:, row]).all()


@pytest.mark.parametrize(
    ("homologous", "homolateral", "duty_factor", "gait"),
    [
        (0.5, 0.25, 0.6, "walk"),
        (0.5, 0.75, 0.7, "walk"),
        (0.5, 0.25, 0.4, "amble"),
        (0.5, 0.5, 0.4, "trot"),
        (0.55, 0.45, 0.6, "trot"),
        (0.5, 0.02, 0.4, "pace"),
        (0.98, 0.5, 0.3, "bound"),
        (0.15, 0.5, 0.3, "canter or gallop"),
        (0.8, 0.6, 0.3, "canter or gallop"),
        (np.nan, 0.5, 0.3, ""),
        (0.5, np.nan, 0.3, ""),
        (0.5, 0.5, np.nan, ""),
    ],
)
def test_phases_and_duty_factor_name_a_gait(homologous, homolateral, duty_factor, gait):
    one = [np.array([value]) for value in (homologous, homolateral, duty_factor)]
    diagonal = (one[1] + 0.5) % 1
    found = classify_gait(
        homologous=one[0], homolateral=one[1], diagonal=diagonal, duty_factor=one[2]
    )
    assert found.tolist() == [gait]


def test_partners_are_told_by_names_of_sides_and_girdles():
    names = ["back_left_paw", "back_right_paw", "front_left_paw", "front_right_paw"]
    found = [tuple(vars(p).values()) for p in partners_of(names)]
    assert found == [(1, 2, 3), (0, 3, 2), (3, 0, 1), (2, 1, 0)]
    found = [tuple(vars(p).values()) for p in partners_of(["toe", "left_hoof", "right_hoof"])]
    assert found == [(None, None, None), (2, None, None), (1, None, None)]


HELD = (
    *("speed_px_per_s", "swing_speed_px_per_s", "step_length_px", "step_width_px"),
    *("lateral_displacement_px", "double_support_fraction", "homologous_phase"),
    *("homolateral_phase", "diagonal_phase"),
)


@pytest.fixture(scope="module")
def drawn_walks():
    """Strides and walks of animals whose networks err together, with intervals, and the truth."""
    found = []
    for seed in range(4):
        hz = 2.1 + 0.2 * seed
        truth = from_above(walker(fps=60.0, frequency_hz=hz), hz)
        seen = smooth_ensemble(erring(truth, 2, 1.0, 0.7, 0.2, seed), SMOOTHING)
        draws = drawn_from(seen, account(seen, np.hypot(1.0, 0.5)))
        drawn = strides_of_draws(draws, settings_of())
        strides, true = measure_strides(unsmoothed(seen), settings_of()), strides_of(truth)
        found.append((strides, true, drawn))
    return found


def is_held(columns, row, name, true):
    low, high = columns[f"{name}_low"][row], columns[f"{name}_high"][row]
    turns = (-1, 0, 1) if "phase" in name else (0,)
    return any(low <= true + turn <= high for turn in turns)


@pytest.mark.xdist_group("drawn_walks")  # which take long to draw
@pytest.mark.parametrize("name", HELD)
def test_nine_in_ten_intervals_hold_the_true_measure_of_a_stride(drawn_walks, name):
    inside = []
    for strides, true, drawn in drawn_walks:
        intervals = stride_intervals(strides, drawn)
        for row in np.flatnonzero(strides.is_steady):
            same = np.flatnonzero(true.limb == strides.limb[row])
            nearest = same[np.abs(true.strike_s[same] - strides.strike_s[row]).argmin()]
            if np.isfinite(getattr(true, name)[nearest] + getattr(strides, name)[row]):
                inside.append(is_held(intervals, row, name, getattr(true, name)[nearest]))
    assert len(inside) > 150
    assert 0.84 < np.mean(inside) <= 1.0


@pytest.mark.xdist_group("drawn_walks")
def test_nine_in_ten_intervals_of_walks_hold_the_truth(drawn_walks):
    names = ("stride_frequency_hz", "stride_length_px", "duty_factor", "step_length_px")
    names += ("step_width_hind_px", "base_of_support_hind_px", "homolateral_phase")
    inside = []
    for strides, true, drawn in drawn_walks:
        walks, truth = summarize_walks(strides), summarize_walks(true)
        columns = walk_intervals(walks, drawn)
        assert (columns["draws"] == len(drawn)).all()
        inside += [is_held(columns, 0, name, getattr(truth, name)[0]) for name in names]
    assert np.mean(inside) > 0.84


def test_walks_without_draws_say_so():
    walks = summarize_walks(strides_of(walker()))
    columns = walk_intervals(walks, [])
    assert set(columns["no_interval_because"]) == {"no draws"}
    assert np.isnan(columns["duty_factor_low"]).all()


def test_draws_with_other_strides_give_a_walk_no_interval():
    slow, fast = (strides_of(walker(frequency_hz=hz)) for hz in (1.5, 3.0))
    columns = walk_intervals(summarize_walks(slow), [fast] * 3)
    assert set(columns["no_interval_because"]) == {"other strides"}
    assert np.isnan(columns["duty_factor_high"]).all()


def test_a_phase_around_zero_has_a_short_interval():
    strides = strides_of(walker())
    phases = [0.99, 0.0, 0.01, 0.02, 0.98] * 8
    drawn = [replace(strides, homologous_phase=np.full(len(strides), p)) for p in phases]
    own = replace(strides, homologous_phase=np.full(len(strides), 0.005))
    columns = stride_intervals(own, drawn)
    width = columns["homologous_phase_high"] - columns["homologous_phase_low"]
    np.testing.assert_allclose(width, 0.04, atol=1e-6)


def test_an_animal_without_strides_has_no_walks():
    walks = summarize_walks(strides_of(walker(speed_px_per_s=0.0)))
    assert len(walks) == 0


@pytest.mark.parametrize(
    ("limb", "side", "girdle"),
    [
        ("back_left_paw", "left", "hind"),
        ("RightForePaw", "right", "front"),
        ("HINDPAW_L", "left", "hind"),
        ("hindlegR4", "right", "hind"),
        ("pawL", "left", ""),
        ("l_paw", "left", ""),
        ("paw1LH_bot", "left", "hind"),
        ("paw3RF_top", "right", "front"),
        ("FL", "left", "front"),
        ("br_foot", "right", "hind"),
        ("foot", "", ""),
        ("LFP", "", ""),
        ("paw2", "", ""),
        ("elbow", "", ""),
        ("F", "", ""),
    ],
)
def test_names_of_limbs_say_where_they_are(limb, side, girdle):
    assert (side_of(limb), girdle_of(limb)) == (side, girdle)


def test_paws_that_are_called_by_letters_have_partners():
    limbs = ["paw1LH_bot", "paw2LF_bot", "paw3RF_bot", "paw4RH_bot"]
    partners = [(p.homologous, p.homolateral, p.diagonal) for p in partners_of(limbs)]
    assert partners == [(3, 1, 2), (2, 0, 3), (1, 3, 0), (0, 2, 1)]
