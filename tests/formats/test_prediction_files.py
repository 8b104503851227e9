"""Predictions of DeepLabCut, Lightning Pose and SLEAP."""

import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from superanimal_core.datasets.headed_table import parse_headed_csv
from superanimal_core.errors import DatasetError
from superanimal_core.formats.prediction_files import (
    read_csv_table,
    read_ensemble,
    read_predictions,
)

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
needs_ensemble = pytest.mark.skipif(
    not (SHARED / "openfield_ensemble").is_dir(), reason=f"needs {SHARED}/openfield_ensemble"
)
needs_sleap = pytest.mark.skipif(
    not (SHARED / "sleap_flies").is_dir(), reason=f"needs {SHARED}/sleap_flies"
)
KEYPOINTS = ("nose", "tail")


def table(frames=6, individuals=None, keypoints=KEYPOINTS, seed=0):
    levels = [["net"], *([individuals] if individuals else []), keypoints,
              ["x", "y", "likelihood"]]  # fmt: skip
    names = ["scorer", *(["individuals"] if individuals else []), "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product(levels, names=names)
    values = np.random.default_rng(seed).uniform(0.5, 1, (frames, len(columns)))
    return pd.DataFrame(values, columns=columns)


def test_one_animal_from_csv_with_pixel_centers_moved(tmp_path):
    written = table()
    written.to_csv(tmp_path / "a.csv")
    poses = read_predictions(tmp_path / "a.csv", fps=50)
    assert poses.space.keypoints == KEYPOINTS
    assert poses.individuals == ("animal0",)
    np.testing.assert_allclose(poses.time_s, np.arange(6) / 50)
    nose = written["net"]["nose"]
    np.testing.assert_allclose(poses.xy_px[:, 0, 0], nose[["x", "y"]] + 0.5)
    np.testing.assert_allclose(poses.score[:, 0, 0], nose["likelihood"])


@pytest.mark.parametrize("layout", ["fixed", "table"])
@pytest.mark.parametrize("individuals", [None, ("a", "b")])
def test_csv_and_both_layouts_of_h5_say_the_same(tmp_path, layout, individuals):
    written = table(individuals=individuals)
    written.to_csv(tmp_path / "a.csv")
    written.to_hdf(tmp_path / "a.h5", key="df_with_missing", format=layout)
    from_csv, from_h5 = (read_predictions(tmp_path / f"a.{s}", fps=50) for s in ("csv", "h5"))
    assert from_csv.individuals == from_h5.individuals == (individuals or ("animal0",))
    assert from_csv.space == from_h5.space
    np.testing.assert_allclose(from_csv.xy_px, from_h5.xy_px)
    np.testing.assert_allclose(from_csv.score, from_h5.score)


def test_absent_is_nan_with_score_zero(tmp_path):
    written = table()
    written.loc[1] = np.nan
    written.loc[2, ("net", "nose", "likelihood")] = -1.0
    written.to_csv(tmp_path / "a.csv")
    poses = read_predictions(tmp_path / "a.csv", fps=50)
    assert np.isnan(poses.xy_px[1]).all()
    assert np.isnan(poses.xy_px[2, 0, 0]).all()
    assert np.isfinite(poses.xy_px[2, 0, 1]).all()
    assert (poses.score[1] == 0).all()


def test_frames_that_a_table_leaves_out_are_absent(tmp_path):
    table().drop(index=[0, 3]).to_csv(tmp_path / "a.csv")
    poses = read_predictions(tmp_path / "a.csv", fps=50)
    assert len(poses) == 6
    assert np.isnan(poses.xy_px[[0, 3]]).all()
    assert np.isfinite(poses.xy_px[[1, 2, 4, 5]]).all()


def test_rows_may_be_named_with_a_decimal_point(tmp_path):
    written = table()
    written.index = written.index.astype(float)
    written.to_csv(tmp_path / "a.csv")
    assert len(read_predictions(tmp_path / "a.csv", fps=50)) == 6


def test_the_fast_and_the_careful_parser_agree(tmp_path):
    path = tmp_path / "a.csv"
    written = table()
    written.iloc[2, 3] = np.nan
    written.to_csv(path)
    fast, careful = read_csv_table(path), parse_headed_csv(path.read_text(), str(path))
    assert fast.columns == careful.columns
    assert fast.index == careful.index
    np.testing.assert_array_equal(fast.values, careful.values)
    rows = path.read_text().splitlines()
    rows[-1] = rows[-1].rsplit(",", 6)[0]  # empty cells at the end may be left out
    path.write_text("\n".join([*rows[:-1], rows[-1].split(",")[0]]))
    assert np.isnan(read_csv_table(path).values[-1]).all()


SCORED = np.linspace(0, 1.2, 2 * 3 * 5).reshape(2, 3, 5)


@pytest.mark.parametrize("scores", [None, SCORED])
def test_sleap_analysis_files(tmp_path, scores):
    tracks = np.random.default_rng(0).uniform(0, 100, (2, 2, 3, 5))
    tracks[1, :, :, 2:] = np.nan
    with h5py.File(tmp_path / "a.analysis.h5", "w") as file:
        file["tracks"] = tracks
        file["node_names"] = np.array([b"head", b"thorax", b"tail"])
        file["track_names"] = np.array([b"female", b"male"])
        if scores is not None:
            file["point_scores"] = scores
    poses = read_predictions(tmp_path / "a.analysis.h5", fps=25)
    assert poses.individuals == ("female", "male")
    assert poses.space.keypoints == ("head", "thorax", "tail")
    np.testing.assert_allclose(poses.xy_px[1, 0, 2], tracks[0, :, 2, 1] + 0.5)
    assert (poses.score[2:, 1] == 0).all()
    expected = 1.0 if scores is None else min(scores[0, 2, 4], 1.0)
    assert poses.score[4, 0, 2] == expected


@needs_sleap
def test_a_real_sleap_file():
    poses = read_predictions(SHARED / "sleap_flies/pair_120s/predictions.analysis.h5", fps=25)
    assert poses.score.shape == (3000, 2, 13)
    assert np.isfinite(poses.xy_px).mean() > 0.9


@needs_ensemble
def test_a_real_ensemble_in_csv_and_h5():
    folder = SHARED / "openfield_ensemble"
    members = read_ensemble(sorted(folder.glob("net*.h5")), fps=30)
    assert len(members) == 3
    same = read_predictions(folder / "net1_imgaug.csv", fps=30)
    np.testing.assert_allclose(members[0].xy_px, same.xy_px, atol=1e-6)


@pytest.mark.parametrize("decimals", [None, 2])
def test_a_network_that_is_given_twice_is_told(tmp_path, decimals):
    whole = table(frames=6)
    for name, told in (("a", whole), ("b", whole if decimals is None else whole.round(decimals))):
        told.to_csv(tmp_path / f"{name}.csv")
    table(frames=6, seed=1).to_csv(tmp_path / "c.csv")
    paths = [tmp_path / f"{name}.csv" for name in "acb"]
    assert len(read_ensemble(paths[:2], fps=30.0)) == 2
    with pytest.raises(DatasetError, match=r"b\.csv: the same predictions as .*a\.csv"):
        read_ensemble(paths, fps=30.0)


def test_what_stands_still_is_no_copy(tmp_path):
    still = table(frames=6)
    still[:] = 0.5
    for name in "ab":
        still.to_csv(tmp_path / f"{name}.csv")
    assert len(read_ensemble([tmp_path / "a.csv", tmp_path / "b.csv"], fps=30.0)) == 2


def test_keypoints_in_another_order_are_put_in_the_first_ones(tmp_path):
    table(seed=0).to_csv(tmp_path / "a.csv")
    table(seed=1, keypoints=KEYPOINTS[::-1]).to_csv(tmp_path / "b.csv")
    first, second = read_ensemble([tmp_path / "a.csv", tmp_path / "b.csv"], fps=50)
    alone = read_predictions(tmp_path / "b.csv", fps=50)
    assert second.space == first.space
    np.testing.assert_array_equal(second.xy_px[:, 0], alone.xy_px[:, 0, ::-1])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (table(frames=5), "b.csv: 5 frames, but .*a.csv has 6"),
        (table(keypoints=("nose", "ear")), "b.csv: other keypoints than .*lacks: tail.*has: ear"),
        (table(individuals=("a", "b")), "b.csv: individuals a, b, but .*a.csv has animal0"),
    ],
)
def test_members_that_do_not_fit_are_named(tmp_path, other, said):
    table().to_csv(tmp_path / "a.csv")
    other.to_csv(tmp_path / "b.csv")
    with pytest.raises(DatasetError, match=said):
        read_ensemble([tmp_path / "a.csv", tmp_path / "b.csv"], fps=50)


