"""An adaptation trains as the pretraining does, but for what it says itself."""

import numpy as np
import pytest
from test_graph import CONFIG, graph_of, video

from superanimal_core.inference.adaptation_training import adaptation_training
from superanimal_core.inference.lessons import TEACHERS, Knowledge
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import TrainingSettings
from superanimal_core.study.adaptation_settings import AdaptationRuleSettings
from superanimal_core.study.rule_settings import RuleSettings

STOPPING = {"fraction": 0.2, "every_steps": 3, "patience": 2}
OF_ADAPTATION = {"steps": 17, "batch": 5, "learning_rate": 0.002, "early_stopping": STOPPING}
SET_THERE = {"masking", "warmup_steps", "frozen_batch_norm", "bagging"}


def test_each_setting_of_a_training_reaches_an_adaptation_but_those_that_it_sets():
    graph = graph_of(training={"weight_decay": 0.3}, adaptation=OF_ADAPTATION)
    given = AdaptationRuleSettings(RuleSettings(graph)).training()
    assert given.keys() == TrainingSettings.model_fields.keys() - SET_THERE
    training = adaptation_training(**given).model_dump()
    expected = CONFIG["training"] | {"weight_decay": 0.3} | OF_ADAPTATION
    assert {k: v for k, v in training.items() if k not in SET_THERE} == {
        k: v for k, v in expected.items() if k not in SET_THERE
    }


@pytest.mark.parametrize("teacher", [*TEACHERS])
def test_each_teacher_is_given_what_it_asks_for_and_no_more(teacher):
    """From the settings as shipped to a lesson; what one does not use re-runs nothing."""
    graph = graph_of([video("v")], adaptation={"teacher": teacher})
    given = AdaptationRuleSettings(RuleSettings(graph)).smoothing_of_teacher("v")
    space = KeypointSpace("s", ("a", "b", "c"))
    xy = np.random.default_rng(0).normal([[0, 0], [40, 0], [20, 30]], 1.0, (3, 50, 1, 3, 2))
    members = [Poses(space, ("animal0",), np.arange(50) / 30, of, np.ones((50, 1, 3))) for of in xy]
    lessons = TEACHERS[teacher](members, 0.5, Knowledge(None, given))
    assert len(lessons) == 3
    assert all(lesson.is_taught().all() for lesson in lessons)
    assert {*given} == {
        "own": set(),
        "median": {"settings"},
        "smoothed": {"method", "settings", "views"},
    }[teacher]
