"""Exports read back by the published layout, without our own readers and writers.

Those that need another program's library are in test_exports_elsewhere.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import get_args

import h5py
import numpy as np
import pandas as pd
import pytest
from made_exports import FRAMES, SPACE, exported, written

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.exports import EXPORTS
from superanimal_core.settings import ExportFormat

ONE, TWO = ("animal0",), ("left mouse", "right")


def test_the_settings_know_every_format():
    assert get_args(ExportFormat) == tuple(EXPORTS)


def in_deeplabcut(table, given, keypoint, individual=None):
    """x, y, likelihood of a keypoint in a table of pandas."""
    at = (table.columns[0][0], *([individual] if individual else []), keypoint)
    return table.sort_index(axis=1)[at][["x", "y", "likelihood"]].to_numpy()


@pytest.mark.parametrize("individuals", [ONE, TWO])
@pytest.mark.parametrize("name", ["deeplabcut_csv", "deeplabcut_h5", "keypoint_moseq"])
def test_deeplabcuts_tables_as_pandas_reads_them(tmp_path, name, individuals):
    given = exported(individuals)
    ((file, path),) = written(tmp_path, name, given).items()
    assert file == ("v1.csv" if name == "deeplabcut_csv" else "v1.h5")
    many = len(individuals) > 1
    if file.endswith(".csv"):
        table = pd.read_csv(path, header=list(range(4 if many else 3)), index_col=0)
    else:
        table = pd.read_hdf(path, "df_with_missing")
    levels = ["scorer", *(["individuals"] if many else []), "bodyparts", "coords"]
    assert list(table.columns.names) == levels
    assert list(dict.fromkeys(table.columns.get_level_values("bodyparts"))) == [*SPACE.keypoints]
    assert table.index.tolist() == [*range(FRAMES)]
    for i, individual in enumerate(individuals):
        for k, keypoint in enumerate(SPACE.keypoints):
            found = in_deeplabcut(table, given, keypoint, individual if many else None)
            np.testing.assert_allclose(found[:, :2], given.xy_px[:, i, k] - 0.5, atol=1e-3)
            np.testing.assert_allclose(found[:, 2], given.poses.score[:, i, k], atol=1e-4)


def test_lightning_pose_and_anipose_have_one_animal(tmp_path):
    given = exported()
    table = pd.read_csv(
        written(tmp_path, "lightning_pose_csv", given)["v1.csv"], header=[0, 1, 2], index_col=0
    )
    assert set(table.columns.get_level_values(0)) == {"heatmap_tracker"}
    np.testing.assert_allclose(
        in_deeplabcut(table, given, "nose")[:, :2], given.xy_px[:, 0, 3] - 0.5, atol=1e-3
    )
    table = pd.read_hdf(written(tmp_path, "anipose", given)["pose-2d/m 1.h5"])
    np.testing.assert_allclose(
        in_deeplabcut(table, given, "tail")[:, :2], given.xy_px[:, 0, 0] - 0.5
    )
    assert EXPORTS["lightning_pose_csv"].takes_one
    assert EXPORTS["anipose"].takes_one


def test_ensemble_kalman_smoothers_columns(tmp_path):
    given = exported()
    table = pd.read_csv(
        written(tmp_path, "eks_csv", given)["v1.csv"], header=[0, 1, 2], index_col=0
    )
    nose = table["ensemble-kalman_tracker"]["nose"]
    np.testing.assert_allclose(nose[["x", "y"]], given.xy_px[:, 0, 3] - 0.5, atol=1e-3)
    np.testing.assert_allclose(
        nose[["x_posterior_var", "y_posterior_var"]],
        given.smoothed.variance_px2[:, 0, 3],
        rtol=1e-5,
    )


@pytest.mark.parametrize(("individuals", "names"), [(ONE, [*SPACE.keypoints]), (TWO, [
    *(f"{k}_1" for k in SPACE.keypoints), *(f"{k}_2" for k in SPACE.keypoints)])])  # fmt: skip
def test_simba_has_a_file_of_the_videos_name_and_no_empty_cell(tmp_path, individuals, names):
    given = exported(individuals)
    table = pd.read_csv(written(tmp_path, "simba", given)["m 1.csv"], header=[0, 1, 2], index_col=0)
    assert list(dict.fromkeys(table.columns.get_level_values(1))) == names
    assert not table.isna().any().any()
    last = in_deeplabcut(table, given, names[-1])
    is_there = np.isfinite(given.xy_px[:, -1, -1]).all(axis=1)
    np.testing.assert_allclose(last[is_there, :2], given.xy_px[is_there, -1, -1] - 0.5, atol=1e-3)
    np.testing.assert_array_equal(last[~is_there], 0.0)


@pytest.mark.parametrize("individuals", [ONE, TWO])
def test_the_plain_table_is_in_our_pixels_with_the_times_of_the_frames(tmp_path, individuals):
    given = exported(individuals)
    table = pd.read_csv(written(tmp_path, "csv", given)["v1.csv"])
    shape = given.poses.score.shape
    assert len(table) == np.prod(shape)
    for column, values in (("x_px", given.xy_px[..., 0]), ("y_px", given.xy_px[..., 1])):
        np.testing.assert_allclose(table[column].to_numpy().reshape(shape), values, atol=1e-3)
    times = table["time_s"].to_numpy().reshape(shape)[:, 0, 0]
    np.testing.assert_allclose(times, given.poses.time_s, atol=1e-5)
    assert table["individual"].tolist()[: len(SPACE)] == [individuals[0]] * len(SPACE)
    assert table["keypoint"].tolist()[: len(SPACE)] == [*SPACE.keypoints]


@pytest.mark.parametrize("individuals", [ONE, TWO])
def test_coco_results_are_as_the_page_of_coco_says(tmp_path, individuals):
    given = exported(individuals)
    rows = json.loads(written(tmp_path, "coco_results", given)["v1.json"].read_text())
    is_there = np.isfinite(given.xy_px).all(axis=-1)
    assert len(rows) == is_there.any(axis=2).sum()
    for row in rows:
        at = row["image_id"], individuals.index(row["individual"])
        triples = np.reshape(row["keypoints"], (-1, 3))
        seen = is_there[at]
        np.testing.assert_allclose(triples[seen, :2], given.xy_px[at][seen] - 0.5, atol=1e-3)
        np.testing.assert_array_equal(triples[~seen], 0.0)
        assert row["score"] == pytest.approx(given.poses.score[at][seen].mean())


@pytest.mark.parametrize("individuals", [ONE, TWO])
def test_sleaps_analysis_file_has_the_arrays_of_sleaps_own(tmp_path, individuals):
    """Layout: that of the files in the shared data, which SLEAP wrote."""
    given = exported(individuals)
    with h5py.File(written(tmp_path, "sleap_analysis", given)["v1.analysis.h5"]) as file:
        arrays = {name: np.asarray(array) for name, array in file.items()}
    assert arrays["tracks"].shape == (len(individuals), 2, len(SPACE), FRAMES)
    np.testing.assert_allclose(arrays["tracks"].transpose(3, 0, 2, 1), given.xy_px - 0.5)
    assert [name.decode() for name in arrays["node_names"]] == [*SPACE.keypoints]
    assert [name.decode() for name in arrays["track_names"]] == [*individuals]
    assert arrays["edge_inds"].tolist() == [[0, 3], [3, 1]]
    occupied = np.isfinite(given.xy_px).all(axis=-1).any(axis=2)
    np.testing.assert_array_equal(arrays["track_occupancy"], occupied)
    assert arrays["video_path"].item() == b"m 1.mp4"


@pytest.mark.parametrize("individuals", [ONE, TWO])
def test_movements_file_has_named_axes(tmp_path, individuals):
    given = exported(individuals)
    with h5py.File(written(tmp_path, "movement", given)["v1.nc"]) as file:
        position, confidence = file["position"], file["confidence"]
        axes = [position.dims[i][0].name.strip("/") for i in range(4)]
        assert axes == ["time", "space", "keypoint", "individual"]
        np.testing.assert_allclose(position[()].transpose(0, 3, 2, 1), given.xy_px - 0.5)
        np.testing.assert_allclose(confidence[()].transpose(0, 2, 1), given.poses.score)
        assert [n.decode() for n in file["individual"][()]] == [*individuals]
        np.testing.assert_allclose(file["time"][()], given.poses.time_s)
        assert file.attrs["ds_type"] == "poses"


def test_every_format_is_tested_here_or_with_its_own_library():

    here = (
        Path(__file__).read_text()
        + Path(__file__).with_name("test_exports_elsewhere.py").read_text()
    )
    assert [name for name in EXPORTS if f'"{name}"' not in here] == []


def test_what_nwb_lacks_is_told_with_the_command_for_this_python(tmp_path, monkeypatch):
    """The package is in no registry under our own name: an extra of it could not be installed."""

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SuperAnimalError) as told:
        written(tmp_path, "nwb", exported())
    assert str(told.value).endswith(f": {sys.executable} -m pip install ndx-pose")
