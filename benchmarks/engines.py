"""Pose networks by torch, ONNX Runtime and OpenVINO, in int8 too: one run, turn by turn.

    python benchmarks/engines.py [--quick] [--threads 2] [--record]

Crops per second of the network alone (normalized crops to raw outputs, batches of 16), and frames
per second of a video of 640 x 480 whose boxes are known (decoding, crops, network, positions), one
animal. Random weights: they cost what trained ones cost. Medians of three turns; torch channels
last, as inference uses it. Engines that are not installed are left out (superanimal[engines]).
"""

import argparse
import tempfile
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from inference import BATCH, CPU, moving_blob, small_bundle
from machine_rows import add_record_option, keep_row

from superanimal_core.inference.passes import Ensemble
from superanimal_core.inference.predict import predict_video
from superanimal_core.media.video import read_frames
from superanimal_core.models.quantizing import quantized_document
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.pose_network import ready_network
from superanimal_core.network.quantized import in_int8
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.video_file import write_video
from superanimal_core.study.engine_mistakes import NEEDED, QUANTIZES

TURNS = 3
FRAMES = {"MobileNetV2 0.5, 96 px": 400, "MobileNetV2 0.5, 128 px": 400, "HRNet-w32, 256 px": 48}


def main() -> None:
    """Print one line per network and engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small networks alone")
    parser.add_argument("--threads", type=int, default=2)
    add_record_option(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    there = [engine for engine, names in NEEDED.items() if all(map(find_spec, names))]
    ways = [("torch", "float32"), *((engine, "float32") for engine in there)]
    ways += [(engine, "int8") for engine in there if find_spec(QUANTIZES)]
    for case, frames in [*FRAMES.items()][: 2 if options.quick else 3]:
        compare(case, frames, ways, is_kept=options.record)


def compare(case: str, frames: int, ways: list[tuple[str, str]], *, is_kept: bool) -> None:
    """The figures of one network, by engine and precision."""
    bundle = bundle_of(case)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_video(moving_blob(frames), clip, 30.0)
        boxes = np.stack([np.arange(frames) * 4.0 % 500, np.full(frames, 190.0)], axis=1)[:, None]
        boxes = np.concatenate([boxes, boxes + np.array([110.0, 100.0])], axis=2)
        started, alone, whole = {}, {}, {}
        networks, seen_by = {}, {}
        document = quantized(bundle) if any(p == "int8" for _, p in ways) else b""
        for way in ways:
            begin = time.perf_counter()
            seen_by[way] = bundle, way[0]
            if way[1] == "int8":
                own = in_int8(ready_network(bundle.network, CPU), way[0], document)
                seen_by[way] = replace(bundle, network=own), "torch"
            ensemble = Ensemble([seen_by[way][0]], BATCH, "float32", CPU, engine=seen_by[way][1])
            (networks[way],) = ensemble._networks
            started[way] = time.perf_counter() - begin
        for _ in range(TURNS):
            for way in ways:
                alone.setdefault(way, []).append(crops_per_s(networks[way], bundle, frames))
                own, engine = seen_by[way]
                whole.setdefault(way, []).append(frames_per_s(own, clip, boxes, engine))
    for way in ways:
        of_network, of_video = (np.median(of[way]) for of in (alone, whole))
        times = of_network / np.median(alone[ways[0]]), of_video / np.median(whole[ways[0]])
        print(
            f"{case}, {way[0]}, {way[1]}: {of_network:.1f} crops/s alone ({times[0]:.2f} x torch), "
            f"{of_video:.1f} frames/s of a video ({times[1]:.2f} x), "
            f"{started[way]:.1f} s to begin"
        )
        if is_kept:
            figures = {
                "crops_per_s": of_network, "times_torch": times[0], "frames_per_s": of_video,
                "video_times_torch": times[1], "start_s": started[way],
            }  # fmt: skip
            keep_row("engines", case, figures, engine=way[0], precision=way[1])


def bundle_of(case: str):
    """The network of a case."""
    name, size = case.split(", ")
    side = int(size.split()[0])
    if name.startswith("Mobile"):
        return small_bundle("mobilenetv2_050", side, 48)
    return new_bundle(
        KeypointSpace("s", tuple(f"k{i}" for i in range(27))),
        architecture="hrnet",
        parameters={"backbone": "hrnet_w32", "sigma_px": 4.0, "is_subpixel": True},
        crop=CropGeometry((side, side), 1.25, (0.5,) * 3, (0.5,) * 3, False),
        trained_on=(),
    )


def quantized(bundle) -> bytes:
    """Its document in int8; calibrated on noise, which costs no other time."""
    width, height = bundle.crop.size_px
    noise = np.random.default_rng(0).normal(size=(2 * BATCH, 3, height, width))
    return quantized_document(ready_network(bundle.network, CPU), noise.astype(np.float32))


@torch.inference_mode()
def crops_per_s(network, bundle, frames: int) -> float:
    """Of the network alone."""
    width, height = bundle.crop.size_px
    crops = torch.randn(BATCH, 3, height, width).contiguous(memory_format=torch.channels_last)
    network(crops)
    begin = time.perf_counter()
    for _ in range(frames // BATCH):
        network(crops)
    return frames // BATCH * BATCH / (time.perf_counter() - begin)


def frames_per_s(bundle, clip: Path, boxes, engine: str) -> float:
    """Of a video with known boxes, after the first batch, with which an engine begins."""
    return (len(boxes) - BATCH) / (
        seconds_of(bundle, clip, boxes, engine) - seconds_of(bundle, clip, boxes[:BATCH], engine)
    )


def seconds_of(bundle, clip: Path, boxes, engine: str) -> float:
    """Of so many frames as there are boxes."""
    how = {"batch": BATCH, "precision": "float32", "device": CPU, "engine": engine}
    begin = time.perf_counter()
    predict_video([bundle], read_frames(clip), boxes, np.arange(len(boxes)) / 30, **how)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
