"""Features of animals whose pose and motion are known."""

from dataclasses import replace

import numpy as np
import pytest
from stick_animals import smoothed

from superanimal_core.behavior.arena import Arena
from superanimal_core.behavior.features import frame_features
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings.behavior import AnatomySettings

SPACE = KeypointSpace("dot", ("nose", "neck", "back", "tail_base", "paw"))
ANATOMY = {"front": "nose", "neck": "neck", "center": "back", "rear": "tail_base"}
BODY = np.array([[40.0, 0], [20, 0], [0, 0], [-40, 0], [0, 15]])  # along x, nose to the right


def account(poses, sd_px):
    """Errors of this standard deviation in each coordinate, without a memory."""
    sd_px = np.where(np.isfinite(poses.xy_px[..., 0]), sd_px, np.nan)
    radius_px = sd_px * np.sqrt(2 * np.log(10))
    lasting = np.zeros(poses.score.shape[1:])
    account = unknown_error(poses.score.shape)
    return replace(account, radius_90_px=radius_px, correlation_time_s=lasting)


def features_of(xy, fps=50.0, sd_px=0.5, **changed):
    poses = smoothed(xy, np.arange(len(xy)) / fps, 1.0, SPACE).poses
    anatomy = {role: changed.pop(role, name) for role, name in ANATOMY.items()}
    others = {"window_s": 0.1, "cm_per_px": None} | changed
    return frame_features(poses, account(poses, sd_px), AnatomySettings(**anatomy), **others)


def animal(frames=100, turn_rad_per_s=0.0, speed_px_per_s=0.0, individuals=1, fps=50.0):
    """The body turning counterclockwise on the screen while its center moves to the right."""
    time_s = np.arange(frames) / fps
    angle = turn_rad_per_s * time_s
    rotation = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=1)
    body = np.einsum("tij,kj->tki", rotation.reshape(-1, 2, 2), BODY)
    body[..., 0] += speed_px_per_s * time_s[:, None]
    return np.repeat(body[:, None], individuals, axis=1) + 300


def column(table, name):
    return table.columns[name]


def test_a_moving_body_has_its_speed_and_length():
    table = features_of(animal(speed_px_per_s=160.0))
    np.testing.assert_allclose(column(table, "speed_px_per_s"), 160)
    np.testing.assert_allclose(column(table, "speed_bl_per_s"), 2)
    np.testing.assert_allclose(column(table, "motion_px_per_s"), 160)
    np.testing.assert_allclose(column(table, "body_length_px"), 80)
    np.testing.assert_allclose(column(table, "trunk_length_px"), 60)
    np.testing.assert_allclose(column(table, "hull_area_px2"), 80 * 15 / 2)
    np.testing.assert_allclose(column(table, "body_length_px_sd"), np.sqrt(0.5))


def test_a_turning_body_turns_counterclockwise():
    table = features_of(animal(turn_rad_per_s=3.0))
    np.testing.assert_allclose(column(table, "turn_rate_rad_per_s"), 3, atol=1e-6)
    right = features_of(animal(turn_rad_per_s=-3.0))
    np.testing.assert_allclose(column(right, "turn_rate_rad_per_s"), -3, atol=1e-6)
    np.testing.assert_allclose(column(right, "turn_speed_rad_per_s"), 3, atol=1e-6)
    np.testing.assert_allclose(column(table, "head_angle_rad"), 0, atol=1e-9)


def test_a_rearing_body_has_a_pitch_and_a_high_head():
    xy = animal()
    raised = np.pi / 3
    xy[:, 0, :3] = xy[:, 0, 3:4] + 60 * np.array([np.cos(raised), -np.sin(raised)])
    table = features_of(xy)
    np.testing.assert_allclose(column(table, "body_pitch_rad"), raised)
    np.testing.assert_allclose(column(table, "head_height_px"), 60 * np.sin(raised))
    np.testing.assert_allclose(column(table, "body_pitch_rad_sd"), np.sqrt(0.5) / 60)


def test_each_keypoint_has_an_error_of_its_own():
    table = features_of(animal(), sd_px=np.array([3.0, 1.0, 0.5, 4.0, 9.0]))
    np.testing.assert_allclose(column(table, "center_x_px_sd"), 0.5)
    np.testing.assert_allclose(column(table, "center_y_px_sd"), 0.5)
    np.testing.assert_allclose(column(table, "head_height_px_sd"), 5.0)
    np.testing.assert_allclose(column(table, "body_length_px_sd"), 5.0)
    np.testing.assert_allclose(column(table, "heading_rad_sd"), np.sqrt(17.0) / 60)


