"""Write synthetic animals to files: labs as foreign data sets, videos with truth, a demo study.

Foreign layouts count pixel centers from 0 (the top-left one at (0, 0)), so 0.5 is subtracted from
keypoints there; COCO boxes are continuous. Everything gets a temporary name first, then its own.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from study_files import write_text

from superanimal_core.errors import DatasetError
from superanimal_core.synthetic.casting import mouse_video_scene, quadruped_video_scene
from superanimal_core.synthetic.labs import LABS, SPACES, Lab, LabImage, lab_images
from superanimal_core.synthetic.scene import Scene, render_frames
from superanimal_core.synthetic.truth import (
    bout_truth,
    footfall_truth,
    keypoint_truth,
    scene_truth,
)
from superanimal_core.tables.atomic import replacing

SCORER = "annotator"
LICENSE = "CC0-1.0"
PIXEL_CENTER = 0.5
PICTURES = 780  # labeled ones per lab
PROCESSES = 2


def write_synthetic_lab(
    lab: Lab, folder: str | Path, images: int, seed: int, size_px: tuple[int, int] = (320, 240)
) -> None:
    """Write a lab's labeled pictures as a data set in its layout.

    `coco`: annotations.json and images/<video>/. `deeplabcut`: labeled-data/<video>/ with the
    pictures and CollectedData_<scorer>.csv and .h5. `lightning_pose`: CollectedData.csv beside
    labeled-data/<video>/. An unknown layout is a DatasetError.
    """
    writers = {
        "coco": _write_coco,
        "deeplabcut": _write_deeplabcut,
        "lightning_pose": _write_lightning_pose,
    }
    if lab.layout not in writers:
        raise DatasetError(f"lab '{lab.name}': unknown layout '{lab.layout}'; known: {[*writers]}")
    with replacing(folder) as temporary:
        temporary.mkdir(parents=True)
        writers[lab.layout](lab, temporary, lab_images(lab, images, size_px, seed))


def write_conversion_table(lab: Lab, path: str | Path) -> None:
    """Write the table source keypoint -> unified keypoint (empty: dropped), tab-separated."""
    rows = ["source\tunified", *("\t".join(pair) for pair in lab.words)]
    write_text(path, "\n".join(rows) + "\n")


def write_synthetic_video(scene: Scene, path: str | Path, fps: float, frames: int) -> None:
    """Write a scene as H.264, and its truth beside it.

    `<stem>.truth.parquet` (frame, time_s, individual, keypoint, x_px, y_px, visible),
    `<stem>.footfalls.parquet` (limb, strike_s, lift_s; a stance that outlasts the video has no
    lift), `<stem>.bouts.parquet` (individual, behavior, start_s, stop_s) and `<stem>.truth.json`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(frames) / fps
    xy_px, is_visible = [], []
    with replacing(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(10_000))
        stream.width, stream.height = scene.camera.width_px, scene.camera.height_px
        stream.pix_fmt = "yuv420p"
        # the same bytes each time: neither several threads nor mbtree give them
        stream.options = {"crf": "18", "preset": "veryfast", "x264-params": "threads=1:mbtree=0"}
        for frame in render_frames(scene, time_s):
            xy_px.append(frame.xy_px)
            is_visible.append(frame.is_visible)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="rgb24")))
        container.mux(stream.encode(None))
    timeline, duration_s = scene.animal.timeline, frames / fps
    seen = np.stack(xy_px)
    keypoints = keypoint_truth(scene.animal.keypoints, time_s, seen, np.stack(is_visible))
    _write_table(keypoints, path.with_suffix(".truth.parquet"))
    _write_table(footfall_truth(timeline, duration_s), path.with_suffix(".footfalls.parquet"))
    _write_table(bout_truth(timeline, duration_s), path.with_suffix(".bouts.parquet"))
    summary = json.dumps(scene_truth(scene, seen, fps), indent=2) + "\n"
    write_text(path.with_suffix(".truth.json"), summary)


