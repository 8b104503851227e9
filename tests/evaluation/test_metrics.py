from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.evaluation.metrics import (
    euclidean_error_px,
    evaluate,
    joined,
    object_keypoint_similarity,
)
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

SPACE = KeypointSpace("s", ("a", "b", "c"))


def labels_of(n=12, seed=0):
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 100, (n, 3, 2))
    state = random.choice([0, 1, 2, 3], (n, 3))
    state[:, 2] = LabelState.NOT_IN_DATASET
    xy[state < LabelState.OCCLUDED] = np.nan
    low = random.uniform(0, 50, (n, 2))
    return Labels(
        space=SPACE,
        source=random.choice(["lab1", "lab2"], n).astype(object),
        image=np.arange(n).astype(str).astype(object),
        image_size_px=np.tile([100, 100], (n, 1)),
        individual=np.full(n, "animal0", dtype=object),
        group=np.full(n, "g", dtype=object),
        split=random.choice(["train", "test"], n).astype(object),
        box_xyxy_px=np.concatenate([low, low + random.uniform(10, 50, (n, 2))], axis=1),
        xy_px=xy,
        state=state.astype(int),
        score=np.ones((n, 3)),
    )


def rows_of(table):
    columns = vars(table)
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def brute_force(predicted, labels, source, split, keypoint):
    """All figures of one row, with loops."""
    errors, relative = [], []
    for animal in range(len(labels)):
        if labels.source[animal] != source or labels.split[animal] != split:
            continue
        x0, y0, x1, y1 = labels.box_xyxy_px[animal]
        for k, name in enumerate(SPACE.keypoints):
            if keypoint in ("all", name) and labels.state[animal, k] >= LabelState.OCCLUDED:
                dx, dy = predicted[animal, k] - labels.xy_px[animal, k]
                errors.append((dx * dx + dy * dy) ** 0.5)
                relative.append(errors[-1] / max(x1 - x0, y1 - y0))
    count = len(errors)
    return {
        "animals": count,
        "mean_error_px": sum(errors) / count,
        "median_error_px": float(np.median(errors)),
        "root_mean_square_error_px": (sum(e * e for e in errors) / count) ** 0.5,
        "normalized_error": sum(relative) / count,
        "pck_10": sum(r <= 0.1 for r in relative) / count,
    }


@given(st.integers(0, 2**16))
def test_every_row_is_what_loops_find(seed):
    labels, random = labels_of(seed=seed), np.random.default_rng(seed + 1)
    truth = np.nan_to_num(labels.xy_px, nan=50.0)
    predicted = truth[None] + random.normal(0, 5, (2, *truth.shape))
    members = {"0": predicted[0], "1": predicted[1], "ensemble": np.median(predicted, axis=0)}
    rows = rows_of(evaluate(predicted, np.ones(predicted.shape[:3]), labels))
    assert {row["member"] for row in rows} == set(members)
    for row in rows:
        expected = brute_force(
            members[row["member"]], labels, row["dataset"], row["split"], row["keypoint"]
        )
        for name, value in expected.items():
            assert row[name] == pytest.approx(value)
    assert "c" not in {row["keypoint"] for row in rows}  # nothing is labeled, so nothing is said


def test_a_single_member_has_no_ensemble():
    labels = labels_of()
    rows = rows_of(evaluate(np.zeros((1, 12, 3, 2)), np.ones((1, 12, 3)), labels))
    assert {row["member"] for row in rows} == {"0"}


def test_without_labels_there_is_an_empty_table():
    labels = labels_of().select(np.array([], dtype=int))
    table = evaluate(np.zeros((2, 0, 3, 2)), np.ones((2, 0, 3)), labels)
    assert all(len(column) == 0 for column in vars(table).values())


def test_both_kinds_of_boxes_stand_in_one_table_and_missed_animals_count_as_wrong():
    """A detector that misses every third animal and is exact on the others."""
    labels = labels_of()
    truth = np.nan_to_num(labels.xy_px, nan=50.0)[None]
    in_own, in_found = truth + 3.0, truth.copy()
    in_found[:, ::3] = np.nan
    score = np.ones(truth.shape[:3])
    tables = [evaluate(in_own, score, labels), evaluate(in_found, score, labels, "detector")]
    rows = rows_of(joined(tables))
    assert len(rows) == sum(len(table.member) for table in tables)
    everything = [row for row in rows if row["keypoint"] == "all"]
    own, found = (
        {(row["dataset"], row["split"]): row for row in everything if row["boxes"] == boxes}
        for boxes in ("label", "detector")
    )
    for part, row in found.items():
        assert row["mean_error_px"] == 0
        assert own[part]["mean_error_px"] == pytest.approx(3 * np.sqrt(2))
    assert sum(r["animals"] for r in found.values()) < sum(r["animals"] for r in own.values())
    assert min(row["oks_mar"] for row in found.values()) < 0.9


