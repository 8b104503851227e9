"""Groups of features, recipes, and motion that depends on neither frame rate nor outliers."""

import re

import numpy as np
import pytest
from stick_animals import smoothed, walker
from test_features import animal, column, features_of

from superanimal_core.behavior.arena import Arena
from superanimal_core.behavior.feature_groups import GROUPS, WINDOWS
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.kinematics import elongation
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings.behavior import FEATURE_GROUPS, AnatomySettings, groups_of
from superanimal_core.tables.behavior_columns import FEATURES

MOUSE = KeypointSpace(
    "mouse",
    (
        *("nose", "head_midpoint", "neck", "right_ear", "left_ear", "mouse_center"),
        *("left_midside", "right_midside", "left_hip", "right_hip"),
        *("tail_base", "tail3", "tail_end"),
    ),
    bones=(("nose", "neck"), ("neck", "mouse_center"), ("mouse_center", "tail_base")),
)
STANDING = np.array(
    [
        *([50, 0], [40, 0], [30, 0], [35, 8], [35, -8], [0, 0], [0, -10], [0, 10]),
        *([-20, -8], [-20, 8], [-30, 0], [-50, 0], [-70, 0]),
    ],
    dtype=float,
)  # nose to the right; left is up, where y is small
ROLES = {"front": "nose", "neck": "neck", "center": "mouse_center", "rear": "tail_base"}
STICK = AnatomySettings(front="nose", neck="back", center="back", rear="tail_base")


def of_mouse(xy, groups, arena=None, cm_per_px=None, fps=50.0):
    poses = smoothed(xy, np.arange(len(xy)) / fps, 1.0, MOUSE).poses
    how = {"window_s": 0.1, "cm_per_px": cm_per_px, "groups": groups, "arena": arena}
    return frame_features(
        poses, unknown_error(poses.score.shape), AnatomySettings(**ROLES), **how
    ).columns


