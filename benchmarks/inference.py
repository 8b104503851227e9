"""Inference against DeepLabCut 3.0.1, against the processor's peak, and against a video's length.

    python benchmarks/inference.py [--quick] [--threads 2] [--record]

HRNet-w32 and fasterrcnn_resnet50_fpn_v2, 640 x 480, one animal. Both programs load the same files
of random weights in the released layout (their boxes are random too: nothing is looked for again).
The whole way is video to poses with loaded networks. Ours detects in every 25th, 13th and 4th
frame: networks of the demo need a look in 13 and in 11 frames, one of `make real` in 4.5
(benchmarks/strided_detection.py). The peer lives in .peers/deeplabcut (make peers); without it
there are no weights to load, and nothing is compared.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from datasets import peak_mb
from machine_rows import add_record_option, keep_row
from torch.utils.flop_counter import FlopCounterMode

from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.inference.detect import DetectedBoxes, GivenBoxes
from superanimal_core.inference.predict import predict_video
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.models.foreign_models import read_detector_model, read_pose_model
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.devices import autocast, has_precision
from superanimal_core.network.hrnet import HighResolutionNetwork
from superanimal_core.network.pose_network import ready_network
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.video_file import write_video

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".peers/deeplabcut/bin/python"
JOB = ROOT / "benchmarks/peers/deeplabcut_job.py"
SPACE = ROOT / "config/keypoints/superanimal_topviewmouse.yaml"
CPU = torch.device("cpu")
SIZE, BATCH, EVERY = (640, 480), 16, (25, 13, 4)
OWN_FRAMES = 100  # of ours: looks in every 25th are more than the first and the last
LENGTHS = {(64, 64): (2_000, 10_000, 100_000), (640, 480): (1_000, 5_000, 20_000)}
PRECISIONS = ("float32", "bfloat16")


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short clip")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only-compiled", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only-memory", type=int, nargs=3, help=argparse.SUPPRESS)
    add_record_option(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.only_memory:
        print(json.dumps(length_figures(*options.only_memory)))
        return
    show_compiled("the demo's mobilenetv2_050", small_bundle("mobilenetv2_050", 96, 48).network, 96)
    if not options.quick:
        network = HighResolutionNetwork(27, backbone="hrnet_w32", sigma_px=4.0, is_subpixel=True)
        show_compiled("hrnet_w32", network, 256)
    if options.only_compiled:
        return
    frames, crops = (25, 16) if options.quick else (100, 64)
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), frames, crops, options)
    for size, lengths in LENGTHS.items():
        for length in lengths[:2] if options.quick else lengths[1:]:
            video = map(str, (length, *size))
            command = [sys.executable, __file__, "--only-memory", *video]
            told = subprocess.run(command, capture_output=True, text=True, check=True)
            print(f"{length} frames of {size} pixels, small network: {told.stdout.strip()}")
            if options.record:
                figures = json.loads(told.stdout)
                keep_row("inference", f"{length} frames of {size[0]} x {size[1]}", figures)


def compare(folder: Path, frames: int, crops: int, options: argparse.Namespace) -> None:
    """Networks alone and the whole way, both programs."""
    threads = options.threads
    clip, own_clip = folder / "clip.mp4", folder / "own.mp4"
    write_video(moving_blob(frames), clip, 25)
    write_video(moving_blob(OWN_FRAMES), own_clip, 25)
    if not PEER.is_file():
        print("no DeepLabCut in .peers (make peers): nothing to compare with")
        return
    subprocess.run([PEER, JOB, "weights", folder, str(threads)], check=True, capture_output=True)
    answer = folder / "peer.json"
    command = [PEER, JOB, "run", folder, str(threads), clip, str(crops), answer]
    subprocess.run(command, check=True, capture_output=True)
    peer = json.loads(answer.read_text())
    bundle = read_pose_model(folder / "pose.pt", read_keypoint_space(SPACE), False)
    detector = read_detector_model(folder / "detector.pt", True)
    network = ready_network(bundle.network, CPU)
    best = min(peer["network"].values())
    precisions = [each for each in PRECISIONS if has_precision("cpu", each)]
    print(f"peer, network alone: {1 / peer['network']['1']:.2f} crops/s at batch 1")
    for precision in precisions:
        seconds = network_seconds(network, crops, precision)
        peak, flops = peak_flops(precision), network_flops(network)
        print(
            f"network alone, {precision}: {1 / seconds:.2f} crops/s, "
            f"{peer['network']['1'] / seconds:.1f} x the peer's default, {best / seconds:.1f} x "
            f"its best; {flops / seconds / peak:.2f} of this processor's {peak / 1e9:.0f} GFLOP/s"
        )
        if options.record:
            figures = {
                "crops_per_s": 1 / seconds,
                "times_peer": peer["network"]["1"] / seconds,
                "of_peak": flops / seconds / peak,
                "peak_gflop_per_s": peak / 1e9,
            }
            keep_row("inference", "HRNet-w32 alone", figures, precision=precision)
    default, best = peer["video"]["1"], min(peer["video"].values())
    print(
        f"peer, whole way: {1 / default:.3f} frames/s at its defaults, {1 / best:.3f} at its best"
    )
    for precision in precisions:
        for every in EVERY:
            seconds, found = whole_way(own_clip, detector, bundle, precision, every)
            print(
                f"whole way, {precision}, every {every}th frame: {1 / seconds:.2f} frames/s, "
                f"{default / seconds:.1f} x the peer's default, {best / seconds:.1f} x its best "
                f"({found / seconds:.0%} of the time in the detector)"
            )
            if options.record:
                figures = {
                    "frames_per_s": 1 / seconds,
                    "times_peer": default / seconds,
                    "detector_fraction": found / seconds,
                }
                case = f"HRNet-w32 and R-CNN, every {every}th frame"
                keep_row("inference", case, figures, precision=precision)


def whole_way(clip, detector, bundle, precision, every):
    """Seconds per frame from the video to poses, and those of them until there are boxes."""
    times = index_frames(clip, None).time_s
    source = DetectedBoxes(
        detector, times, max_individuals=1, min_score=0.0, every_frames=every, max_gap_s=2.0,
        batch=1, device=CPU, precision=precision,
    )  # fmt: skip
    start = time.perf_counter()
    boxes = np.array([f.boxes_xyxy_px for f in source.boxed(read_frames(clip), 0)])
    found = time.perf_counter() - start
    predict_video(
        [bundle], read_frames(clip), boxes, times, batch=BATCH, precision=precision, device=CPU
    )
    return (time.perf_counter() - start) / len(times), found / len(times)


def moving_blob(frames):
    """A dark blob that moves over noise."""
    noise = np.random.default_rng(0).integers(100, 200, (*SIZE[::-1], 3)).astype(np.uint8)
    for frame in range(frames):
        image = noise.copy()
        image[200:280, 100 + 4 * frame : 200 + 4 * frame] = 30
        yield image


@torch.inference_mode()
def network_seconds(network, crops, precision, side=256):
    """Seconds per crop."""
    pixels = torch.randn(BATCH, 3, side, side).contiguous(memory_format=torch.channels_last)
    with autocast(CPU, precision):
        network(pixels)
        start = time.perf_counter()
        for _ in range(max(crops // BATCH, 1)):
            network(pixels)
    return (time.perf_counter() - start) / (max(crops // BATCH, 1) * BATCH)


def network_flops(network):
    """Floating point operations per crop."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(torch.randn(1, 3, 256, 256))
    return counter.get_total_flops()


