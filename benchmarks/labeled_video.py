"""Frames per second of labeled videos, beside those of decoding and encoding with nothing drawn.

    python benchmarks/labeled_video.py            # two minutes
    python benchmarks/labeled_video.py --quick

A filmed mouse, enlarged to 640 x 480 and 1920 x 1080 and given the truth as its poses, alone or as
three animals, with all that can be drawn. Each is done by turns with the plain copy of the video,
and the quickest of each is told. Milliseconds of the processor, of all threads together, do not
depend on what else runs on the machine; two cores that have nothing else to do reach up to 2000
over them, in frames per second. The caption makes labeled pictures higher than the video's, which
is part of the cost.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import yaml
from machine_rows import add_record_option, keep_row

from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.network.ahead import ahead
from superanimal_core.pose.boxes import boxes_from_keypoints
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.film import Film, parts_shown, read_film
from superanimal_core.report.labeled_video import FRAMES_AHEAD, labeled_frames
from superanimal_core.report.video_file import write_timed_video, write_video
from superanimal_core.synthetic.casting import mouse_video_scene
from superanimal_core.synthetic.scene import render_frames
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import write_smoothed
from superanimal_core.tables.video_tables import boxes_to_table, frames_record, frames_to_table

CONFIG = Path(__file__).parents[1] / "config"
FPS = 50.0
SIZES = ((640, 480), (1920, 1080))


def main() -> None:
    """Print a line for each size and number of animals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 frames, twice")
    add_record_option(parser)
    options = parser.parse_args()
    frames, turns = (60, 2) if options.quick else (300, 3)
    for size in SIZES:
        for animals in (1, 3):
            with tempfile.TemporaryDirectory() as folder:
                film = filmed(Path(folder), size, frames, animals)
                plain, labeled = by_turns(turns, [lambda f=film: copy(f), lambda f=film: label(f)])
            print(
                f"{size[0]} x {size[1]}, animals: {animals}: "
                f"labeled {told(frames, labeled)}; nothing drawn {told(frames, plain)}; "
                f"frames/s over those with nothing drawn {plain[0] / labeled[0]:.2f}",
                flush=True,
            )
            if options.record:
                case = f"{size[0]} x {size[1]}, {animals} animal{'s' if animals > 1 else ''}"
                kept = figures_of(frames, labeled, plain)
                keep_row("labeled_video", case, kept, precision="", engine="")


def figures_of(
    frames: int, labeled: tuple[float, float], plain: tuple[float, float]
) -> dict[str, float]:
    """Of the labeled video and of one with nothing drawn."""
    return {
        "frames_per_s": frames / labeled[0],
        "processor_ms_per_frame": 1000 * labeled[1] / frames,
        "nothing_drawn_frames_per_s": frames / plain[0],
        "nothing_drawn_ms_per_frame": 1000 * plain[1] / frames,
    }


def told(frames: int, seconds: tuple[float, float]) -> str:
    """Frames per second of the clock, and what a frame costs the processor."""
    clock_s, processor_s = seconds
    return f"{frames / clock_s:.0f} frames/s, {1000 * processor_s / frames:.1f} ms of processor"


def by_turns(turns: int, works: Sequence[Callable[[], None]]) -> list[tuple[float, float]]:
    """Seconds of the clock and of the processor that each needs, the least of several turns."""
    found = [(float("inf"), float("inf"))] * len(works)
    for _ in range(turns):
        for number, work in enumerate(works):
            clock_s, processor_s = time.perf_counter(), time.process_time()
            work()
            needed = time.perf_counter() - clock_s, time.process_time() - processor_s
            found[number] = min(found[number][0], needed[0]), min(found[number][1], needed[1])
    return found


def copy(film: Film) -> None:
    """Decode and encode."""
    write_video(ahead(read_frames(film.video), FRAMES_AHEAD), f"{film.video}.copy.mp4", FPS)


def label(film: Film) -> None:
    """Decode, draw and encode, as the rule does."""
    images = labeled_frames(film, parts_shown(film, "v"))
    write_timed_video(ahead(images, FRAMES_AHEAD), f"{film.video}.labeled.mp4", film.fps)


def filmed(folder: Path, size: tuple[int, int], frames: int, animals: int) -> Film:
    """A video of this size with its tables."""
    scene = mouse_video_scene(0, frames / FPS)
    shown = [*render_frames(scene, np.arange(frames) / FPS)]
    scale = np.array(size) / (scene.camera.width_px, scene.camera.height_px)
    video = folder / "v.mp4"
    write_video((cv2.resize(frame.image, size) for frame in shown), video, FPS)
    space = read_keypoint_space(CONFIG / f"keypoints/{scene.animal.space}.yaml")
    xy_px = np.full((frames, animals, len(space), 2), np.nan)
    for number, keypoint in enumerate(scene.animal.keypoints):
        for i in range(animals):
            own = np.stack([frame.xy_px[number] for frame in shown]) * scale
            xy_px[:, i, space.index(keypoint)] = own + 0.1 * i * np.array(size)
    return film_of(folder, video, xy_px, space)


def film_of(folder: Path, video: Path, xy_px: np.ndarray, space: KeypointSpace) -> Film:
    """Everything that can be drawn: circles, paws that stand, behaviors, boxes."""
    account = index_frames(video, None)
    shape, names = xy_px.shape[:3], [f"animal{i}" for i in range(xy_px.shape[1])]
    is_there = np.asarray(np.isfinite(xy_px).all(axis=-1))
    poses = Poses(space, tuple(names), account.time_s, xy_px, np.where(is_there, 0.9, 0.0))
    nothing = np.zeros(xy_px.shape)
    strength = np.ones(shape[1:])
    smoothed = SmoothedPoses(poses, nothing, xy_px, nothing, is_there.astype(int), strength)
    radius_px = np.where(is_there, np.ptp(xy_px[is_there]) / 100, np.nan)
    expected = replace(unknown_error(shape), radius_90_px=radius_px)
    taught = [k for i, k in enumerate(space.keypoints) if is_there[:, :, i].any()]
    write_smoothed(smoothed, folder / "poses.parquet", {}, expected, taught)
    write_parquet(frames_to_table(account), folder / "frames.parquet", frames_record(account))
    boxes = boxes_from_keypoints(xy_px, margin_px=10.0)
    found_again = np.zeros(shape[:2], bool)
    table = boxes_to_table(boxes, np.ones(shape[:2]), account.time_s, found_again)
    write_parquet(table, folder / "boxes.parquet", {})
    whole = {"start_s": 0.0, "stop_s": 99.0, "strike_s": 0.0, "lift_s": 99.0}
    rows = [{"individual": n, "limb": taught[-1], "behavior": "walk", **whole} for n in names]
    for name in ("strides", "bouts"):
        write_parquet(pa.Table.from_pylist(rows), folder / f"{name}.parquet", {})
    tables = ("poses", "frames", "boxes", "strides", "bouts")
    inputs = {name: str(folder / f"{name}.parquet") for name in tables} | {"video": str(video)}
    shipped = yaml.safe_load((CONFIG / "config.yaml").read_text())["report"]["labeled_video"]
    settings = {"min_score": 0.3, "trail": taught[0], "called": "m1", "shown": shipped}
    return read_film(inputs, "v", settings, None)


if __name__ == "__main__":
    main()
