"""Turns and rears as shipped, on animals of which it is known when they turn and rear."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from turning_animals import LENGTH_PX, SPACE, mouse

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.behavior.features import FeatureTable, frame_features
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.settings.behavior import AnatomySettings
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.study.overlay import CONFIG, read_config

SETTINGS = read_config(Path(__file__).parents[2] / CONFIG)
SHIPPED = SETTINGS["behavior"]["definitions"][SPACE.name]
DEFINITIONS = definitions_from_mapping(
    {name: SHIPPED[name] for name in ("turn_left", "turn_right", "rear")}
)
SMOOTHING = SmoothingSettings(**SETTINGS["smoothing"]).of("eks")
ANATOMY = AnatomySettings(**SETTINGS["features"]["anatomy"][SPACE.name])
WINDOW_S = SETTINGS["features"]["window_s"]
RATES = (24.0, 30.0, 60.0, 100.0)
TURNS = (
    (1.0, 2.0, 90.0),
    (3.0, 3.5, -90.0),
    (4.5, 5.5, -45.0),
    (6.5, 8.5, 180.0),
    (9, 9.4, -180.0),
)
REARS = ((1.0, 1.6), (3.0, 4.0), (5.0, 8.0))


def features_of(poses):
    account = unknown_error(poses.score.shape)
    return frame_features(poses, account, ANATOMY, window_s=WINDOW_S, cm_per_px=None)


def bouts_of(poses):
    """(behavior, start s, stop s) of the shipped turns and rears, smoothed as shipped, in time."""
    smoothed = smooth_ensemble([poses], SMOOTHING).poses
    bouts = predict_bouts(features_of(smoothed), DEFINITIONS)
    rows = zip(bouts.behavior, bouts.start_s.tolist(), bouts.stop_s.tolist(), strict=True)
    return sorted(rows, key=lambda row: row[1])


def assert_like(found, expected):
    """The same behaviors in this order, with each end within the features' window."""
    assert [row[0] for row in found] == [row[0] for row in expected]
    ends, truth = (np.array([row[1:] for row in rows]) for rows in (found, expected))
    assert np.abs(ends - truth).max() <= WINDOW_S + 1e-9


def named(turns):
    return [("turn_left" if rate > 0 else "turn_right", a, b) for a, b, rate in turns]


def mirrored(poses):
    return replace(poses, xy_px=poses.xy_px * [-1, 1] + [1000, 0])


@pytest.mark.parametrize("noise_px", [0.0, 1.0])
@pytest.mark.parametrize("fps", RATES)
def test_turns_are_told_to_their_side_from_when_to_when(fps, noise_px):
    """At twice the limit and beyond, through the seam at 180 degrees, and a whole turn."""
    for seed, heading_deg in enumerate((0.0, 100.0, 230.0)):
        poses = mouse(fps=fps, turns=TURNS, noise_px=noise_px, heading_deg=heading_deg, seed=seed)
        assert_like(bouts_of(poses), named(TURNS))


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize(("noise_px", "speed_px_per_s"), [(1.0, 0.0), (1.0, 60.0), (2.0, 60.0)])
def test_an_animal_that_goes_straight_or_rests_never_turns_or_rears(fps, noise_px, speed_px_per_s):
    still = mouse(fps=fps, seconds=30, noise_px=noise_px, speed_px_per_s=speed_px_per_s)
    assert bouts_of(still) == []


def test_left_is_the_animals_left_in_the_picture():
    """Its nose goes from the top of the picture (y points down) to the left of it."""
    quarter = mouse(fps=50, turns=[(1.0, 2.0, 90.0)], seconds=3, heading_deg=90, speed_px_per_s=0)
    nose = quarter.xy_px[[0, -1], 0, SPACE.keypoints.index("nose")]
    np.testing.assert_allclose(nose - 500, LENGTH_PX / 2 * np.array([[0, -1], [-1, 0]]), atol=0.5)
    assert [row[0] for row in bouts_of(quarter)] == ["turn_left"]


def test_a_mirrored_video_turns_the_other_way_at_the_same_times():
    poses = mouse(fps=60, turns=TURNS, noise_px=1.0)
    other = {"turn_left": "turn_right", "turn_right": "turn_left"}
    assert bouts_of(mirrored(poses)) == [(other[name], a, b) for name, a, b in bouts_of(poses)]


