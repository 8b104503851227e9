import numpy as np
import pytest

from superanimal_core.evaluation.students import row_of_frames, row_of_labels, student_table

FIELDS = (
    *("of", "name", "positions", "student_error_px", "ensemble_error_px", "student_within_90"),
    *("ensemble_within_90", "student_jitter_px", "ensemble_jitter_px", "apart_px"),
    *("student_lost", "ensemble_lost"),
)


def test_errors_are_compared_on_the_labels_that_both_find():
    labels = np.zeros((2, 3, 2))
    labels[1, 2] = np.nan  # not labeled
    student, ensemble = labels + np.array([3.0, 4.0]), labels + np.array([0.0, 2.0])
    student[0, 0], ensemble[0, 1] = np.nan, np.nan
    row = dict(
        zip(FIELDS, row_of_labels("lab", student, ensemble, labels, (0.8, 0.9)), strict=True)
    )
    assert row["positions"] == 3
    assert (row["student_error_px"], row["ensemble_error_px"]) == (5.0, 2.0)
    assert (row["student_within_90"], row["ensemble_within_90"]) == (0.8, 0.9)
    assert (row["student_lost"], row["ensemble_lost"]) == (1, 1)


def test_an_error_that_only_one_makes_is_not_held_against_the_other():
    labels = np.zeros((1, 2, 2))
    ensemble = labels.copy()
    student = labels + 1.0
    ensemble[0, 1] = 1000.0
    student[0, 1] = np.nan
    row = row_of_labels("lab", student, ensemble, labels, (np.nan, np.nan))
    assert row[FIELDS.index("ensemble_error_px")] == 0.0
    assert row[FIELDS.index("student_lost")] == 1


def test_jitter_and_distance_on_frames_are_those_of_an_even_walk():
    frames = np.arange(10.0)
    ensemble = np.stack([frames * 2, frames * 0], axis=1)[:, None, None]
    student = ensemble + np.array([0.0, 3.0])
    student[:, 0, 0, 0] += np.where(frames % 2, 1.0, 0.0)
    row = dict(zip(FIELDS, row_of_frames("v", student, ensemble), strict=True))
    assert row["ensemble_jitter_px"] == pytest.approx(1.0)  # 2 px in x, 0 in y
    assert row["student_jitter_px"] == pytest.approx(
        np.abs(np.diff(student[:, 0, 0], axis=0)).mean()
    )
    assert row["apart_px"] == pytest.approx((3 + np.sqrt(10)) / 2)
    assert (row["student_lost"], row["positions"]) == (0, 10)


def test_a_table_without_rows_has_its_columns():
    assert tuple(vars(student_table([]))) == FIELDS
    assert len(student_table([]).name) == 0
