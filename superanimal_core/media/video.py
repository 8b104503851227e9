"""Videos: decode in order with real time stamps.

PyAV gives time stamps and every frame in the order in which it is shown; seeking is not used,
since containers lie about positions.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import cv2
from av.container import InputContainer
from av.video.stream import VideoStream
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.media.display_matrix import Turn, turn_asked_by
from superanimal_core.media.packets import PacketAccount, decoded_frames
from superanimal_core.media.video_stream import STAGE, open_video

FULL_RANGE = 2  # color range and spaces: ITU-T H.273
BT_601 = (2, 5, 6)  # 2: not said


def read_frames(
    path: str | Path, start: int = 0, stop: int | None = None
) -> Iterator[UInt8[ndarray, "height width 3"]]:
    """Frames `start` to `stop` (excluded) of a video in the order in which they are shown, RGB.

    Turned and mirrored as the file says, like a player shows them. VideoError where a frame has
    another size than the first.
    """
    container, stream = open_video(path)
    with container:
        for frame, turn in islice(shown_frames(path, container, stream), start, stop):
            yield turn.of(rgb(frame))


def shown_frames(
    path: str | Path,
    container: InputContainer,
    stream: VideoStream,
    account: PacketAccount | None = None,
) -> Iterator[tuple[av.VideoFrame, Turn]]:
    """Every frame of a stream, and how to turn it: all alike, or VideoError."""
    asked: tuple[int, int, Turn] | None = None
    for number, frame in enumerate(decoded_frames(container, stream, account)):
        turn = turn_asked_by(frame)
        if turn is None:
            raise VideoError(
                STAGE,
                f"{path} asks for pictures turned by {frame.rotation} degrees or stretched; "
                "encode it anew, upright (ffmpeg does it by itself)",
            )
        found = (frame.width, frame.height, turn)
        asked = asked or found
        if found != asked:
            raise VideoError(STAGE, _unlike(path, number, asked, found))
        yield frame, turn


def _unlike(
    path: str | Path, number: int, first: tuple[int, int, Turn], now: tuple[int, int, Turn]
) -> str:
    """The sentence about a frame that is not like the first."""
    if now[:2] == first[:2]:
        return f"{path} turns its pictures in another way from frame {number} on; cut it there"
    sizes = f"from {first[0]} x {first[1]} to {now[0]} x {now[1]}"
    return f"{path} changes the size of its pictures at frame {number}, {sizes}; cut it there"


def rgb(frame: av.VideoFrame) -> UInt8[ndarray, "height width 3"]:
    """The picture in RGB. OpenCV converts the usual format three times as fast as FFmpeg does."""
    is_usual = frame.format.name == "yuv420p" and frame.color_range != FULL_RANGE
    if is_usual and frame.colorspace in BT_601 and frame.width % 2 == frame.height % 2 == 0:
        return cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2RGB_I420)
    return frame.to_ndarray(format="rgb24")
