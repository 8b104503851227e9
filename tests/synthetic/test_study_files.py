import csv
import filecmp
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import cv2
import drawn_study
import numpy as np
import pandas as pd
import pytest
from drawn_study import (
    write_conversion_table,
    write_demo_study,
    write_synthetic_lab,
    write_synthetic_video,
    write_video_batch,
)

import superanimal_core
from superanimal_core.errors import DatasetError
from superanimal_core.synthetic.casting import mouse_video_scene, quadruped_video_scene
from superanimal_core.synthetic.labs import ARENA, BURROW, CABINET, LABS, lab_images

IMAGES, SEED, SIZE_PX = 12, 4, (320, 240)


def truth_of(lab):
    return list(lab_images(lab, IMAGES, SIZE_PX, SEED))


def test_a_coco_lab_gives_back_the_truth_after_the_shift_of_half_a_pixel(tmp_path):
    write_synthetic_lab(BURROW, tmp_path / "burrow", IMAGES, SEED)
    document = json.loads((tmp_path / "burrow" / "annotations.json").read_text())
    assert document["categories"][0]["keypoints"] == list(BURROW.sources)
    states = set()
    pairs = zip(document["images"], document["annotations"], truth_of(BURROW), strict=True)
    for image, annotation, truth in pairs:
        assert annotation["image_id"] == image["id"]
        picture = cv2.imread(str(tmp_path / "burrow" / image["file_name"]))
        assert picture.shape == (image["height"], image["width"], 3)
        assert np.abs(picture[..., ::-1].astype(int) - truth.frame.image).mean() < 6  # JPEG
        triples = np.array(annotation["keypoints"]).reshape(-1, 3)
        labeled = np.isfinite(truth.xy_px[:, 0])
        expected = np.where(labeled, np.where(truth.is_visible, 2, 1), 0)
        np.testing.assert_array_equal(triples[:, 2], expected)
        np.testing.assert_allclose(triples[labeled, :2] + 0.5, truth.xy_px[labeled], atol=1e-3)
        x, y, width, height = annotation["bbox"]
        np.testing.assert_array_equal([x, y, x + width, y + height], truth.frame.box_xyxy_px)
        states |= set(triples[:, 2].tolist())
    assert {0, 2} <= states


def test_a_deeplabcut_lab_gives_back_the_truth_from_csv_and_h5(tmp_path):
    write_synthetic_lab(ARENA, tmp_path / "arena", IMAGES, SEED)
    truth, seen = truth_of(ARENA), 0
    for folder in sorted((tmp_path / "arena" / "labeled-data").iterdir()):
        stem = folder / "CollectedData_annotator"
        table = pd.read_hdf(stem.with_suffix(".h5"), "df_with_missing")
        text = pd.read_csv(stem.with_suffix(".csv"), header=[0, 1, 2], index_col=[0, 1, 2])
        np.testing.assert_allclose(table.to_numpy(), text.to_numpy())
        assert list(table.columns) == list(text.columns)
        assert table.columns.names == ["scorer", "bodyparts", "coords"]
        for index, row in zip(table.index, table.to_numpy(), strict=True):
            assert (tmp_path / "arena").joinpath(*index).is_file()
            number = int(index[2].removeprefix("img").removesuffix(".png"))
            assert truth[number].group == index[1]
            np.testing.assert_allclose(row.reshape(-1, 2) + 0.5, truth[number].xy_px, atol=1e-3)
            seen += 1
    assert seen == IMAGES


def test_a_lightning_pose_lab_gives_back_the_truth(tmp_path):
    write_synthetic_lab(CABINET, tmp_path / "cabinet", IMAGES, SEED)
    path = tmp_path / "cabinet" / "CollectedData.csv"
    table = pd.read_csv(path, header=[0, 1, 2], index_col=0)
    for name, row, truth in zip(table.index, table.to_numpy(), truth_of(CABINET), strict=True):
        picture = cv2.imread(str(tmp_path / "cabinet" / name))
        np.testing.assert_array_equal(picture[..., ::-1], truth.frame.image)
        np.testing.assert_allclose(row.reshape(-1, 2) + 0.5, truth.xy_px, atol=1e-3)


