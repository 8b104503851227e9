"""Keypoints that no lab of the tiny study labels: untaught from the network to the account."""

import json

import numpy as np
import pandas as pd
from tiny_study import FRAMES

from superanimal_core.synthetic.labs import BURROW, CABINET
from superanimal_core.tables.parquet import read_record

LABELED = {name for lab in (BURROW, CABINET) for _, name in lab.words if name}
VIDEO = "results/videos/mouse"


def test_what_no_lab_labels_has_no_position_in_any_table(study):
    bundle = json.loads((study / "results/models/mouse/member-0/bundle.json").read_text())
    assert {*bundle["taught"]} == LABELED
    untaught = {*bundle["space"]["keypoints"]} - LABELED
    assert len(untaught) == 14
    for table in ("predicted/member-0", "adapted/member-0", "poses"):
        path = study / VIDEO / f"{table}.parquet"
        assert {*read_record(path)["taught"]} == LABELED
        rows = pd.read_parquet(path)
        rows = rows[rows["keypoint"].isin(untaught)]
        assert len(rows) == FRAMES * len(untaught)
        assert rows[["x_px", "y_px"]].isna().all(axis=None)
        assert (rows["score"] == 0).all()
    poses = pd.read_parquet(study / VIDEO / "poses.parquet")
    is_untaught = poses["evidence"] == "untaught"
    assert set(poses["keypoint"][is_untaught]) == untaught
    assert is_untaught.sum() == FRAMES * len(untaught)
    assert not poses["members"][is_untaught].any()


def test_what_no_lab_labels_is_in_no_figure(study):
    untaught = {*read_record(study / VIDEO / "poses.parquet")["space"]["keypoints"]} - LABELED
    held_out = pd.read_parquet(study / "results/models/mouse/held_out.parquet")
    assert held_out[held_out["keypoint"].isin(untaught)]["x_px"].isna().all()
    for table, column in (
        ("models/mouse/evaluation", "keypoint"),
        ("videos/mouse/truth", "name"),
    ):
        named = pd.read_parquet(study / f"results/{table}.parquet")[column]
        assert LABELED & {*named}
        assert not untaught & {*named}
    features = pd.read_parquet(study / VIDEO / "features.parquet")
    for name in untaught:
        assert np.isnan(features[f"speed_{name}_px_per_s"]).all()
    account = json.loads((study / VIDEO / "quality.json").read_text())
    assert account["figures"]["keypoints_untaught"] == len(untaught)
    assert account["figures"]["dropped_keypoints_per_frame"] <= len(LABELED)
    assert all(
        max(verdict["dropped_before"], verdict["dropped_after"]) <= len(LABELED)
        for verdict in account["adaptation"]
    )