def standing(frames=50, angle_rad=0.0):
    """Mice that stand, turned counterclockwise on the screen."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    turned = STANDING @ np.array([[cos, -sin], [sin, cos]])
    return np.repeat(turned[None, None], frames, axis=0) + 200


@pytest.mark.parametrize("angle_rad", [0.0, 1.0, 3.0])
def test_egocentric_places_do_not_turn_with_the_animal(angle_rad):
    columns = of_mouse(standing(angle_rad=angle_rad), ["egocentric"])
    for name, (x, y) in zip(MOUSE.keypoints, STANDING, strict=True):
        np.testing.assert_allclose(columns[f"ego_{name}_ahead_px"], x, atol=1e-9)
        np.testing.assert_allclose(columns[f"ego_{name}_left_px"], -y, atol=1e-9)


def test_distances_and_joints_are_those_of_the_body():
    xy = standing()
    xy[:, 0, MOUSE.index("nose")] = xy[:, 0, MOUSE.index("neck")] + [0, -20]  # looks to its left
    columns = of_mouse(xy, ["distances", "angles"])
    np.testing.assert_allclose(columns["distance_nose_neck_px"], 20)
    np.testing.assert_allclose(columns["distance_mouse_center_tail_base_px"], 30)
    np.testing.assert_allclose(columns["joint_mouse_center_nose_at_neck_rad"], np.pi / 2)
    np.testing.assert_allclose(columns["joint_neck_tail_base_at_mouse_center_rad"], np.pi)
    assert np.abs(columns["segment_nose_neck_rad"] + np.pi / 2).max() < 1e-9  # nose to neck: down


def test_an_even_acceleration_is_found_whatever_the_frame_rate():
    for fps in (30.0, 120.0):
        time_s = np.arange(round(4 * fps)) / fps
        xy = animal(len(time_s), fps=fps)
        xy[..., 0] += (50 * time_s**2)[:, None, None]
        table = features_of(xy, fps=fps, groups=["accelerations"])
        inner = (time_s > 0.3) & (time_s < 3.7)
        for name in ("acceleration_px_per_s2", "acceleration_paw_px_per_s2"):
            np.testing.assert_allclose(column(table, name)[inner], 100, rtol=0.01)


def test_two_animals_that_meet_see_each_other():
    """Nose to nose, 30 px apart, the second coming nearer at 40 px/s from the right."""
    frames = 50
    first, second = standing(frames), standing(frames, angle_rad=np.pi)
    second[..., 0] += (130 + 40 * (1 - np.arange(frames) / 50))[:, None, None] - 40
    columns = of_mouse(np.concatenate([first, second], axis=1), ["social"])
    rows = {name: values.reshape(frames, 2) for name, values in columns.items()}
    for one in (0, 1):
        np.testing.assert_allclose(rows["social_approach_px_per_s"][:, one], 40, atol=1e-6)
        np.testing.assert_allclose(rows["social_direction_rad"][:, one], 0, atol=1e-9)
        np.testing.assert_allclose(np.abs(rows["social_heading_rad"][:, one]), np.pi)
    apart = 30 + 40 * (1 - np.arange(frames) / 50) - 40
    np.testing.assert_allclose(rows["social_front_to_front_px"][:, 0], np.abs(apart), atol=1e-6)
    alone = of_mouse(first, ["social"])
    assert all(np.isnan(v).all() for n, v in alone.items() if n.startswith("social_"))


def test_the_recipe_of_sturman_has_its_thirty_seven_features():
    outline = np.array([[100.0, 100.0], [300.0, 100.0], [300.0, 300.0], [100.0, 300.0]])
    columns = of_mouse(standing(), ["sturman"], Arena(outline))
    own = {name: values for name, values in columns.items() if name.startswith("sturman_")}
    kinds = [name.split("_")[1] for name in own]
    counts = {kind: kinds.count(kind) for kind in kinds}
    assert counts == {
        "acceleration": 11,
        "distance": 10,
        "angle": 6,
        "area": 4,
        "border": 4,
        "inside": 2,
    }
    assert all(np.isfinite(values).all() for values in own.values())
    np.testing.assert_allclose(own["sturman_area_tailbase_hipr_hipl_px2"], 16 * 10 / 2)
    np.testing.assert_allclose(own["sturman_area_earr_nose_earl_px2"], 16 * 15 / 2)
    np.testing.assert_allclose(own["sturman_distance_nose_headcentre_px"], 10)
    straight = own["sturman_angle_tailbase_bodycentre_bodycentre_neck_rad"]
    np.testing.assert_allclose(straight, 0, atol=1e-6)
    np.testing.assert_allclose(own["sturman_border_nose_px"], 50)
    np.testing.assert_allclose(own["sturman_inside_nose"], 1)


def test_the_recipe_of_simba_has_statistics_of_all_distances():
    columns = of_mouse(standing(), ["simba"])
    apart = np.linalg.norm(STANDING[:, None] - STANDING, axis=-1)[np.triu_indices(13, 1)]
    found = {
        which: columns[f"simba_{which}_distance_px"][0]
        for which in ("largest", "smallest", "mean", "sum")
    }
    expected = {
        "largest": apart.max(),
        "smallest": apart.min(),
        "mean": apart.mean(),
        "sum": apart.sum(),
    }
    assert found == pytest.approx(expected)
    np.testing.assert_allclose(columns["simba_movement_all_px_per_s"], 0, atol=1e-9)
    np.testing.assert_allclose(columns["simba_mean_200ms_hull_px2"], columns["simba_hull_px2"])


def test_windows_are_means_and_spreads_of_what_they_hold():
    table = features_of(animal(frames=400, speed_px_per_s=80.0), groups=["windows"])
    np.testing.assert_allclose(column(table, "mean_500ms_speed_px_per_s"), 80)
    np.testing.assert_allclose(column(table, "spread_500ms_speed_px_per_s"), 0, atol=1e-6)
    rng = np.random.default_rng(0)
    xy = animal(frames=2000) + np.cumsum(rng.normal(size=(2000, 1, 1, 2)), axis=0)
    table = features_of(xy, groups=["windows"])
    speed, place = column(table, "speed_px_per_s"), 1000
    window = speed[place - 25 : place + 26]
    assert column(table, "mean_1000ms_speed_px_per_s")[place] == pytest.approx(window.mean())


def test_elongation_is_zero_for_a_cross_and_one_for_a_line():
    cross = np.array([[[1.0, 0], [-1, 0], [0, 1], [0, -1]]])
    line = np.array([[[0.0, 0], [1, 1], [2, 2], [np.nan, np.nan]]])
    ellipse = np.array([[[4.0, 0], [-4, 0], [0, 1], [0, -1]]])
    found = [float(elongation(xy)[0]) for xy in (cross, line, ellipse)]
    assert found == pytest.approx([0, 1, 0.75], abs=1e-7)
    assert np.isnan(elongation(np.full((1, 3, 2), np.nan))).all()


def test_groups_are_off_unless_asked_for_and_found_by_their_names():
    plain = of_mouse(standing(), [])
    assert not groups_of(plain)
    for group in (*GROUPS, WINDOWS):
        added = of_mouse(standing(), [group]).keys() - plain.keys()
        assert added
        assert groups_of(added) == [group]
    assert set(FEATURE_GROUPS.values()) == {*GROUPS, WINDOWS}


def test_every_feature_of_every_group_stands_in_the_reference():
    outline = np.array([[100.0, 100.0], [300.0, 100.0], [300.0, 300.0]])
    arena = Arena(outline, {"nest": outline})
    columns = of_mouse(standing(), [*GROUPS, WINDOWS], arena)
    patterns = [re.sub("<[^>]+>", ".+", name) for name in FEATURES]
    for name in columns:
        plain = name.removesuffix("_sd")
        assert any(re.fullmatch(pattern, plain) for pattern in patterns), name


def motion_of(xy, fps):
    poses = smoothed(xy, np.arange(len(xy)) / fps, 1.0).poses
    how = {"window_s": 0.1, "cm_per_px": None}
    return frame_features(poses, unknown_error(poses.score.shape), STICK, **how).columns


@pytest.mark.parametrize("name", ["motion_px_per_s", "speed_px_per_s", "slow_speed_px_per_s"])
def test_motion_is_the_same_at_any_frame_rate_and_with_jumps(name):
    """One walk at 30, 60 and 120 frames per second, and with jumps of 100 px in 2 %."""
    fine = walker(fps=120.0, pause_s=(3.0, 5.0)).poses.xy_px
    rng = np.random.default_rng(0)
    means, rests = [], []
    for step in (4, 2, 1):
        xy, fps = fine[::step], 120 / step
        jumps = rng.random(xy.shape[:3]) < 0.02
        turn = rng.uniform(0, 2 * np.pi, jumps.shape)
        thrown = xy + 100 * jumps[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        for path in (xy, thrown):
            found, time_s = motion_of(path, fps)[name], np.arange(len(xy)) / fps
            resting = (time_s > 3.3) & (time_s < 4.7)
            means.append(found[(time_s < 2.7) | (time_s > 5.3)].mean())
            rests.append(found[resting].mean())
    np.testing.assert_allclose(means, means[-2], rtol=0.05)
    assert max(rests) < 0.03 * means[-2]


def test_a_keypoint_that_wanders_by_itself_does_not_count_as_motion():
    """The animal stands; one of its 13 keypoints is lost and goes to and back."""
    xy = standing(200)
    xy[:, 0, MOUSE.index("tail_end"), 0] += 40 * np.sin(np.arange(200) / 5)
    assert of_mouse(xy, [])["motion_px_per_s"].max() < 1e-9


def test_jumps_are_told():
    xy = walker(fps=60.0).poses.xy_px.copy()
    xy[100, 0, 2] += 150
    xy[200, 0, 4:6] -= 150
    told = motion_of(xy, 60.0)["bridged_keypoints"]
    assert np.flatnonzero(told).tolist() == [100, 200]
    assert told[[100, 200]].tolist() == [1, 2]


def test_a_short_body_stands_out():
    xy = animal()
    xy[60:, 0, 0] = xy[60:, 0, 3] + [40, 0]
    ratio = column(features_of(xy), "body_length_ratio")
    np.testing.assert_allclose(ratio[:60], 1)
    np.testing.assert_allclose(ratio[60:], 0.5)


def test_a_head_that_turns_slowly_has_its_speed():
    xy = animal(frames=200)
    angle = 0.2 * np.arange(200) / 50
    xy[:, 0, 0] = xy[:, 0, 1] + 20 * np.stack([np.cos(angle), -np.sin(angle)], axis=1)
    found = column(features_of(xy), "slow_head_speed_rad_per_s")
    np.testing.assert_allclose(found, 0.2, rtol=1e-3)