def test_a_conversion_table_has_a_row_for_every_source_keypoint(tmp_path):
    write_conversion_table(ARENA, tmp_path / "table.tsv")
    with (tmp_path / "table.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [(row["source"], row["unified"]) for row in rows] == list(ARENA.words)
    assert {"source": "arena_corner", "unified": ""} in rows


def test_an_unknown_layout_is_named(tmp_path):
    with pytest.raises(DatasetError, match="unknown layout 'sleap'"):
        write_synthetic_lab(replace(BURROW, layout="sleap"), tmp_path / "lab", 4, 0)
    assert not (tmp_path / "lab").exists()


def test_a_video_carries_its_truth(tmp_path):
    scene, path = quadruped_video_scene(1, 3.2, 560), tmp_path / "walk.mp4"
    write_synthetic_video(scene, path, 50.0, 160)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", 50)
        times = [frame.time for frame in container.decode(stream)]
    truth = pd.read_parquet(tmp_path / "walk.truth.parquet")
    keypoints = len(scene.animal.keypoints)
    assert len(truth) == len(times) * keypoints == 160 * keypoints
    np.testing.assert_allclose(truth["time_s"][::keypoints], times, atol=1e-6)
    at = truth.pivot(index="frame", columns="keypoint", values=["x_px", "y_px"])
    figure = scene.camera.project(scene.animal.figure(np.array(times)).keypoints)
    nose = scene.animal.keypoints.index("nose")
    np.testing.assert_allclose(at["x_px"]["nose"], figure[:, nose, 0], atol=1e-6)
    summary = json.loads((tmp_path / "walk.truth.json").read_text())
    assert summary["frames"] == 160
    assert 60 < summary["body_length_px"] < 130
    bouts = pd.read_parquet(tmp_path / "walk.bouts.parquet")
    assert bouts["behavior"].tolist()[:2] == ["walk", "pause"]
    assert bouts["stop_s"].max() == pytest.approx(3.2)
    falls = pd.read_parquet(tmp_path / "walk.footfalls.parquet")
    stance = falls["lift_s"] - falls["strike_s"]
    expected = summary["duty_factor"] / summary["stride_frequency_hz"]
    assert stance.median() == pytest.approx(expected, rel=1e-6)
    assert falls["lift_s"].isna().any()


def test_the_picture_of_a_video_shows_the_animal_where_the_truth_says(tmp_path):
    scene, path = mouse_video_scene(2, 1.0), tmp_path / "mouse.mp4"
    write_synthetic_video(scene, path, 50.0, 30)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    truth = pd.read_parquet(tmp_path / "mouse.truth.parquet")
    tail = truth[truth["keypoint"] == "mouse_center"]
    for frame, x, y in zip(frames, tail["x_px"], tail["y_px"], strict=True):
        patch = frame[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4].mean(axis=(0, 1))
        floor = scene.background[int(y), int(x)].astype(float)
        assert np.abs(patch - floor).max() > 20


def test_the_demo_study_is_complete_and_one_video_is_broken(tmp_path):
    write_demo_study(tmp_path, 0, images=6, mouse_frames=20, quadruped_frames=20)
    datasets = pd.read_csv(tmp_path / "config" / "datasets.tsv", sep="\t")
    assert datasets["dataset"].tolist() == [lab.name for lab in LABS]
    for row in datasets.itertuples():
        assert (tmp_path / str(row.path)).exists()
        table = tmp_path / "config" / "keypoints" / str(row.space) / f"{row.dataset}.tsv"
        assert table.is_file()
    videos = pd.read_csv(tmp_path / "config" / "videos.tsv", sep="\t")
    assert set(videos["model"]) == {"mouse", "quadruped"}
    assert all((tmp_path / path).is_file() for path in videos["path"])
    with pytest.raises(av.FFmpegError):
        av.open(str(tmp_path / "raw" / "mouse_broken.mp4"))
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_a_batch_of_videos_has_mice_and_quadrupeds(tmp_path):
    write_video_batch(tmp_path, 2, 8, 0)
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == [
        "mouse_0000.mp4",
        "quadruped_0001.mp4",
    ]


DRAW = """
import os, sys
sys.path[:0] = sys.argv[2:]
if os.environ["OMP_NUM_THREADS"] == "1" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from drawn_study import write_demo_study
write_demo_study(sys.argv[1], 0, images=3, size_px=(96, 72), mouse_frames=12, quadruped_frames=12)
"""


def test_a_study_is_drawn_the_same_to_the_byte(tmp_path):
    modules = (Path(drawn_study.__file__), Path(superanimal_core.__file__).parent)
    paths = [str(module.parent) for module in modules]
    for threads in ("1", "4"):
        environment = os.environ | {"OMP_NUM_THREADS": threads}
        command = [sys.executable, "-c", DRAW, str(tmp_path / threads), *paths]
        subprocess.run(command, env=environment, check=True)
        time.sleep(1.1)  # formats that keep the time count whole seconds
    one, other = tmp_path / "1", tmp_path / "4"
    names = sorted(str(p.relative_to(one)) for p in one.rglob("*") if p.is_file())
    kinds = {Path(name).suffix for name in names}
    assert {".mp4", ".parquet", ".png", ".jpg", ".csv", ".h5", ".json", ".tsv"} <= kinds
    assert filecmp.cmpfiles(one, other, names, shallow=False) == (names, [], [])
