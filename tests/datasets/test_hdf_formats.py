"""SLEAP's analysis files and packages, and NWB: what was written is read."""

import json
from dataclasses import replace

import cv2
import foreign_documents as foreign
import h5py
import numpy as np
import pytest

from superanimal_core.datasets import PARSERS
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.foreign import extract_frames, read_foreign
from superanimal_core.media.images import read_image, write_image
from superanimal_core.pose.labels import LabelState

NODES = ("nose", "tail")


class WithVideo(DiskFolder):
    """A folder whose video need not be one."""

    def image_size_px(self, name):
        return (64, 48)

    def is_video(self, name):
        return name.endswith(".mp4")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "v.mp4").write_bytes(b"")
    return WithVideo(tmp_path)


def tracks(seed=0, shape=(5, 2, 2)):
    random = np.random.default_rng(seed)
    xy, score = random.uniform(0, 48, (*shape, 2)), random.uniform(0, 1, shape)
    xy[random.random(shape) < 0.3] = np.nan
    return xy, score


def test_an_analysis_file_is_read_frame_by_frame(folder):
    xy, score = tracks()
    foreign.write_analysis(folder.root / "v.analysis.h5", xy, NODES, score)
    labels = PARSERS["sleap_analysis"]("set", folder)
    assert labels.space.keypoints == NODES
    is_there = np.isfinite(xy).all(axis=3)
    assert len(labels) == is_there.any(axis=2).sum()
    for row, name in enumerate(labels.image):
        frame, track = int(name.split("=")[1]), int(labels.individual[row][1:])
        assert np.allclose(labels.xy_px[row], xy[frame, track], equal_nan=True)
        assert np.allclose(labels.score[row], score[frame, track])


def test_nwb_estimates_are_read_frame_by_frame(folder):
    xy, score = tracks(1, (6, 2))
    foreign.write_nwb_estimates(folder.root / "v.nwb", xy, NODES, score)
    labels = PARSERS["nwb"]("set", folder)
    frames = [int(name.split("=")[1]) for name in labels.image]
    assert frames == np.flatnonzero(np.isfinite(xy).all(axis=2).any(axis=1)).tolist()
    assert np.allclose(labels.xy_px, xy[frames], equal_nan=True)
    assert np.allclose(labels.score, score[frames])


def test_nwb_training_labels_come_before_estimates(folder):
    xy, _ = tracks(2, (3, 2))
    xy[0] = 1.0, 2.0
    instances = [(xy[0], np.array([True, False])), (xy[1], np.array([True, True]))]
    foreign.write_nwb_training(folder.root / "v.nwb", {7: instances, 3: [(xy[2], [1, 1])]}, NODES)
    labels = PARSERS["nwb"]("set", folder)
    assert labels.image.tolist() == ["v.mp4#frame=7", "v.mp4#frame=7", "v.mp4#frame=3"]
    assert labels.individual.tolist() == ["animal0", "animal1", "animal0"]
    assert labels.state[0].tolist() == [LabelState.VISIBLE, LabelState.OCCLUDED]
    assert np.allclose(labels.xy_px, xy, equal_nan=True)


def test_positions_in_space_are_refused(folder):
    with h5py.File(folder.root / "v.nwb", "w") as file:
        series = file.create_group("processing/behavior/p/nose")
        series.attrs["neurodata_type"] = "PoseEstimationSeries"
        series["data"] = np.zeros((4, 3))
    with pytest.raises(DatasetError, match=r"expected \(row, 2\), in pixels"):
        PARSERS["nwb"]("set", folder)


