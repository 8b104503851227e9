"""Frames as a video that browsers play."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.tables.atomic import replacing


def write_video(
    frames: Iterator[UInt8[ndarray, "height width 3"]], path: str | Path, fps: float
) -> None:
    """Write RGB frames as H.264 that browsers play. Odd sizes lose their last row or column."""
    with replacing(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=max(round(fps), 1))
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for image in frames:
            even = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
            if not stream.codec_context.is_open:
                stream.height, stream.width = even.shape[:2]
            packet_frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
            container.mux(stream.encode(packet_frame))
        container.mux(stream.encode(None))