def test_an_empty_table_adds_nothing():
    labels = labels_of()
    full = evaluate(np.zeros((1, 12, 3, 2)), np.ones((1, 12, 3)), labels)
    nothing = evaluate(np.full((1, 12, 3, 2), np.nan), np.ones((1, 12, 3)), labels, "detector")
    assert len(nothing.member) == 0
    both = joined([full, nothing])
    assert both.member.tolist() == full.member.tolist()
    assert both.mean_error_px.dtype == full.mean_error_px.dtype
    assert len(joined([nothing, nothing]).member) == 0


def test_errors_are_distances_and_unknown_where_either_is():
    found = euclidean_error_px(
        np.array([[0.0, 0.0], [3.0, 4.0], [np.nan, 1.0]]), np.array([[0.0, 0], [0, 0], [0, 0]])
    )
    np.testing.assert_allclose(found, [0, 5, np.nan])


@given(st.integers(0, 2**16))
def test_similarity_is_cocos_formula(seed):
    random = np.random.default_rng(seed)
    error = random.uniform(0, 30, (4, 5))
    area, sigma = random.uniform(100, 5000, 4), random.uniform(0.02, 0.2, 5)
    labeled = random.random((4, 5)) < 0.7
    found = object_keypoint_similarity(error, area, sigma, labeled)
    for animal in range(4):
        parts = [
            np.exp(-(error[animal, k] ** 2) / (2 * area[animal] * (2 * sigma[k]) ** 2))
            for k in range(5)
            if labeled[animal, k]
        ]
        expected = sum(parts) / len(parts) if parts else np.nan
        assert found[animal] == pytest.approx(expected, nan_ok=True)


def test_a_labeled_keypoint_without_prediction_counts_zero():
    error = np.array([[0.0, np.nan]])
    found = object_keypoint_similarity(error, np.ones(1), np.ones(2), np.ones((1, 2), bool))
    assert found[0] == pytest.approx(0.5)


def test_intervals_hold_the_means_and_precision_stands_with_all_keypoints_only():
    labels = labels_of(40)
    labels = replace(labels, group=np.arange(40).astype(str), image=np.arange(40).astype(str))
    truth = np.nan_to_num(labels.xy_px, nan=50.0)
    predicted = truth[None] + np.random.default_rng(0).normal(0, 5, (1, *truth.shape))
    for row in rows_of(evaluate(predicted, np.ones(predicted.shape[:3]), labels)):
        assert row["mean_error_low_px"] < row["mean_error_px"] < row["mean_error_high_px"]
        assert row["normalized_error_low"] < row["normalized_error"] < row["normalized_error_high"]
        assert np.isnan(row["oks_map"]) == (row["keypoint"] != "all")
        assert np.isnan(row["dlc_mar"]) == (row["keypoint"] != "all")
    perfect = evaluate(truth[None], np.ones(predicted.shape[:3]), labels)
    every = perfect.keypoint == "all"
    assert perfect.oks_map[every] == pytest.approx(1)
    assert perfect.dlc_map[every] == pytest.approx(1)


def test_a_keypoint_is_measured_on_the_networks_that_were_taught_it():
    labels = labels_of()
    predicted = labels.xy_px[None] + np.array([3.0, 4.0, 5.0])[:, None, None, None]
    predicted = np.where(np.isnan(predicted), 0.0, predicted)
    predicted[0, :, 0] = np.nan  # the first network was not taught a, nobody b
    predicted[:, :, 1] = np.nan
    score = np.where(np.isnan(predicted[..., 0]), 0.0, 0.9)
    rows = rows_of(evaluate(predicted, score, labels))
    errors = {(r["member"], r["dataset"], r["split"], r["keypoint"]): r for r in rows}
    assert {keypoint for *_, keypoint in errors} == {"all", "a"}
    assert {member for member, *_ in errors} == {"1", "2", "ensemble"}
    for (member, *_), row in errors.items():
        expected = {"1": 4.0, "2": 5.0, "ensemble": 4.5}[member]
        assert row["mean_error_px"] == pytest.approx(np.sqrt(2) * expected)
