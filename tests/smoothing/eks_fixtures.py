"""Reads the reference's runs (ensemble-kalman-smoother 4.6.2) from the shared folder."""

import csv
import gzip
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "fixtures" / "eks"

needs_fixtures = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"needs the EKS runs in {FOLDER} (set SUPERANIMAL_SHARED)"
)


def case(name):
    return json.loads((FOLDER / "cases" / name / "case.json").read_text())


def arrays(name):
    return np.load(FOLDER / "cases" / name / "intermediates.npz")


@cache
def members(name, camera=""):
    """Keypoints and, per member, a table (frame, keypoint, 3) of x, y, likelihood."""
    about = case(name)
    folder = FOLDER / about["input_dir"]
    files = sorted(f for f in about["input_files"] if camera in f and f.endswith(".csv"))
    tables = [read_table((folder / f).read_text().splitlines()) for f in files]
    return tables[0][0], [table for _, table in tables]


def output(name, file):
    """Keypoints and their columns (frame, keypoint, 9) in the order of the reference's csv."""
    path = FOLDER / "cases" / name / "outputs" / file
    return read_table(gzip.open(path, "rt").read().splitlines())


def read_table(lines):
    rows = list(csv.reader(lines))
    keypoints = list(dict.fromkeys(rows[1][1:]))
    values = np.array([[float(v) if v else np.nan for v in row[1:]] for row in rows[3:]])
    return keypoints, values.reshape(len(values), len(keypoints), -1)
