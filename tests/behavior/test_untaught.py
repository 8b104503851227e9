"""Features, behaviors and strides that rest on keypoints nobody taught."""

import numpy as np
import pytest
from stick_animals import smoothed
from test_features import account

from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.unknown_features import behavior_remarks, unknown_features
from superanimal_core.behavior.untaught import gait_remarks
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings.behavior import AnatomySettings, DefinitionSettings

SPACE = KeypointSpace("dot", ("nose", "neck", "back", "tail_base", "paw"))
ANATOMY = AnatomySettings(front="nose", neck="neck", center="back", rear="tail_base")
RESTING_ON = {  # by hand, from the docstring of frame_features
    "nose": {
        *("body_length_px", "head_height_px", "head_pitch_rad", "head_angle_rad"),
        *("head_turn_speed_rad_per_s", "speed_bl_per_s", "motion_bl_per_s"),
        *("slow_speed_bl_per_s", "slow_head_speed_rad_per_s", "body_length_ratio"),
    },
    "neck": {
        *("trunk_length_px", "heading_rad", "turn_rate_rad_per_s", "turn_speed_rad_per_s"),
        *("body_pitch_rad", "head_pitch_rad", "head_angle_rad", "head_turn_speed_rad_per_s"),
        "slow_head_speed_rad_per_s",
    },
    "back": {
        *("center_x_px", "center_y_px", "speed_px_per_s", "speed_bl_per_s", "nearest_other_px"),
        *("slow_speed_px_per_s", "slow_speed_bl_per_s", "acceleration_px_per_s2", "border_px"),
        *("zone_center", "zone_periphery", "zone_corner"),
    },
    "paw": set(),
}


def definition(feature):
    return DefinitionSettings.model_validate(
        {
            "conditions": [{"feature": feature, "above": 1.0, "below": None}],
            "min_duration_s": 0.1,
            "max_gap_s": 0.1,
        }
    )


@pytest.mark.parametrize("untaught", RESTING_ON)
def test_the_features_that_rest_on_a_keypoint_are_known(untaught):
    taught = [name for name in SPACE.keypoints if name != untaught]
    found = unknown_features(SPACE, taught, ANATOMY)
    plain = {name for name in found if "_cm" not in name and not name.endswith("_sd")}
    assert plain == RESTING_ON[untaught] | {f"speed_{untaught}_px_per_s"}


def test_with_every_keypoint_taught_every_feature_is_known_and_nothing_is_flagged():
    assert unknown_features(SPACE, SPACE.keypoints, ANATOMY) == frozenset()
    definitions = {"run": definition("speed_cm_per_s"), "reach": definition("head_height_px")}
    assert behavior_remarks(SPACE, SPACE.keypoints, ANATOMY, definitions) == []
    assert gait_remarks(SPACE, SPACE.keypoints, ["paw"], ["neck", "tail_base"]) == []


def test_features_that_rest_on_an_absent_keypoint_are_nan_in_a_video_too():
    """What the probe says holds for the features of a walking animal."""
    xy = np.random.default_rng(0).uniform(0, 100, (30, 1, 5, 2))
    xy[:, :, SPACE.index("neck")] = np.nan
    poses = smoothed(xy, np.arange(30) / 50, 0.25, SPACE).poses
    expected = account(poses, 0.5)
    table = frame_features(poses, expected, ANATOMY, window_s=0.1, cm_per_px=None)
    alone = {"nearest_other_px"}  # there is no other animal
    absent = {name for name, values in table.columns.items() if np.isnan(values).all()} - alone
    taught = [name for name in SPACE.keypoints if name != "neck"]
    assert absent == {n for n in unknown_features(SPACE, taught, ANATOMY) if "_cm" not in n}


def test_a_group_that_a_behavior_rests_on_is_asked_too():
    definitions = {"reach": definition("ego_paw_ahead_px"), "roam": definition("zone_center")}
    remarks = behavior_remarks(SPACE, ["nose", "neck", "back", "tail_base"], ANATOMY, definitions)
    assert remarks == ["behaviors rest on keypoints nobody taught: reach"]


def test_flags_name_the_keypoints_and_the_behaviors():
    taught = ["nose", "back", "tail_base"]
    definitions = {
        "turn": definition("turn_speed_rad_per_s"),
        "run": definition("speed_bl_per_s"),
        "groom": definition("speed_paw_cm_per_s"),
    }
    assert behavior_remarks(SPACE, taught, ANATOMY, definitions) == [
        "features rest on keypoints nobody taught: neck",
        "behaviors rest on keypoints nobody taught: turn, groom",
    ]
    assert gait_remarks(SPACE, taught, ["paw", "wing"], ["nose", "neck", "back", "horn"]) == [
        "strides rest on keypoints nobody taught: paw"
    ]
    assert gait_remarks(SPACE, taught, ["paw"], ["horn", "neck", "back"]) == [
        "strides rest on keypoints nobody taught: paw, neck"
    ]