HEADER = "scorer,n,n,n\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected the header rows"),
        ("frame,x,y\n0,1,2\n", "expected the header rows"),
        (HEADER, "not one frame"),
        (HEADER + "0,1,2,half\n", "row 4, column nose likelihood: 'half' is not a number"),
        (HEADER + "0,1,2,0.5,7\n", "row 4 has 5 cells, the header has 4"),
        (HEADER + "0,1,2,1\nimg7.png,1,2,1\n", "row 'img7.png' is no frame number"),
        (HEADER + "4,1,2,1\n3,1,2,1\n", "frame 3 stands after frame 4"),
        (HEADER + "999999999,1,2,1\n", "1 rows for 1000000000 frames"),
        (HEADER + "-1,1,2,1\n", "row '-1' is no frame number"),
        (HEADER + ",1,2,1\n", "row '' is no frame number"),
        (HEADER + "1" * 400 + ",1,2,1\n", "is no frame number"),
        (HEADER + "0,inf,2,1\n", "a position is infinite"),
        (HEADER.replace("likelihood", "visible") + "0,1,2,1\n", "no column 'likelihood'"),
        (HEADER.replace("x,", "z,") + "0,1,2,1\n", "has a column y, but none for x"),
    ],
)
def test_bad_tables_are_told_in_one_sentence(tmp_path, text, said):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(DatasetError, match=said) as caught:
        read_predictions(tmp_path / "bad.csv", fps=50)
    assert "bad.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", ",\n"),
        lambda text: text.replace("\n", ",,,\n"),
        lambda text: text.replace(",", ";").replace(".", ","),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text + ",,,\n",
    ],
    ids=["comma", "commas", "decimal_comma", "semicolons", "tabs", "empty_row"],
)
def test_what_spreadsheets_make_of_a_table_is_read_the_same(tmp_path, change):
    text = HEADER + "".join(f"{k},{k}.25,2.5,0.75\n" for k in range(5))
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_text(change(text))
    right, found = (read_predictions(tmp_path / f"{n}.csv", fps=50) for n in "ab")
    assert found.space == right.space
    np.testing.assert_array_equal(found.xy_px, right.xy_px)
    np.testing.assert_array_equal(found.score, right.score)


