"""Features that behaviors rest on, by name."""

import pytest

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import Settings
from superanimal_core.settings.behavior import BehaviorSettings
from superanimal_core.study.behavior_mistakes import feature_mistakes

MOUSE = KeypointSpace("mouse", ("nose", "tail_base"))


def mistakes_of(feature):
    condition = {"feature": feature, "above": 1.0, "below": None}
    definition = {"conditions": [condition], "min_duration_s": 0.1, "max_gap_s": 0.0}
    behavior = BehaviorSettings(draws=0, definitions={"mouse": {"act": definition}})
    return feature_mistakes(Settings.model_construct(behavior=behavior), {"mouse": MOUSE})


@pytest.mark.parametrize(
    "feature",
    [
        *("speed_cm_per_s", "speed_nose_px_per_s", "heading_rad_sd", "body_length_ratio"),
        *("zone_center", "zone_food", "border_cm", "distance_nose_tail_base_cm"),
        *("ego_nose_left_px", "mean_500ms_speed_px_per_s", "sturman_area_earr_nose_earl_px2"),
        *("simba_largest_distance_px", "acceleration_px_per_s2", "acceleration_nose_cm_per_s2"),
    ],
)
def test_features_of_every_kind_are_known(feature):
    assert mistakes_of(feature) == []


@pytest.mark.parametrize(
    ("feature", "meant"),
    [
        ("sped_px_per_s", "speed_px_per_s"),
        ("ego_nose_lft_px", "ego_nose_left_px"),
        ("speed_snout_px_per_s", "speed_nose_px_per_s"),
        ("acceleration_tail_px_per_s2", "acceleration_"),
    ],
)
def test_an_unknown_feature_is_told_with_the_nearest(feature, meant):
    (mistake,) = mistakes_of(feature)
    assert f"unknown feature '{feature}'" in mistake
    assert meant in mistake
