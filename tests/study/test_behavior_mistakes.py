"""Features that behaviors rest on, by name."""

import pytest

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import ModelSettings, Settings
from superanimal_core.settings.behavior import BehaviorSettings, ConditionSettings
from superanimal_core.study.behavior_mistakes import feature_mistakes, zone_mistakes
from superanimal_core.study.study_rows import VideoRow

MOUSE = KeypointSpace("mouse", ("nose", "tail_base"))


def settings_on(feature):
    condition = {"feature": feature, "above": 1.0, "below": None}
    definition = {"conditions": [condition], "min_duration_s": 0.1, "max_gap_s": 0.0}
    behavior = BehaviorSettings(draws=0, definitions={"mouse": {"act": definition}})
    models = {"m": ModelSettings.model_construct(space="mouse")}
    return Settings.model_construct(behavior=behavior, models=models, videos="videos.tsv")


def mistakes_of(feature):
    return feature_mistakes(settings_on(feature), {"mouse": MOUSE})


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


@pytest.mark.parametrize(
    ("feature", "told"),
    [
        ("zone_food", None),
        ("zone_center", None),
        ("speed_px_per_s", None),
        (
            "zone_fod",
            "mouse.act: no video has a zone 'fod' in the column 'zones' of videos.tsv; did",
        ),
        (
            "zone_Food",
            "no video has a zone 'Food' in the column 'zones' of videos.tsv; did you mean",
        ),
        ("zone_nest", None),  # of the other video
    ],
)
def test_a_zone_that_no_video_has_is_told(feature, told):
    square = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))
    rows = {
        name: VideoRow(name, "", "m", 1, None, None, None, {}, zones={zone: square})
        for name, zone in (("a", "food"), ("b", "nest"))
    }
    mistakes = zone_mistakes(settings_on(feature), rows)
    assert [told in mistake for mistake in mistakes] == ([True] if told else [])
    assert zone_mistakes(settings_on(feature), {}) == []


@pytest.mark.parametrize(
    ("above", "below", "told"),
    [
        (1.0, None, None),
        (None, 1.0, None),
        (0.5, 1.0, None),
        (None, None, "has no limit"),
        (1.0, 1.0, "nothing is above 1 and below 1"),
        (2.0, 1.0, "nothing is above 2 and below 1"),
    ],
)
def test_a_condition_that_always_or_never_holds_is_told(above, below, told):
    given = {"feature": "speed_px_per_s", "above": above, "below": below}
    if told is None:
        assert ConditionSettings.model_validate(given).above == above
    else:
        with pytest.raises(ValueError, match=told):
            ConditionSettings.model_validate(given)