def test_a_column_with_numbers_and_without_a_name_is_told(tmp_path):
    text = HEADER + "0,1,2,0.5\n1,1,2,0.5\n"
    (tmp_path / "a.csv").write_text(text.replace("0.5\n", "0.5,7\n").replace("d\n", "d,\n"))
    with pytest.raises(DatasetError, match="row 4 has 5 cells, the header has 4"):
        read_predictions(tmp_path / "a.csv", fps=50)


def test_positions_that_no_network_says_are_absent(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + "0,0,0,1\n1,-1,-1,1\n2,0,1,0.5\n3,7,8,0.5\n")
    poses = read_predictions(tmp_path / "a.csv", fps=50)
    assert np.isnan(poses.xy_px[:2]).all()
    assert poses.score[:, 0, 0].tolist() == [0, 0, 0.5, 0.5]


def test_an_analysis_file_in_another_order_says_the_same(tmp_path):
    tracks = np.random.default_rng(0).uniform(0, 100, (2, 2, 2, 2))  # track, xy, node, frame
    with h5py.File(tmp_path / "usual.h5", "w") as usual, h5py.File(tmp_path / "b.h5", "w") as other:
        for file in (usual, other):
            file["node_names"] = np.array([b"head", b"tail"])
        usual["tracks"] = tracks
        other["tracks"] = tracks.transpose(3, 0, 2, 1)
        other["tracks"].attrs["dims"] = '["frame", "track", "node", "xy"]'
    right, found = (read_predictions(tmp_path / name, fps=25) for name in ("usual.h5", "b.h5"))
    np.testing.assert_array_equal(found.xy_px, right.xy_px)


def test_bad_files_are_told_in_one_sentence(tmp_path):
    (tmp_path / "bad.h5").write_bytes(b"not hdf5")
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with h5py.File(tmp_path / "shape.h5", "w") as file:
        file["tracks"] = np.zeros((2, 3, 4))
        file["node_names"] = np.array([b"head"])
    for name in ("bad.h5", "bad.csv", "shape.h5", "missing.csv", "missing.h5", "a.slp"):
        with pytest.raises(DatasetError, match=name):
            read_predictions(tmp_path / name, fps=50)