def write_demo_study(
    folder: str | Path,
    seed: int,
    images: int = PICTURES,
    size_px: tuple[int, int] = (320, 240),
    mouse_frames: int = 320,
    quadruped_frames: int = 390,
    fps: float = 50.0,
) -> None:
    """Write the demo study: labs, videos with truth, conversion tables and sheets.

    Data sets go to datasets/<lab>, videos to raw/, tables to config/. One of the three videos is
    broken on purpose: its end, with the index that players need, is missing. config.yaml is not
    written here.
    """
    folder = Path(folder)
    mouse = mouse_video_scene(seed, mouse_frames / fps)
    quadruped = quadruped_video_scene(seed, quadruped_frames / fps, 560)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        drawn = [
            pool.submit(write_synthetic_video, scene, folder / "raw" / name, fps, frames)
            for scene, name, frames in (
                (mouse, "mouse_tiles.mp4", mouse_frames),
                (quadruped, "quadruped_room.mp4", quadruped_frames),
            )
        ]
        drawn += [
            pool.submit(
                write_synthetic_lab, lab, folder / "datasets" / lab.name, images, seed, size_px
            )
            for lab in LABS
        ]
        for each in drawn:
            each.result()
    for lab in LABS:
        table = folder / "config" / "keypoints" / SPACES[lab.animal] / f"{lab.name}.tsv"
        write_conversion_table(lab, table)
    _write_broken_video(folder / "raw" / "mouse_broken.mp4", seed + 1, fps)
    _write_sheets(folder / "config")


def write_video_batch(
    folder: str | Path, n: int, frames: int, seed: int, fps: float = 50.0
) -> None:
    """Write `n` short videos with truth, mice and quadrupeds in turn, for tests of scale."""
    for i in range(n):
        is_mouse, duration_s = i % 2 == 0, frames / fps
        if is_mouse:
            scene = mouse_video_scene(seed + i, duration_s)
        else:
            scene = quadruped_video_scene(seed + i, duration_s, 560)
        name = f"{'mouse' if is_mouse else 'quadruped'}_{i:04d}.mp4"
        write_synthetic_video(scene, Path(folder) / name, fps, frames)


def _write_coco(lab: Lab, folder: Path, pictures: Iterator[LabImage]) -> None:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for i, picture in enumerate(pictures):
        name = f"images/{picture.group}/img{i:04d}.jpg"
        _write_image(picture, folder / name, lab.jpeg_quality)
        height, width = picture.frame.image.shape[:2]
        images.append({"id": i + 1, "file_name": name, "width": width, "height": height})
        annotations.append(_coco_annotation(picture, i + 1))
    category = {"id": 1, "name": lab.animal, "supercategory": "animal", "keypoints": lab.sources}
    document = {
        "info": {"description": f"synthetic lab '{lab.name}'", "version": "1.0"},
        "licenses": [{"id": 1, "name": LICENSE, "url": ""}],
        "images": images,
        "annotations": annotations,
        "categories": [{**category, "skeleton": []}],
    }
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")


def _coco_annotation(picture: LabImage, number: int) -> dict[str, Any]:
    """Keypoints as x, y, v: v 0 not labeled, 1 labeled but hidden, 2 labeled and seen."""
    is_labeled = np.isfinite(picture.xy_px[:, 0])
    xy = np.where(is_labeled[:, None], picture.xy_px - PIXEL_CENTER, 0)
    v = np.where(is_labeled, np.where(picture.is_visible, 2, 1), 0)
    triples = [
        [round(float(x), 3), round(float(y), 3), int(s)] for (x, y), s in zip(xy, v, strict=True)
    ]
    x0, y0, x1, y1 = picture.frame.box_xyxy_px.tolist()
    return {
        "id": number,
        "image_id": number,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": (x1 - x0) * (y1 - y0),
        "num_keypoints": int(is_labeled.sum()),
        "keypoints": [value for triple in triples for value in triple],
    }


def _write_deeplabcut(lab: Lab, folder: Path, pictures: Iterator[LabImage]) -> None:
    for group, rows in _labeled_rows(lab, folder, pictures).items():
        index = [("labeled-data", group, name) for name, _ in rows]
        table = pd.DataFrame(
            np.array([values for _, values in rows]),
            index=pd.MultiIndex.from_tuples(index),
            columns=_three_row_header(lab),
        )
        stem = folder / "labeled-data" / group / f"CollectedData_{SCORER}"
        table.to_csv(stem.with_suffix(".csv"))
        _write_hdf(table, stem.with_suffix(".h5"))


