"""Counts of promises, against counting by hand."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "trust_counts.py"
spec = importlib.util.spec_from_file_location(FILE.stem, FILE)
trust_counts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trust_counts)


def video(held, is_flagged, strange=0.0, error=0.0):
    return SimpleNamespace(held=held, is_flagged=is_flagged, strange=strange, error=error)


def test_circles_hold_from_the_edge_on_and_flags_are_counted_apart():
    videos = [video(0.85, True), video(0.849, True), video(0.9, False), video(0.2, False)]
    videos += [video(1.0, False)]
    assert trust_counts.flags(videos) == (3, 1, 2, 1)


def test_ranks_are_of_all_videos_together():
    rising = [video(0.9, False, strange, strange**3) for strange in (3.0, 1.0, 2.0, 7.0)]
    assert trust_counts.rank_correlation(rising) == pytest.approx(1.0)
    lot = np.random.default_rng(0)
    values = lot.normal(size=(40, 2))
    ranks = values.argsort(axis=0).argsort(axis=0)
    by_hand = np.corrcoef(ranks.T)[0, 1]
    videos = [video(0.9, False, *row) for row in values]
    assert trust_counts.rank_correlation(videos) == pytest.approx(by_hand)


def test_what_was_said_stands_beside_what_happened_in_each_step():
    lot = np.random.default_rng(1)
    said = np.append(lot.uniform(0.2, 1.0, 500), [0.2, 1.0])
    happened = lot.random(502) < said
    found = trust_counts.reliability(said, happened)
    edges = [(0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.1)]
    assert len(found) == len(edges)
    for one, (low, high) in zip(found, edges, strict=True):
        within = [i for i, value in enumerate(said) if low <= value < high]
        assert one.count == len(within)
        assert one.said == pytest.approx(sum(said[i] for i in within) / len(within))
        assert one.happened == pytest.approx(sum(happened[i] for i in within) / len(within))


def test_a_true_one_counts_once_and_only_where_some_row_has_an_interval():
    pairs = [(0, 0), (1, 0), (2, 1), (3, 4)]
    assert trust_counts.missed_or_unknown(5, pairs, [False, True, False, True]) == 3
    assert trust_counts.missed_or_unknown(2, [], []) == 2


def test_a_stride_is_that_of_the_same_limb_whose_strike_is_nearest_within_half_a_stride():
    def strides(limbs, strike_s):
        of = np.array([*limbs], dtype=object), np.array(strike_s), np.ones(len(limbs))
        return SimpleNamespace(limb=of[0], strike_s=of[1], stride_time_s=of[2])

    true = strides("LLRR", [0.0, 1.0, 0.5, 1.5])
    found = strides("LLRRx", [0.499, 1.5, 0.9, 1.1, 0.5])
    assert trust_counts.pairs_of_strides(found, true) == [(0, 0), (2, 2), (3, 3)]
