import numpy as np
import pytest

from superanimal_core.evaluation.truth import (
    bout_rows,
    coverage_rows,
    keypoint_rows,
    smoother_rows,
    stride_rows,
    truth_table,
)

TIME_S = np.arange(100) / 10


def figures(rows):
    return {
        (stage, quantity, name, unit): value for stage, quantity, name, value, _, unit, _ in rows
    }


def test_keypoint_errors_are_medians_in_px_and_in_percent_of_the_body():
    truth = np.zeros((5, 2, 2))
    raw = truth.copy()
    raw[:, 0, 0] = [1, 2, 3, 4, 100]
    raw[:, 1, 1] = 8
    found = figures(keypoint_rows({"raw": raw, "smoothed": truth}, truth, ("a", "b"), 50.0))
    assert found["raw", "keypoint_error", "a", "px"] == 3
    assert found["raw", "keypoint_error", "a", "% body length"] == pytest.approx(6)
    assert found["raw", "keypoint_error", "b", "px"] == 8
    assert found["raw", "keypoint_error", "all", "px"] == 8
    assert found["smoothed", "keypoint_error", "all", "px"] == 0


def test_absence_counts_as_a_whole_body_length():
    truth = np.zeros((3, 1, 2))
    absent = np.full((3, 1, 2), np.nan)
    found = figures(keypoint_rows({"raw": absent}, truth, ("a",), 50.0))
    assert found["raw", "keypoint_error", "a", "px"] == 50


def test_keypoints_and_frames_without_truth_are_left_out():
    truth = np.zeros((4, 2, 2))
    truth[:, 1] = np.nan
    truth[2:, 0] = np.nan
    rows = keypoint_rows({"raw": np.ones((4, 2, 2))}, truth, ("a", "b"), 50.0)
    assert {row[2] for row in rows} == {"all", "a"}
    assert {row[6] for row in rows} == {2}


def test_the_stride_frequency_is_that_of_the_median_stride():
    (row,) = stride_rows(np.array([0.4, 0.5, 2.0]), 2.1)
    assert row[3:] == (2.0, 2.1, "Hz", 3)
    (none,) = stride_rows(np.array([]), 2.1)
    assert np.isnan(none[3])
    assert none[6] == 0


def test_bouts_are_compared_by_number_and_frame_by_frame():
    found = [("walk", 0.0, 2.0), ("walk", 5.0, 6.0), ("rear", 8.0, 9.0)]
    true = [("walk", 1.0, 3.0), ("pause", 3.0, 4.0)]
    rows = {(row[1], row[2]): row for row in bout_rows(found, true, TIME_S)}
    assert rows["bouts", "walk"][3:5] == (2, 1)
    assert rows["bouts", "pause"][3:5] == (0, 1)
    assert rows["bout_f1", "walk"][3] == pytest.approx(2 * 10 / (30 + 20))
    assert rows["bout_f1", "pause"][3] == 0
    assert ("bouts", "rear") not in rows  # it does not truly occur


def test_equal_bouts_agree_wholly():
    true = [("walk", 0.0, 3.0), ("pause", 3.0, 9.9)]
    scores = [row[3] for row in bout_rows(true, true, TIME_S) if row[1] == "bout_f1"]
    assert scores == [1.0, 1.0]


def test_rows_become_columns():
    table = truth_table(stride_rows(np.array([0.5]), 2.0) + bout_rows([], [("w", 0, 1)], TIME_S))
    assert table.quantity.tolist() == ["stride_frequency", "bouts", "bout_f1"]
    assert table.value.tolist() == [2.0, 0.0, 0.0]


def test_coverage_counts_what_lies_within_the_radius_and_skips_what_is_unknown():
    error = np.array([[0.5, 1.5], [np.nan, 0.9], [2.0, 0.2]])
    radius = np.array([[1.0, 1.0], [1.0, np.nan], [1.0, 1.0]])
    (row,) = coverage_rows(error, {0.9: radius})
    assert row == ("smoothed", "coverage", "90%", 0.5, 0.9, "fraction", 4)
    assert coverage_rows(error, {0.9: np.full((3, 2), np.nan)}) == []


def test_smoothers_are_compared_where_all_of_them_have_a_position():
    truth = np.zeros((4, 1, 2))
    near, far = truth + np.array([1.0, 0.0]), truth + np.array([0.0, 3.0])
    near[3] = far[2] = 50.0
    near[2], far[3] = np.nan, np.nan
    visible = np.array([[True], [False], [True], [True]])
    found = figures(smoother_rows({"near": near, "far": far}, truth, visible))
    for part in ("all", "seen", "hidden"):
        assert found["near", "smoother_error", part, "px"] == 1
        assert found["far", "smoother_error", part, "px"] == 3
    assert len(smoother_rows({"near": near}, truth, np.ones((4, 1), bool))) == 2
