"""What the rule that labels a video is given."""

import pytest
from test_graph import CONFIG, WORKFLOW, graph_of, video
from test_study import (
    config,  # noqa: F401  # a fixture
    mistakes_of,
)

from superanimal_core.study.labeling import labeling_of
from superanimal_core.study.study import read_study

BESIDE = {"shows": "whole", "worst_clips": 3, "random_clips": 3}


def test_the_trail_is_the_middle_of_the_body_or_a_keypoint_or_none():
    for asked, found in (("center", "mouse_center"), ("nose", "nose"), (None, None)):
        shown = CONFIG["report"]["labeled_video"] | {"trail": asked}
        graph = graph_of([video("v")], report={"labeled_video": shown})
        assert labeling_of("v", graph)["trail"] == found


def test_without_an_anatomy_there_is_no_trail_of_the_middle():
    features = CONFIG["features"] | {"anatomy": {}}
    assert labeling_of("v", graph_of([video("v")], features=features))["trail"] == ""


def test_an_animal_is_called_what_the_sheet_says_or_by_its_video():
    graph = graph_of([video("v", subject="Rex"), video("w")])
    assert [labeling_of(name, graph)["called"] for name in "vw"] == ["Rex", "w"]


def test_what_is_drawn_are_plain_values():
    given = labeling_of("v", graph_of([video("v")]))
    assert given["min_score"] == 0.3
    assert given["shown"].items() >= BESIDE.items()
    assert all(isinstance(value, str | bool | int | float) for value in given["shown"].values())


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"trail": "nose"}, None),
        ({"trail": "center"}, None),
        ({"trail": None}, None),
        ({"trail": "nosse"}, "trail: no model has a keypoint 'nosse'; did you mean 'nose'?"),
        ({"shows": "clips", "worst_clips": 0, "random_clips": 0}, "both 0; give one of them"),
        ({"shows": "clips", "worst_clips": 0, "random_clips": 1}, None),
        ({"shows": "whole", "worst_clips": 0, "random_clips": 0}, None),
        ({"shows": "parts"}, "report.labeled_video.shows"),
        ({"clip_s": 0.0}, "report.labeled_video.clip_s"),
    ],
)
def test_what_cannot_be_drawn_is_told_once(config, tmp_path, own, told):  # noqa: F811
    config["report"]["labeled_video"] |= own
    if told is None:
        read_study(config, WORKFLOW)
    else:
        (found,) = mistakes_of(config)
        assert told in found
