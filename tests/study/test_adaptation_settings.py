"""An adaptation trains as the pretraining does, but for what it says itself."""

from test_graph import CONFIG, graph_of

from superanimal_core.inference.adapt import adaptation_training
from superanimal_core.settings import TrainingSettings
from superanimal_core.study.rule_settings import RuleSettings

OF_ADAPTATION = {"steps": 17, "batch": 5, "learning_rate": 0.002}
SET_THERE = {"masking", "warmup_steps", "frozen_batch_norm", "early_stopping", "bagging"}


def test_each_setting_of_a_training_reaches_an_adaptation_but_those_that_it_sets():
    graph = graph_of(training={"weight_decay": 0.3}, adaptation=OF_ADAPTATION)
    given = RuleSettings(graph).adaptation_training()
    assert given.keys() == TrainingSettings.model_fields.keys() - SET_THERE
    training = adaptation_training(**given).model_dump()
    expected = CONFIG["training"] | {"weight_decay": 0.3} | OF_ADAPTATION
    assert {k: v for k, v in training.items() if k not in SET_THERE} == {
        k: v for k, v in expected.items() if k not in SET_THERE
    }