def package(path, pictures, numbers, is_padded):
    """A .pkg.slp with one labeled point in the last of its stored frames."""
    document = {"nodes": [{"name": "nose"}], "skeletons": [{"nodes": [{"id": 0}]}]}
    encoded = [cv2.imencode(".png", p)[1].view(np.int8) for p in pictures]
    with h5py.File(path, "w") as file:
        file.create_group("metadata").attrs["json"] = np.bytes_(json.dumps(document).encode())
        file["metadata"].attrs["format_id"] = 1.2
        video = {"backend": {"filename": ".", "dataset": "video0/video"}}
        file["videos_json"] = np.array([json.dumps(video).encode()])
        file["tracks_json"] = np.array([b'[0, "t"]'])
        frame = [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8")]
        file["frames"] = np.array([(0, 0, numbers[-1])], dtype=frame)
        instance = [("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4")]
        instance += [("track", "i4"), ("point_id_start", "u8")]
        file["instances"] = np.array([(0, 0, 0, 0, 0)], dtype=instance)
        point = [("x", "f8"), ("y", "f8"), ("visible", "?")]
        file["points"] = np.array([(3.0, 4.0, True)], dtype=point)
        if is_padded:
            cells = np.zeros((len(encoded), max(map(len, encoded))), dtype=np.int8)
            for row, picture in zip(cells, encoded, strict=True):
                row[: len(picture)] = picture.ravel()
            file["video0/video"] = cells
        else:
            kind = h5py.vlen_dtype(np.int8)
            stored = file.create_dataset("video0/video", (len(encoded),), dtype=kind)
            for i, picture in enumerate(encoded):
                stored[i] = picture.ravel()
        file["video0/frame_numbers"] = np.array(numbers)


@pytest.mark.parametrize("is_padded", [True, False])
def test_pictures_in_a_package_are_taken_out(tmp_path, is_padded):
    pictures = np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3), dtype=np.uint8)
    smooth = [cv2.GaussianBlur(p, (0, 0), 6) for p in pictures]
    package(tmp_path / "l.pkg.slp", smooth, [2, 5, 90], is_padded)
    labels = read_foreign("set", str(tmp_path / "l.pkg.slp"), "sleap")
    assert labels.image[0].endswith("l.pkg.slp/video0#frame=90")
    assert labels.image_size_px.tolist() == [[64, 48]]
    assert labels.xy_px.tolist() == [[[3.5, 4.5]]]
    taken = extract_frames(labels, tmp_path / "frames")
    drawn = read_image(taken.image[0]).astype(int)
    assert np.abs(drawn - smooth[2][..., ::-1]).max() < 12  # a JPEG of a BGR picture


def test_a_package_without_its_picture_is_an_error(tmp_path):
    package(tmp_path / "l.pkg.slp", [np.zeros((48, 64, 3), np.uint8)] * 2, [2, 5], True)
    with h5py.File(tmp_path / "l.pkg.slp", "a") as file:
        file["video0/frame_numbers"][...] = [2, 6]
    labels = read_foreign("set", str(tmp_path / "l.pkg.slp"), "sleap")
    with pytest.raises(DatasetError, match="labels name frame 5"):
        extract_frames(labels, tmp_path / "frames")


def test_labels_without_their_pictures_are_refused_where_pictures_are_needed(tmp_path, labels_of):
    write_image(np.zeros((8, 9, 3), np.uint8), tmp_path / "a.png")
    labels = labels_of(image=np.array([str(tmp_path / "a.png")] * 2, dtype=object))
    assert extract_frames(labels, tmp_path / "frames").image.tolist() == labels.image.tolist()
    there_and_not = np.array([str(tmp_path / n) for n in ("a.png", "b.png")], dtype=object)
    with pytest.raises(DatasetError, match=r"1 of 2 labeled pictures are missing: .*b\.png"):
        extract_frames(replace(labels, image=there_and_not), tmp_path / "frames")


def test_one_picture_by_two_names_is_not_two_pictures(tmp_path):
    (tmp_path / "a").mkdir()
    write_image(np.zeros((8, 9, 3), np.uint8), tmp_path / "a/x.png")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    table = tmp_path / "labels.csv"
    table.write_text("image,keypoint,x,y\na/x.png,nose,1,2\n")
    assert len(read_foreign("set", str(table), "long_table")) == 1
    table.write_text(table.read_text() + "b/x.png,nose,1,2\n")
    with pytest.raises(DatasetError, match=r"'a/x\.png' and 'b/x\.png' are one file by a link"):
        read_foreign("set", str(table), "long_table")


def test_real_analysis_files_say_what_their_slp_says(shared_data):
    for folder, slp, analysis in [
        ("anipose_mouse", "top.slp", "top.analysis.h5"),
        ("sleap_flies/pair_120s", "predictions.slp", "predictions.analysis.h5"),
    ]:
        first = PARSERS["sleap"]("set", DiskFolder(shared_data / folder / slp))
        second = PARSERS["sleap_analysis"]("set", DiskFolder(shared_data / folder / analysis))
        assert first.space.keypoints == second.space.keypoints
        order = [np.lexsort((x.xy_px[:, 0, 0], x.image.astype(str))) for x in (first, second)]
        assert np.array_equal(first.image[order[0]], second.image[order[1]])
        assert np.allclose(first.xy_px[order[0]], second.xy_px[order[1]], atol=1e-3, equal_nan=True)
