"""Frames as a video that browsers play, each shown when it should be."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.tables.atomic import replacing

Image = UInt8[ndarray, "height width 3"]
TICKS_PER_S = 90_000
QUALITY = "20"  # x264's constant rate factor
LARGE_PX = 1_000_000  # from here on encoding alone would keep two cores busy
ENCODER_THREADS = 2  # one for each core of a node would take memory for nothing
BT_601, NARROW = 6, 1  # ITU-T H.273: how OpenCV converts, for players that ask


def write_video(frames: Iterator[Image], path: str | Path, fps: float) -> None:
    """Write RGB frames as H.264 that browsers play, at a constant rate (Hz; NaN: 1 Hz)."""
    rate_hz = _rate(fps)
    write_timed_video(zip(frames, (float(i / rate_hz) for i in count()), strict=False), path, fps)


def write_timed_video(frames: Iterable[tuple[Image, float]], path: str | Path, fps: float) -> None:
    """The same with the time (s) at which each frame is shown, which grows.

    A picture whose width or height is odd, which H.264 does not know, repeats its last column or
    row. The file appears complete or not at all.
    """
    with replacing(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=_rate(fps))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = ENCODER_THREADS
        stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        stream.codec_context.colorspace = stream.codec_context.color_primaries = BT_601
        stream.codec_context.color_trc, stream.codec_context.color_range = BT_601, NARROW
        tick = -1
        for image, shown_s in frames:
            even = _even(image)
            if not stream.codec_context.is_open:
                stream.height, stream.width = even.shape[:2]
                stream.options = {"crf": QUALITY, "preset": preset_for(*even.shape[:2])}
            planes = np.asarray(cv2.cvtColor(even, cv2.COLOR_RGB2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            tick = max(round(shown_s * TICKS_PER_S), tick + 1)
            frame.pts, frame.time_base = tick, Fraction(1, TICKS_PER_S)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def preset_for(height: int, width: int) -> str:
    """How thoroughly x264 looks for savings: large pictures are encoded faster, into more bytes."""
    return "ultrafast" if height * width > LARGE_PX else "veryfast"


def _even(image: Image) -> UInt8[ndarray, "even_height even_width 3"]:
    below, right = image.shape[0] % 2, image.shape[1] % 2
    if not below and not right:
        return image
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)


def _rate(fps: float) -> Fraction:
    """A rate as a fraction; 1 Hz for a single frame, whose rate is not known."""
    return Fraction(fps if np.isfinite(fps) and fps > 0 else 1.0).limit_denominator(1001)
