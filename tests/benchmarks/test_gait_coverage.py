"""What the benchmark says of intervals, against counting by hand and an account that is exact."""

import importlib
import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from superanimal_core.behavior import gait_intervals, walk_intervals
from superanimal_core.behavior.gait import StrideTable
from superanimal_core.behavior.gait_summary import summarize_gait
from superanimal_core.behavior.walk_table import summarize_walks
from superanimal_core.pose.expected_error import SD_OF_RADIUS_90, ExpectedError
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.sampling import lasting_noise

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SD_PX, LASTING_S = 2.0, 0.15
KINDS = {name: np.empty(0, object) for name in ("individual", "limb", "gait")}
KINDS |= {name: np.empty(0, np.int64) for name in ("strike_frame", "walk")}
KINDS |= {
    name: np.empty(0, bool) for name in ("is_resolved", "is_end_of_walk", "is_turning", "is_steady")
}


@pytest.fixture
def module(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    return importlib.import_module


def test_each_true_row_has_one_outcome(module):
    outcomes = module("gait_outcomes")
    nan = np.nan
    true = SimpleNamespace(way=np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, nan]))
    found = SimpleNamespace(way=np.array([1.0, 1.5, 0.5, nan, 2.0, 2.0]))
    columns = {
        "way_low": np.array([1.0, 1.1, 0.4, nan, nan, nan]),
        "way_high": np.array([1.0, 1.9, 0.9, nan, nan, nan]),
        "no_interval_because": np.array(["", "", "", "", "", "other strides"], dtype=object),
    }
    pairs = [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (7, 0)]
    assert list(outcomes.told_of("way", found, true, columns, pairs)) == [
        outcomes.HELD,
        outcomes.BELOW,
        outcomes.ABOVE,
        outcomes.UNMEASURED,
        outcomes.SELDOM_KNOWN,
        "other strides",
        outcomes.MISSED,
    ]


def test_a_phase_is_held_on_the_other_side_of_the_turn(module):
    outcomes = module("gait_outcomes")
    true, found = (SimpleNamespace(phase=np.array([value])) for value in (0.99, 0.01))
    columns = {"phase_low": np.array([-0.03]), "phase_high": np.array([0.04])}
    assert [*outcomes.told_of("phase", found, true, columns, [(0, 0)])] == [outcomes.HELD]
    columns["phase_low"] = np.array([-0.005])
    assert [*outcomes.told_of("phase", found, true, columns, [(0, 0)])] == [outcomes.BELOW]


class Walks(NamedTuple):
    """As in walks.parquet; its length is that of its columns."""

    scope: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray

    def __len__(self):
        return len(self.scope)


def test_walks_are_those_of_the_same_scope_that_overlap_longest(module):
    scope = np.array(["video", "walk", "walk"], dtype=object)
    true = Walks(scope, np.array([0.0, 0.0, 6.0]), np.array([9.0, 4.0, 9.0]))
    found = Walks(scope, np.array([0.0, 0.0, 1.2]), np.array([5.0, 1.0, 5.0]))
    assert module("gait_outcomes").pairs_of_walks(found, true) == [(0, 0), (1, 2)]


def test_parts_are_of_known_intervals_and_reasons_of_all_true_values(module):
    outcomes = module("gait_outcomes")
    counted = {outcomes.HELD: 9, outcomes.BELOW: 1, outcomes.ABOVE: 2, "seldom found": 4}
    found = Counter({("strides", "duty_factor", what): n for what, n in counted.items()})
    found["limbs", "duty_factor", outcomes.HELD] = 100
    assert outcomes.held(found, "strides", "duty_factor") == 9 / 12
    assert np.isnan(outcomes.held(found, "strides", "stride_time_s"))
    assert outcomes.without(found, "strides") == {"seldom found": 4 / 16}
    assert "duty_factor 0.75*" in outcomes.line_of(found, "strides")


def test_what_is_asked_are_the_columns_that_have_an_interval(module):
    asked = module("gait_outcomes").WITH_INTERVALS
    names = [field.name for field in fields(StrideTable)]
    nothing = StrideTable(**{name: KINDS.get(name, np.empty(0)) for name in names})
    for name, ends in (
        ("strides", gait_intervals.stride_intervals(nothing, [])),
        ("limbs", gait_intervals.gait_intervals(summarize_gait(nothing, fps=30.0), [])),
        ("walks", walk_intervals.walk_intervals(summarize_walks(nothing), [])),
    ):
        assert set(asked[name]) == {c.removesuffix("_low") for c in ends if c.endswith("_low")}


def test_an_account_that_is_exact_holds_and_one_that_is_halved_does_not(module):
    coverage, truths = module("gait_coverage"), module("gait_truth")
    outcomes = module("gait_outcomes")
    truth = truths.simulate(truths.Case("quadruped", "trot", 30.0, 0.0)).truth
    rng = np.random.default_rng(0)
    error = lasting_noise(truth.time_s, LASTING_S, truth.xy_px[0].size, rng)
    seen = replace(truth, xy_px=truth.xy_px + SD_PX * error.reshape(truth.xy_px.shape))
    smoothed = SMOOTHERS["eks"]([seen], coverage.SMOOTHING)
    settings = coverage.settings_of(truths.LIMBS, truths.BODY["quadruped"])
    part = {}
    for told in (1.0, 0.5):
        expected = exact(truth.score.shape, SD_PX * told)
        found = coverage.outcomes(truth, smoothed, expected, settings, 19)
        counts = Counter()
        for (table, quantity, outcome), count in found.items():
            if table == "strides" and quantity in ("stride_time_s", "stride_length_px"):
                counts[outcome] += count
        known = sum(counts[outcome] for outcome in outcomes.KNOWN)
        assert known > 100
        part[told] = counts[outcomes.HELD] / known
    assert 0.82 < part[1.0] < 0.98
    assert part[0.5] < part[1.0] - 0.15


def exact(shape, sd_px):
    radius = np.full(shape, sd_px / SD_OF_RADIUS_90)
    return ExpectedError(
        expected_error_px=radius,
        radius_50_px=radius,
        radius_90_px=radius,
        correlation_time_s=np.full(shape[1:], LASTING_S),
        probability=np.ones(shape),
        is_extrapolated=np.zeros(shape[:2], bool),
        within_px=1.0,
        tells_strangeness=False,
    )
