"""Bouts of behaviors that are defined by conditions on features."""

import numpy as np
import pytest

from superanimal_core.behavior.actions import predict_bouts
from superanimal_core.behavior.features import FeatureTable
from superanimal_core.errors import ConfigError
from superanimal_core.settings.behavior import ConditionSettings, DefinitionSettings, VoteSettings

FPS = 10.0


def table(individuals=("animal0",), **columns):
    count = len(next(iter(columns.values()))) // len(individuals)
    frame = np.repeat(np.arange(count), len(individuals))
    names = np.tile(np.array(individuals, dtype=object), count)
    arrays = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    return FeatureTable(frame, frame / FPS, names, arrays)


def definition(*conditions, min_duration_s=0.0, max_gap_s=0.0):
    parts = [ConditionSettings(feature=f, above=a, below=b) for f, a, b in conditions]
    return DefinitionSettings(conditions=parts, min_duration_s=min_duration_s, max_gap_s=max_gap_s)


WALK = definition(("speed", 1.0, None))


def spans(bouts):
    return list(zip(bouts.start_frame.tolist(), bouts.stop_frame.tolist(), strict=True))


def test_a_bout_is_where_the_condition_holds():
    bouts = predict_bouts(table(speed=[0, 2, 2, 2, 0, 0, 3]), {"walk": WALK})
    assert spans(bouts) == [(1, 4), (6, 7)]
    np.testing.assert_allclose(bouts.start_s, [0.1, 0.6])
    np.testing.assert_allclose(bouts.stop_s, [0.4, 0.7])


def test_all_conditions_must_hold():
    sniff = definition(("head", 1.0, None), ("speed", None, 0.5))
    bouts = predict_bouts(table(head=[2, 2, 2, 0], speed=[0, 1, 0, 0]), {"sniff": sniff})
    assert spans(bouts) == [(0, 1), (2, 3)]


def test_short_breaks_are_closed_before_short_bouts_are_dropped():
    speed = [2, 2, 0, 2, 2, 0, 0, 0, 2, 0]
    strict = definition(("speed", 1.0, None), min_duration_s=0.5, max_gap_s=0.1)
    assert spans(predict_bouts(table(speed=speed), {"walk": strict})) == [(0, 5)]


@pytest.mark.parametrize(
    ("speed", "expected"),
    [
        ([0, 0, 2, 0, 0, 0, 0, 0, 0, 0], []),
        ([0, 0, 2, 2, 0, 0, 0, 0, 0, 0], [(2, 5)]),
        ([2, 2, 0, 0, 0, 0, 0, 0, 2, 2], [(0, 3), (8, 10)]),
    ],
)
def test_a_vote_is_one_of_the_frames_around(speed, expected):
    """From 0.2 s before up to, not with, 0.2 s after: four frames, half of which are needed."""
    half = VoteSettings(window_s=0.4, fraction=0.5)
    vote = definition(("speed", 1.0, None)).model_copy(update={"vote": half})
    assert spans(predict_bouts(table(speed=speed), {"walk": vote})) == expected


def test_unknown_features_never_hold():
    bouts = predict_bouts(table(speed=[2, np.nan, np.nan, 2]), {"walk": WALK})
    assert spans(bouts) == [(0, 1), (3, 4)]


def test_individuals_and_behaviors_are_independent():
    pause = definition(("speed", None, 0.5))
    two = table(("a", "b"), speed=[2, 0, 2, 0, 0, 2])
    bouts = predict_bouts(two, {"walk": WALK, "pause": pause})
    rows = list(zip(bouts.individual, bouts.behavior, spans(bouts), strict=True))
    assert rows == [("a", "walk", (0, 2)), ("a", "pause", (2, 3)),
                    ("b", "walk", (2, 3)), ("b", "pause", (0, 2))]  # fmt: skip


def test_a_misspelled_feature_is_named():
    with pytest.raises(ConfigError, match="did you mean 'speed_px_per_s'"):
        predict_bouts(
            table(speed_px_per_s=[1, 2]), {"walk": definition(("speed_px_pr_s", 1.0, None))}
        )


def test_no_frames_and_no_definitions_give_an_empty_table():
    assert len(predict_bouts(table(speed=[]), {"walk": WALK})) == 0
    assert len(predict_bouts(table(speed=[1, 2]), {})) == 0