def test_without_a_calibration_every_standard_deviation_is_unknown():
    table = features_of(animal(), sd_px=np.nan)
    for name, values in table.columns.items():
        assert np.isnan(values).all() == ("_sd" in name or name == "nearest_other_px"), name


def test_angle_sd_is_the_spread_of_noisy_angles():
    rng = np.random.default_rng(0)
    xy = animal(frames=5000) + 0.5 * rng.normal(size=(5000, 1, 5, 2))
    table = features_of(xy)
    assert np.median(column(table, "body_pitch_rad_sd")) == pytest.approx(
        column(table, "body_pitch_rad").std(), rel=0.05
    )
    assert np.median(column(table, "head_angle_rad_sd")) == pytest.approx(
        column(table, "head_angle_rad").std(), rel=0.25
    )


def test_a_keypoint_that_the_space_lacks_makes_nan_and_no_error():
    table = features_of(animal(), neck="withers")
    assert np.isnan(column(table, "heading_rad")).all()
    assert np.isfinite(column(table, "body_length_px")).all()
    assert np.isnan(features_of(animal(), center="hip").columns["speed_px_per_s"]).all()


def test_an_absent_animal_is_nan_everywhere():
    xy = animal(individuals=2)
    xy[:, 1] = np.nan
    table = features_of(xy)
    gone = table.individual == "animal1"
    for name, values in table.columns.items():
        assert np.isnan(values[gone]).all(), name
    assert np.isfinite(column(table, "speed_px_per_s")[~gone]).all()


def test_rows_are_sorted_by_frame_and_every_column_fits():
    table = features_of(animal(individuals=3))
    assert (np.diff(table.frame) >= 0).all()
    assert list(table.individual[:3]) == ["animal0", "animal1", "animal2"]
    assert {len(v) for v in table.columns.values()} == {len(table)} == {300}
    np.testing.assert_allclose(column(table, "nearest_other_px"), 0)


def test_the_nearest_other_animal_is_another():
    xy = animal(individuals=4)
    xy[:, :, :, 0] += np.array([0.0, 30.0, 100.0, np.nan])[:, None]
    nearest = column(features_of(xy), "nearest_other_px").reshape(-1, 4)
    np.testing.assert_allclose(nearest[0], [30, 30, 70, np.nan])
    assert np.isnan(column(features_of(animal()), "nearest_other_px")).all()


def test_a_scale_adds_cm_beside_px():
    table = features_of(animal(speed_px_per_s=160.0), cm_per_px=0.1)
    np.testing.assert_allclose(column(table, "speed_cm_per_s"), 16)
    np.testing.assert_allclose(column(table, "hull_area_cm2"), 6)
    assert not [n for n in features_of(animal()).columns if "_cm" in n]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_very_short_videos_pass(frames):
    assert len(features_of(animal(frames=frames))) == frames


ARENA = Arena(
    np.array([[0.0, 0.0], [900.0, 0.0], [900.0, 900.0], [0.0, 900.0]]),
    {"nest": np.array([[290.0, 290.0], [320.0, 290.0], [320.0, 320.0]])},
)
GROUP_STARTS = ("acceleration_", "social_", "mean_200ms_", "spread_2000ms_")


@pytest.mark.parametrize("groups", [(), ("windows",), ("accelerations", "social")])
def test_a_feature_that_is_asked_for_alone_is_the_one_of_the_whole_table(groups):
    rng = np.random.default_rng(3)
    xy = animal(frames=12, turn_rad_per_s=2.0, speed_px_per_s=50.0, individuals=2)
    xy += rng.normal(0, 1, xy.shape)
    how = {"cm_per_px": 0.1, "arena": ARENA, "groups": groups}
    whole = features_of(xy, **how)
    of_groups = [name for name in whole.columns if not groups or name.startswith(GROUP_STARTS)]
    for name in of_groups:
        values, alone = whole.columns[name], features_of(xy, only=[name], **how)
        np.testing.assert_array_equal(alone.columns[name], values, err_msg=name)


def test_what_nobody_asks_for_is_not_computed():
    asked = {"speed_bl_per_s", "body_length_px"}
    columns = features_of(animal(), only=asked).columns
    assert asked <= columns.keys()
    left_out = ("hull_area_px2", "motion_px_per_s", "turn_rate_rad_per_s", "speed_paw_px_per_s")
    assert not columns.keys() & {*left_out, "slow_speed_px_per_s", "elongation"}