def _write_hdf(table: pd.DataFrame, path: Path) -> None:
    """`to_hdf` without the times of writing, which HDF5 keeps: the same table, the same bytes."""
    with pd.HDFStore(path, "w") as store:
        for kind in ("array", "carray", "earray", "vlarray", "table"):
            create = getattr(store._handle, f"create_{kind}")
            setattr(store._handle, f"create_{kind}", partial(create, track_times=False))
        store.put("df_with_missing", table, track_times=False)


def _write_lightning_pose(lab: Lab, folder: Path, pictures: Iterator[LabImage]) -> None:
    groups = _labeled_rows(lab, folder, pictures)
    table = pd.DataFrame(
        np.array([values for rows in groups.values() for _, values in rows]),
        index=[
            f"labeled-data/{group}/{name}" for group, rows in groups.items() for name, _ in rows
        ],
        columns=_three_row_header(lab),
    )
    table.to_csv(folder / "CollectedData.csv")


def _labeled_rows(
    lab: Lab, folder: Path, pictures: Iterator[LabImage]
) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Write the pictures; per video, (picture's name, x and y of every keypoint in turn)."""
    groups: dict[str, list[tuple[str, np.ndarray]]] = {}
    for i, picture in enumerate(pictures):
        name = f"img{i:04d}.png"
        _write_image(picture, folder / "labeled-data" / picture.group / name, None)
        values = np.round(picture.xy_px - PIXEL_CENTER, 3).ravel()
        groups.setdefault(picture.group, []).append((name, values))
    return groups


def _three_row_header(lab: Lab) -> pd.MultiIndex:
    names = ["scorer", "bodyparts", "coords"]
    return pd.MultiIndex.from_product([[SCORER], lab.sources, ["x", "y"]], names=names)


def _write_image(picture: LabImage, path: Path, jpeg_quality: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [] if jpeg_quality is None else [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality]
    if not cv2.imwrite(str(path), picture.frame.image[..., ::-1], options):
        raise DatasetError(f"{path}: the picture could not be written; is the disk full?")


def _write_broken_video(path: Path, seed: int, fps: float) -> None:
    """A copy that was cut off: the index at the file's end (the moov atom) is missing."""
    whole = path.with_name(f".whole-{path.name}")
    write_synthetic_video(mouse_video_scene(seed, 1.0), whole, fps, 40)
    content = whole.read_bytes()
    with replacing(path) as temporary:
        temporary.write_bytes(content[: int(len(content) * 0.6)])
    for made in path.parent.glob(f"{whole.stem}.*"):
        made.unlink()


def _write_sheets(config: Path) -> None:
    datasets = ["dataset\tpath\tformat\tspace\trole\tlicense"]
    for lab in LABS:
        path = f"datasets/{lab.name}" + ("/annotations.json" if lab.layout == "coco" else "")
        row = (lab.name, path, lab.layout, SPACES[lab.animal], "pretrain", LICENSE)
        datasets.append("\t".join(row))
    videos = [
        "path\tvideo\tmodel\tsubject\ttruth",
        "raw/mouse_tiles.mp4\tmouse_tiles\tmouse\tmouse1\traw/mouse_tiles.truth.parquet",
        "raw/quadruped_room.mp4\tquadruped_room\tquadruped\tdog1\traw/quadruped_room.truth.parquet",
        "raw/mouse_broken.mp4\tmouse_broken\tmouse\tmouse2\t",
    ]
    write_text(config / "datasets.tsv", "\n".join(datasets) + "\n")
    write_text(config / "videos.tsv", "\n".join(videos) + "\n")


def _write_table(columns: dict[str, Any], path: Path) -> None:
    arrays = {
        name: pa.array(values, pa.string()).dictionary_encode()
        if isinstance(values, list)
        else pa.array(values)
        for name, values in columns.items()
    }
    with replacing(path) as temporary:
        pq.write_table(pa.table(arrays), temporary, compression="zstd")
