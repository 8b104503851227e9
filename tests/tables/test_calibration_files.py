"""Calibrations on disk."""

from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pytest
from calibrated_labels import errors_of_two_labs

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.bones import NO_BONES, Bones
from superanimal_core.smoothing.calibration import Calibration, fit_calibration
from superanimal_core.smoothing.calibration_check import CalibrationCheck, check_calibration
from superanimal_core.smoothing.familiarity import Familiarity
from superanimal_core.tables.calibration_files import (
    read_calibration,
    read_check,
    uncalibrated_error,
    write_calibration,
)
from superanimal_core.tables.parquet import write_parquet


def assert_same(first, second, kind):
    for field in fields(kind):
        own, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(own, Familiarity | Bones):
            assert_same(own, other, type(own))
        elif isinstance(own, tuple) and isinstance(own[0], np.ndarray):
            for one, another in zip(own, other, strict=True):
                np.testing.assert_array_equal(one, another)
        elif isinstance(own, np.ndarray):
            np.testing.assert_array_equal(own, other)
        else:
            assert own == other, field.name


@pytest.mark.parametrize("has_bones", [True, False])
@pytest.mark.parametrize("is_familiar", [True, False])
def test_what_is_written_is_read(tmp_path, is_familiar, has_bones):
    errors = errors_of_two_labs()
    errors = errors if has_bones else replace(errors, bones=NO_BONES)
    calibration, check = fit_calibration(errors), check_calibration(errors)
    assert calibration.familiarity is not None
    if not is_familiar:
        calibration = replace(calibration, familiarity=None)
    write_calibration(calibration, check, tmp_path / "c.parquet", {"rule": "test"})
    assert_same(read_calibration(tmp_path / "c.parquet"), calibration, Calibration)
    again, counts = read_check(tmp_path / "c.parquet")
    assert_same(again, check, CalibrationCheck)
    assert counts == calibration.counts


def test_too_few_labels_leave_a_table_without_rows(tmp_path):
    errors = errors_of_two_labs().select(np.arange(2))
    check = check_calibration(errors)
    write_calibration(fit_calibration(errors), check, tmp_path / "c.parquet", {"rule": "test"})
    assert read_calibration(tmp_path / "c.parquet") is None
    assert read_check(tmp_path / "c.parquet") is None


def test_another_table_is_refused(tmp_path):
    write_parquet(pa.table({"x": [1.0]}), tmp_path / "c.parquet", {})
    with pytest.raises(SuperAnimalError, match="no calibration"):
        read_calibration(tmp_path / "c.parquet")


def test_the_error_on_few_labels_is_told_only_where_nothing_is_calibrated(tmp_path):
    told = {"held_out_error_of_size": 0.2, "held_out_labels": 12}
    errors, path = errors_of_two_labs(), tmp_path / "c.parquet"
    write_calibration(fit_calibration(errors), check_calibration(errors), path, told)
    assert uncalibrated_error(read_calibration(path), [path]) == uncalibrated_error(None, []) == {}
    few = errors.select(np.arange(2))
    write_calibration(fit_calibration(few), check_calibration(few), path, told)
    assert uncalibrated_error(read_calibration(path), [path]) == told