def test_turns_played_backwards_go_the_other_way():
    poses = mouse(fps=60, turns=TURNS, seconds=10)
    back = replace(poses, xy_px=poses.xy_px[::-1])
    expected = [(a, b, -rate) for a, b, rate in TURNS]
    backwards = [(10 - b, 10 - a, rate) for a, b, rate in reversed(expected)]
    assert_like(bouts_of(back), named(backwards))


@pytest.mark.parametrize("noise_px", [0.0, 1.0])
@pytest.mark.parametrize("fps", RATES)
def test_rears_are_told_from_when_to_when(fps, noise_px):
    """A body that stands up is a fifth to a half as long; what its direction does is no turn."""
    for seed, reared in enumerate((0.15, 0.25, 0.5)):
        poses = mouse(fps=fps, rears=REARS, reared=reared, noise_px=noise_px, seed=seed)
        assert_like(bouts_of(poses), [("rear", *rear) for rear in REARS])


def test_an_animal_that_turns_before_and_after_it_rears_does_both():
    turns, rears = ((1.0, 2.0, 90.0), (5.0, 6.0, -90.0)), ((3.0, 4.0),)
    poses = mouse(fps=60, turns=turns, rears=rears, reared=0.2, noise_px=1.0)
    (first, second), rear = named(turns), ("rear", *rears[0])
    assert_like(bouts_of(poses), [first, rear, second])


@pytest.mark.parametrize(
    ("deg_per_s", "names"),
    [(19.5, []), (20.5, ["turn_left"]), (-19.5, []), (-20.5, ["turn_right"])],
)
def test_a_turn_is_faster_than_20_degrees_per_s(deg_per_s, names):
    slow = mouse(fps=50, turns=[(1.0, 3.0, deg_per_s)], seconds=4)
    found = predict_bouts(features_of(slow), DEFINITIONS)
    assert found.behavior.tolist() == names


@pytest.mark.parametrize(("reared", "names"), [(0.66, []), (0.64, ["rear"])])
def test_a_rearing_body_is_shorter_than_0_65(reared, names):
    short = mouse(fps=50, rears=[(1.0, 2.0)], reared=reared, seconds=5)
    assert predict_bouts(features_of(short), DEFINITIONS).behavior.tolist() == names


@pytest.mark.parametrize(("reared", "names"), [(0.51, ["turn_left"]), (0.49, [])])
def test_a_body_shorter_than_a_half_has_no_direction(reared, names):
    both = mouse(fps=50, turns=[(2.0, 3.0, 90.0)], rears=[(1.5, 3.5)], reared=reared, seconds=10)
    found = predict_bouts(features_of(both), DEFINITIONS)
    assert found.behavior.tolist() == [*names, "rear"]


def at_100_fps(value, usual, *runs, feature):
    """A table in which one feature has a value in runs (start, stop) of frames, else the usual."""
    columns = {"turn_rate_rad_per_s": np.zeros(300), "body_length_ratio": np.ones(300)}
    columns[feature][:] = usual
    for start, stop in runs:
        columns[feature][start:stop] = value
    frame = np.arange(300)
    return FeatureTable(frame, frame / 100, np.full(300, "animal0", dtype=object), columns)


@pytest.mark.parametrize(
    ("name", "feature", "value", "usual", "shortest", "longest_gap"),
    [
        ("turn_left", "turn_rate_rad_per_s", 0.4, 0.0, 25, 10),
        ("turn_right", "turn_rate_rad_per_s", -0.4, 0.0, 25, 10),
        ("rear", "body_length_ratio", 0.6, 1.0, 40, 20),
    ],
)
def test_bouts_last_long_enough_and_bear_short_breaks(
    name, feature, value, usual, shortest, longest_gap
):
    def spans(*runs):
        found = predict_bouts(at_100_fps(value, usual, *runs, feature=feature), DEFINITIONS)
        assert set(found.behavior) <= {name}
        return list(zip(found.start_frame.tolist(), found.stop_frame.tolist(), strict=True))

    assert spans((50, 50 + shortest)) == [(50, 50 + shortest)]
    assert spans((50, 50 + shortest - 1)) == []
    second = 100 + longest_gap
    assert spans((50, 100), (second, 200)) == [(50, 200)]
    assert spans((50, 100), (second + 1, 200)) == [(50, 100), (second + 1, 200)]
