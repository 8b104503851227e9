"""Some consecutive frames of a video, from anywhere in it: what is learned from has no numbers.

Unlike media.video this seeks. Containers lie about the number of the frame where one lands, but
frames that come out of the decoder one after the other follow each other.
"""

from collections import deque
from collections.abc import Iterator, Sequence

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.media.display_matrix import turn_asked_by
from superanimal_core.media.video import rgb
from superanimal_core.media.video_stream import STAGE, open_video


def read_window(path: str, place: float, frames: int) -> list[UInt8[ndarray, "_height _width 3"]]:
    """So many consecutive frames, RGB, turned as the file says; the same for the same `place`.

    `place` (0-1) is where in the video they lie. VideoError for a file that cannot be opened, does
    not say how long it is, has too few frames, or changes the size of its pictures among them.
    """
    return read_timed_window(path, place, frames)[0]


def read_timed_window(
    path: str, place: float, frames: int
) -> tuple[list[UInt8[ndarray, "_height _width 3"]], Float[ndarray, "frame"]]:
    """The same, and when each frame is shown (s): by the rate that the file tells, where it has no
    time stamps or they do not grow."""
    container, stream = open_video(path)
    with container:
        stream.thread_type = "AUTO"
        start_s, length_s = _extent_s(path, container, stream)
        last_s = start_s + place * length_s
        window = _window(container, stream, start_s, last_s, frames)
        rate_hz = float(stream.average_rate or 1)
    if len(window) < frames:
        raise VideoError(STAGE, f"{path} has {len(window)} frames to give, not {frames}")
    turns = [turn_asked_by(frame) for frame in window]
    shown = [turn.of(rgb(f)) for f, turn in zip(window, turns, strict=True) if turn]
    if len(shown) < frames or len({image.shape for image in shown}) > 1:
        raise VideoError(STAGE, f"{path} changes or turns its pictures; encode it anew, upright")
    return shown, _times_s(window, rate_hz)


def _times_s(window: Sequence[av.VideoFrame], rate_hz: float) -> Float[ndarray, "frame"]:
    told = np.array([np.nan if frame.time is None else frame.time for frame in window])
    return told if (np.diff(told) > 0).all() else np.arange(len(window)) / rate_hz


def _extent_s(path: str, container: InputContainer, stream: VideoStream) -> tuple[float, float]:
    """Where the time stamps of a video begin, and how long it is (seconds)."""
    base = float(stream.time_base or 0)
    length_s = (stream.duration or 0) * base or (container.duration or 0) / av.time_base
    if not length_s > 0:
        reason = f"{path} does not say how long it is; encode it anew (ffmpeg -i … x.mp4)"
        raise VideoError(STAGE, reason)
    return (stream.start_time or 0) * base, length_s


def _window(
    container: InputContainer, stream: VideoStream, start_s: float, last_s: float, frames: int
) -> deque[av.VideoFrame]:
    """The last `frames` frames up to a time; later ones where it comes too early for so many.

    Rates that are told, and places where one lands, may be wrong: while nothing comes before the
    window, it is looked for from further back.
    """
    before_s = 2 * frames / float(stream.average_rate or 1)
    while True:
        seek_s = max(last_s - before_s, start_s)
        window: deque[av.VideoFrame] = deque(maxlen=frames)
        count = 0
        for frame in decoded_from(container, stream, seek_s):
            window.append(frame)
            count += 1
            if count >= frames and (frame.time or 0.0) >= last_s:
                break
        if count > frames or seek_s <= start_s:
            return window
        before_s *= 2


def decoded_from(
    container: InputContainer, stream: VideoStream, seek_s: float
) -> Iterator[av.VideoFrame]:
    """Whole frames from the last key frame before a time on; damaged ones are passed over."""
    try:
        container.seek(int(np.floor(seek_s / (stream.time_base or 1))), stream=stream)
        for packet in container.demux(stream):
            try:
                decoded = stream.codec_context.decode(packet)
            except FFmpegError:
                continue
            yield from (frame for frame in decoded if not frame.is_corrupt)
    except FFmpegError:
        return
