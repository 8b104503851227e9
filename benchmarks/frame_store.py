"""Memory that the frames of one adaptation take: 300 of a 4K video, as a job of the study does it.

    python benchmarks/frame_store.py            # 300 frames of 3840 x 2160, a minute
    python benchmarks/frame_store.py --quick    # 60 of them

Prints the peak of resident memory before and after, the bytes held, and the time of one reading.
The video is noise over a slow gradient: nothing about it is easy to keep small.
"""

import argparse
import resource
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from superanimal_core.media.frame_store import FrameStore
from superanimal_core.media.video import read_frames

SIZE = (3840, 2160)


def peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_noise(path: Path, frames: int) -> None:
    """Frames of noise, intra-coded; a few pictures in turn, since drawing is slow."""
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8) for _ in range(3)]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mjpeg", rate=25)
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuvj420p"
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(pictures[i % 3], format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    frames = 60 if parser.parse_args().quick else 300
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.mkv"
        write_noise(path, frames)
        before = peak_mb()
        names = [f"{path}#frame={i}" for i in range(frames)]
        read = FrameStore(zip(names, read_frames(path), strict=True))
        begin = time.perf_counter()
        for name in names:
            read(name)
        each_ms = 1000 * (time.perf_counter() - begin) / frames
    whole_mb = frames * SIZE[0] * SIZE[1] * 3 / 2**20
    print(f"{frames} frames of {SIZE[0]} x {SIZE[1]}: {whole_mb:.0f} MB as they are")
    print(
        f"held {read.held_bytes / 2**20:.0f} MB; peak {before:.0f} MB before, {peak_mb():.0f} after"
    )
    print(f"one reading {each_ms:.1f} ms")


if __name__ == "__main__":
    main()
