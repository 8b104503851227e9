"""Figures of a GPU: from a video to Parquet, and what each step of it takes."""

import io
import math
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from gpu_measuring import Clock, Figures, Given

from superanimal_core.inference.detect import DetectedBoxes
from superanimal_core.inference.predict import member_poses
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.media.video import read_frames
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Image, apply_affine
from superanimal_core.network.detector import DETECTORS, DetectorBundle, detect, ready_detector
from superanimal_core.network.devices import autocast
from superanimal_core.network.pose_network import ready_network
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import poses_to_table

EVERY, RATE_HZ = 13, 25  # frames to a look, as a trained detector needs; frames of a video
HALF = np.array([0.25, 0.25, 0.75, 0.75])  # of a picture


class Looking(NamedTuple):
    """What looks at a video, in a precision."""

    bundle: ModelBundle
    detector: DetectorBundle
    precision: str


class TimeOverError(Exception):
    """A video that has taken the time of its part."""


def video_rates(given: Given) -> Iterator[Figures]:
    """Frames per second: of decoding alone, of the whole way, and step after step."""
    sizes = given.sizes
    name, network = next(iter(sizes.networks.items()))
    detector = DETECTORS[sizes.detector](classes=2)
    found_by = DetectorBundle(detector, sizes.detector, {"classes": 2}, None, None, 1, ())
    bundle, both = network.bundle(), f"{name} and {sizes.detector}"
    for size_px in sizes.videos:
        of_size = f"{size_px[0]} x {size_px[1]}"
        if not given.has_time(f"video of {of_size}"):
            return
        clip = write_clip(size_px, sizes.frames, given.folder / f"{of_size}.mp4")
        rate = {"frames_per_s": decoding_rate(clip)}
        yield Figures(f"decoding alone, on the processor, {of_size}", "float32", rate)
        for case, measure in {
            f"{both}, video to Parquet, {of_size}": video_rate,
            f"{both}, one step after the other, {of_size}": time_parts,
        }.items():
            for precision in sizes.precisions:
                told = f"{case}, {precision}"
                if not given.has_time(told):
                    return
                looking = Looking(bundle, found_by, precision)
                try:
                    values = given.fitting(told, partial(measure, given, clip, looking))
                except TimeOverError:
                    print(f"no time is left: {told} was not finished", flush=True)
                    return
                if values is not None:
                    yield Figures(case, precision, values)


def write_clip(size_px: tuple[int, int], frames: int, path: Path) -> Path:
    """A dark blob that moves over a still pattern."""
    width, height = size_px
    coarse = np.random.default_rng(0).integers(100, 200, (-(-height // 8), -(-width // 8), 3))
    still = coarse.astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)[:height, :width]

    def shown() -> Iterator[Image]:
        for frame in range(frames):
            image, left = still.copy(), width // 8 + frame * width // (2 * frames)
            image[height // 3 : height // 2, left : left + width // 6] = 30
            yield image

    write_video(shown(), path, RATE_HZ)
    return path


def decoding_rate(clip: Path) -> float:
    """Frames per second of decoding alone."""
    start_s = time.perf_counter()
    frames = sum(1 for _ in read_frames(clip))
    return frames / (time.perf_counter() - start_s)


def video_rate(given: Given, clip: Path, looking: Looking) -> dict[str, float]:
    """Frames per second of the way that a study goes, after some frames to warm up."""
    sizes = given.sizes
    predict(given, clip, min(2 * sizes.batch, sizes.frames), looking)
    start_s = time.perf_counter()
    predict(given, clip, sizes.frames, looking)
    return {"frames_per_s": sizes.frames / (time.perf_counter() - start_s)}


@dataclass
class TimelyBoxes(DetectedBoxes):
    """Boxes of a detector; TimeOverError when the time is over."""

    until_s: float = math.inf

    def boxed(self, images: Iterable[Image], start: int) -> Iterator[Any]:
        """The frames from `start` on with their boxes."""
        return super().boxed(timely(images, self.until_s), start)


def timely(images: Iterable[Image], until_s: float) -> Iterator[Image]:
    """The same images; TimeOverError when the time is over."""
    for image in images:
        if time.perf_counter() >= until_s:
            raise TimeOverError
        yield image


def predict(given: Given, clip: Path, frames: int, looking: Looking) -> None:
    """Write the poses of the first frames of a video, and their boxes."""
    device, batch, precision = given.device, given.sizes.batch, looking.precision
    times = np.arange(frames) / RATE_HZ
    source = TimelyBoxes(
        looking.detector, times, max_individuals=1, min_score=0.0, every_frames=EVERY,
        max_gap_s=2.0, batch=batch, device=device, precision=precision, until_s=given.until_s,
    )  # fmt: skip
    how = {"batch": batch, "precision": precision, "device": device}
    place = Path(tempfile.mkdtemp(dir=given.folder))
    bundles = {"member-0": looking.bundle}
    prediction = VideoPrediction(bundles, str(clip), times, source, None, 5000, how)
    said = io.StringIO()
    with redirect_stdout(said):
        prediction.write(place / "predicted", {"member-0": {}}, boxes=place / "boxes.parquet")
    for line in said.getvalue().splitlines():
        if line.startswith("out of memory"):  # and so not in batches of that size
            print(line, flush=True)


def time_parts(given: Given, clip: Path, looking: Looking) -> dict[str, float]:
    """The part that each step has in the whole when none is done beside another.

    A study decodes, detects and cuts on a thread of its own while the network looks.
    """
    batch, frames = given.sizes.batch, given.sizes.frames
    steps_in_turn(given, clip, min(batch, frames), looking)
    clock = steps_in_turn(given, clip, frames, looking)
    return {"frames_per_s": frames / sum(clock.seconds.values()), **clock.fractions()}


@torch.inference_mode()
def steps_in_turn(given: Given, clip: Path, frames: int, looking: Looking) -> Clock:
    """From a video to Parquet; the crops are of the middle of the pictures."""
    device, batch, (bundle, detector, precision) = given.device, given.sizes.batch, looking
    network = ready_network(bundle.network, device)
    ready_detector(detector, device)
    xy_px, score = [], []
    clock = Clock(device)
    video = islice(timely(read_frames(clip), given.until_s), frames)
    while images := [*islice(video, batch)]:
        clock.ends("decoding")
        looks = [image for n, image in enumerate(images, len(score)) if n % EVERY == 0]
        for begin in range(0, len(looks), at_once := max(batch // EVERY, 1)):
            detect(detector, looks[begin : begin + at_once], device, precision)
        clock.ends("detector")
        box = HALF * np.tile(images[0].shape[1::-1], 2)
        crops = [bundle.crop.cut(image, box) for image in images]
        stacked = torch.from_numpy(np.stack([crop.pixels for crop in crops]))
        clock.ends("crops")
        pixels = bundle.crop.normalize(stacked.to(device))
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        clock.ends("copy")
        with autocast(device, precision):
            outputs = network(pixels)
        clock.ends("network")
        found, heights = (each.cpu().numpy().astype(float) for each in network.decode(outputs))
        xy_px += [apply_affine(c.to_image, xy) for c, xy in zip(crops, found, strict=True)]
        score += [*heights]
        clock.ends("positions")
    times = np.arange(len(score)) / RATE_HZ
    alone = np.array(xy_px)[None, :, None], np.array(score)[None, :, None]
    (poses,) = member_poses(bundle.space, times, *alone)
    write_parquet(poses_to_table(poses), given.folder / "in_turn.parquet", {})
    clock.ends("parquet")
    return clock
