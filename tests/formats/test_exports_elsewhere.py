"""Exports read back by the other programs' own libraries.

`make test-readers` installs them beside the environment (tests/formats/readers.txt), and there none
may lack; elsewhere what is not installed is left out.
"""

import importlib
import os

import numpy as np
import pytest
from made_exports import FRAMES, SPACE, exported, written

ONE, TWO = ("animal0",), ("left mouse", "right")


def library(name):
    """Another program's library; the test is left out where it may lack and does."""
    if os.environ.get("SUPERANIMAL_READERS"):
        return importlib.import_module(name)
    return pytest.importorskip(name)


def positions_of(labels, individuals):
    """(frame, individual, keypoint, 2) and scores of sleap-io's labels, NaN where nothing is."""
    shape = (FRAMES, len(individuals), len(SPACE))
    xy, score = np.full((*shape, 2), np.nan), np.zeros(shape)
    for frame in labels:
        for instance in frame.instances:
            at = frame.frame_idx, individuals.index(instance.track.name)
            xy[at], score[at] = instance.numpy(), np.nan_to_num(instance.points["score"])
    return xy, score


@pytest.mark.parametrize("individuals", [ONE, TWO])
@pytest.mark.parametrize(
    ("name", "load"), [("sleap_slp", "load_slp"), ("sleap_analysis", "load_analysis_h5")]
)
def test_sleap_io_opens_both_files_of_sleap(tmp_path, name, load, individuals):
    sleap_io = library("sleap_io")
    given = exported(individuals)
    (path,) = written(tmp_path, name, given).values()
    labels = getattr(sleap_io, load)(str(path))
    xy, score = positions_of(labels, individuals)
    np.testing.assert_allclose(xy, given.xy_px - 0.5, atol=1e-3)
    is_there = np.isfinite(xy).all(axis=-1)
    np.testing.assert_allclose(score[is_there], given.poses.score[is_there], atol=1e-6)
    assert labels.skeleton.node_names == [*SPACE.keypoints]
    edges = [tuple(edge) for edge in labels.skeleton.edge_names]
    assert edges == [tuple(bone) for bone in SPACE.bones]
    assert [track.name for track in labels.tracks] == [*individuals]
    assert labels.video.filename == "m 1.mp4"
    if name == "sleap_slp":
        (pair,) = labels.skeleton.symmetry_names
        assert set(pair) == {"left_ear", "right_ear"}


@pytest.mark.parametrize("individuals", [ONE, TWO])
def test_pynwb_reads_one_file_for_each_animal(tmp_path, individuals):
    pynwb = library("pynwb")
    library("ndx_pose")
    given = exported(individuals)
    files = written(tmp_path, "nwb", given)
    assert [*files] == (
        ["v1.nwb"] if len(individuals) == 1 else ["v1_left mouse.nwb", "v1_right.nwb"]
    )
    for number, path in enumerate(files.values()):
        with pynwb.NWBHDF5IO(str(path), "r") as io:
            file = io.read()
            assert file.subject.subject_id == individuals[number]
            estimation = file.processing["behavior"]["v1"]
            assert list(estimation.skeleton.nodes) == [*SPACE.keypoints]
            for column, keypoint in enumerate(SPACE.keypoints):
                series = estimation[keypoint]
                np.testing.assert_allclose(series.data[:], given.xy_px[:, number, column] - 0.5)
                np.testing.assert_allclose(series.timestamps[:], given.poses.time_s)
                np.testing.assert_allclose(
                    series.confidence[:], given.poses.score[:, number, column]
                )


@pytest.mark.parametrize("individuals", [ONE, TWO])
def test_xarray_opens_the_dataset_of_movement(tmp_path, individuals):
    xarray = library("xarray")
    library("h5netcdf")
    given = exported(individuals)
    (path,) = written(tmp_path, "movement", given).values()
    with xarray.open_dataset(path, engine="h5netcdf") as found:
        assert found.position.dims == ("time", "space", "keypoint", "individual")
        nose = found.position.sel(keypoint="nose", individual=individuals[-1]).to_numpy()
        np.testing.assert_allclose(nose, given.xy_px[:, -1, 3] - 0.5)
        np.testing.assert_allclose(found.time, given.poses.time_s)
        assert found.attrs["fps"] == pytest.approx(given.poses.fps)


@pytest.mark.parametrize(
    ("name", "source", "individuals"),
    [
        ("lightning_pose_csv", "LightningPose", ONE),
        *(
            (name, source, individuals)
            for name, source in [
                ("deeplabcut_h5", "DeepLabCut"),
                ("deeplabcut_csv", "DeepLabCut"),
                ("sleap_analysis", "SLEAP"),
            ]
            for individuals in (ONE, TWO)
        ),
    ],
)
def test_movement_reads_the_tables(tmp_path, name, source, individuals):
    load = library("movement.io.load_poses")
    given = exported(individuals)
    (path,) = written(tmp_path, name, given).values()
    found = load.from_file(path, source, fps=25)
    names = [dimension for dimension in found.position.dims if dimension not in ("time", "space")]
    nose = found.position.isel({names[0]: 3, names[1]: -1}).to_numpy()
    np.testing.assert_allclose(nose, given.xy_px[:, -1, 3] - 0.5, atol=1e-3)


def test_pycocotools_takes_the_results(tmp_path):
    coco = library("pycocotools.coco")
    given = exported(TWO)
    (path,) = written(tmp_path, "coco_results", given).values()
    labels = coco.COCO()
    labels.dataset = {"images": [{"id": i} for i in range(FRAMES)], "annotations": [],
                      "categories": [{"id": 1, "name": "stick"}]}  # fmt: skip
    labels.createIndex()
    results = labels.loadRes(str(path))
    assert sorted(results.getImgIds(catIds=[1])) == [*range(FRAMES)]
    assert len(results.getAnnIds()) == 2 * FRAMES - 1
