"""A space that does not say what a mirror exchanges is not trained on mirror images."""

from pathlib import Path

import pytest
import yaml

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import Settings
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.study.study_settings import mirror_mistakes, settings_mistakes

CONFIG = Path(__file__).resolve().parents[2] / "config/config.yaml"
VIDEOS = {"v": VideoRow("v", "v.mp4", "mouse", 1, None, None, None, {})}
SPACE = "superanimal_topviewmouse"
ONE_SIDED = {SPACE: KeypointSpace(SPACE, ("left_ear", "right_ear"))}
PAIRED = {SPACE: KeypointSpace(SPACE, ("left_ear", "right_ear"), (("left_ear", "right_ear"),))}


def settings_of(flip=0.5, adapted=False, table=False, **model):
    settings = yaml.safe_load(CONFIG.read_text())
    settings["augment"]["flip"] = flip
    settings["adaptation"]["enabled"] = adapted
    settings["transfer"]["in_report"] = table
    settings["models"] = {"mouse": settings["models"]["mouse"] | model}
    return Settings.model_validate(settings)


def test_a_trained_model_of_a_space_without_pairs_is_told_what_to_do():
    (mistake,) = mirror_mistakes(settings_of(), ONE_SIDED, VIDEOS)
    for part in ("augment.flip is 0.5", SPACE, "model 'mouse'", "augment.flip: 0"):
        assert part in mistake
    assert mistake in settings_mistakes(settings_of(), ONE_SIDED, {}, VIDEOS)


@pytest.mark.parametrize(("flip", "mistakes"), [(0.0, 0), (1e-9, 1)])
def test_without_mirror_images_there_is_nothing_to_mend(flip, mistakes):
    assert len(mirror_mistakes(settings_of(flip), ONE_SIDED, VIDEOS)) == mistakes


def test_a_space_with_pairs_may_be_mirrored():
    assert mirror_mistakes(settings_of(), PAIRED, VIDEOS) == []


@pytest.mark.parametrize(
    ("how", "videos", "mistakes"),
    [
        ({}, VIDEOS, 0),
        ({"adapted": True}, VIDEOS, 1),
        ({"adapted": True}, {}, 0),
        ({"table": True}, {}, 1),
    ],
)
def test_a_network_that_is_only_used_is_not_taught_by_mirror_images(how, videos, mistakes):
    given = settings_of(pose_weights="net.pt", detector_weights="whole_frame", **how)
    assert len(mirror_mistakes(given, ONE_SIDED, videos)) == mistakes


@pytest.mark.parametrize(("space", "mistakes"), [(PAIRED[SPACE], 0), (ONE_SIDED[SPACE], 1)])
def test_networks_of_the_transfer_table_are_taught_in_other_spaces_too(space, mistakes):
    settings = settings_of(pose_weights="net.pt", detector_weights="whole_frame")
    table = settings.transfer.model_copy(update={"spaces": ["lab"]})
    given = settings.model_copy(update={"transfer": table})
    told = mirror_mistakes(given, {"lab": space}, {})
    assert len(told) == mistakes
    assert all("'lab' has no mirror_pairs" in mistake for mistake in told)
