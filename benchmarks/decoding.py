"""Decoding a video to RGB frames: PyAV as we use it, OpenCV, and torchcodec where it is installed.

    python benchmarks/decoding.py [VIDEO] [--quick] [--threads 2]

Frames per second, and whether the decoder gives as many frames as PyAV and their time stamps.
Without VIDEO a synthetic clip of 640 x 480 with frames that depend on later ones is used.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.report.video_file import write_video


def main() -> None:
    """Print one line per decoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", nargs="?")
    parser.add_argument("--quick", action="store_true", help="the first 300 frames")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        video = options.video or str(Path(folder) / "clip.mp4")
        if options.video is None:
            write_video(walking_square(1000), video, 30)
        most = 300 if options.quick else None
        index = index_frames(video, None)
        print(f"{video}: {len(index.frame)} frames of {index.width_px} x {index.height_px}")
        decoders = {"PyAV": read_frames, "OpenCV": with_opencv}
        if find_spec("torchcodec") is not None:
            decoders["torchcodec"] = with_torchcodec
        for name, decode in decoders.items():
            start = time.perf_counter()
            count = sum(1 for _ in islice(decode(video), most))
            seconds = time.perf_counter() - start
            print(f"{name}: {count} frames, {count / seconds:.0f} frames/s")
    print("true time stamps of every frame: PyAV; OpenCV's are positions over a nominal rate")


def with_opencv(path: str) -> Iterator[np.ndarray]:
    """Frames as OpenCV gives them, in RGB."""
    capture = cv2.VideoCapture(path)
    while True:
        is_read, image = capture.read()
        if not is_read:
            return
        yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def with_torchcodec(path: str) -> Iterator[np.ndarray]:
    """Frames as torchcodec gives them."""
    from torchcodec.decoders import VideoDecoder

    for frame in VideoDecoder(path, dimension_order="NHWC"):
        yield frame.numpy()


def walking_square(frames: int) -> Iterator[np.ndarray]:
    """A square that moves over noise."""
    noise = np.random.default_rng(0).integers(80, 180, (480, 640, 3)).astype(np.uint8)
    for frame in range(frames):
        image = noise.copy()
        image[200:260, frame % 580 : frame % 580 + 60] = 20
        yield image


if __name__ == "__main__":
    main()