def show_compiled(name, network, side):
    """A network as it is and compiled."""
    crops, seconds = BATCH * (20 if side < 256 else 1), {}
    for compiled in (False, True):
        ready = ready_network(network, CPU, compiled)
        start = time.perf_counter()
        network_seconds(ready, BATCH, "float32", side)
        started = time.perf_counter() - start
        seconds[compiled] = network_seconds(ready, crops, "float32", side)
    print(
        f"{name}, {side} px: {1 / seconds[False]:.1f} crops/s, {1 / seconds[True]:.1f} "
        f"compiled ({seconds[False] / seconds[True]:.2f} x), which took {started:.0f} s"
    )


def small_bundle(backbone, side, decoder_channels):
    """A network that has learned nothing."""
    return new_bundle(
        KeypointSpace("s", tuple(f"k{i}" for i in range(27))),
        architecture="pyramid",
        parameters={
            "backbone": backbone, "stride_px": 4, "sigma_px": 2.8,
            "decoder_channels": decoder_channels, "is_subpixel": True,
        },
        crop=CropGeometry((side, side), 1.25, (0.5,) * 3, (0.5,) * 3, False),
        trained_on=(),
    )  # fmt: skip


def peak_flops(precision):
    """What a large matrix product reaches here (operations per second)."""
    side = 2048
    matrix = torch.randn(side, side, dtype=getattr(torch, precision))
    matrix @ matrix
    start = time.perf_counter()
    for _ in range(4):
        matrix @ matrix
    return 4 * 2 * side**3 / (time.perf_counter() - start)


def length_figures(frames, width, height):
    """Frames per second and peak memory of predicting a long video with a small network."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        images = np.random.default_rng(0).integers(0, 255, (5, height, width, 3), dtype=np.uint8)
        write_video((images[i % 5] for i in range(frames)), clip, 25)
        bundle = small_bundle("lcnet_035", 32, 8)
        before = peak_mb()
        start = time.perf_counter()
        boxes = GivenBoxes(np.tile([8.0, 8.0, 56.0, 56.0], (frames, 1, 1)), np.ones((frames, 1)))
        VideoPrediction(
            {"member-0": bundle}, str(clip), np.arange(frames) / 25, boxes, None, 5000,
            {"batch": 64, "precision": "float32", "device": CPU},
        ).write(Path(folder) / "predicted", {"member-0": {}})  # fmt: skip
        seconds = time.perf_counter() - start
        after = peak_mb()
    return {
        "frames_per_s": round(frames / seconds),
        "gb_beyond_the_weights": round((after - before) * 2**20 / 1e9, 3),
    }


if __name__ == "__main__":
    main()
