"""Calibrations on disk."""

from dataclasses import fields

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.calibration import fit_calibration, reliability
from superanimal_core.tables.calibration_files import (
    read_calibration,
    read_reliability,
    write_calibration,
)
from superanimal_core.tables.parquet import write_parquet


def labels(seed):
    rng = np.random.default_rng(seed)
    deviation = rng.uniform(0.5, 5, 400)
    return rng.integers(0, 2, 400), deviation, deviation * np.abs(rng.normal(size=400))


@pytest.mark.parametrize("with_held_out", [True, False])
def test_what_is_written_is_read(tmp_path, with_held_out):
    calibration = fit_calibration(("nose", "tail"), *labels(0))
    held_out = reliability(calibration, *labels(1)) if with_held_out else None
    write_calibration(calibration, held_out, tmp_path / "c.parquet", {"rule": "test"})
    again = read_calibration(tmp_path / "c.parquet")
    assert again.keypoints == ("nose", "tail")
    for field in fields(calibration)[1:]:
        np.testing.assert_array_equal(getattr(again, field.name), getattr(calibration, field.name))
    parts = pq.read_table(tmp_path / "c.parquet")["part"].to_pylist()
    assert ("reliability" in parts) == with_held_out
    levels, covered = read_reliability(tmp_path / "c.parquet")
    np.testing.assert_array_equal(levels, calibration.level if with_held_out else [])
    np.testing.assert_array_equal(covered, held_out if with_held_out else [])


def test_too_few_labels_leave_a_table_without_rows(tmp_path):
    write_calibration(None, None, tmp_path / "c.parquet", {"rule": "test"})
    assert read_calibration(tmp_path / "c.parquet") is None
    assert len(read_reliability(tmp_path / "c.parquet")[0]) == 0


def test_another_table_is_refused(tmp_path):
    write_parquet(pa.table({"x": [1.0]}), tmp_path / "c.parquet", {})
    with pytest.raises(SuperAnimalError, match="no calibration"):
        read_calibration(tmp_path / "c.parquet")
