"""Single frames from anywhere in a video, known by their times.

This seeks, and containers lie about where one lands. So a frame counts only if its own time stamp
is the one that the account of the video (frames.parquet) gives it; what cannot be found so is not
guessed.
"""

from collections.abc import Iterator, Sequence

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.media.display_matrix import turn_asked_by
from superanimal_core.media.video import read_frames, rgb
from superanimal_core.media.video_stream import open_video
from superanimal_core.media.windows import decoded_from

SAME_TIME_S = 2e-6  # a stamp in whole ticks, and its time as a 64-bit number
FURTHER_BACK_S = (0.0, 2.0, 20.0)  # where one lands may be too late

Image = UInt8[ndarray, "_height _width 3"]


def read_stills(
    path: str, frames: Sequence[int], time_s: Float[ndarray, "frame"]
) -> dict[int, Image]:
    """Frames by their numbers, RGB, turned as the file says; one that cannot be found lacks.

    `time_s` is the time of every frame of the video from the file's start, as its own stamps tell;
    the first of them must be whole. VideoError for a file that cannot be opened.
    """
    first_s = first_stamp_s(path)
    if first_s is None:
        return {}
    container, stream = open_video(path)
    with container:
        stream.thread_type = "AUTO"
        sought = {frame: first_s + float(time_s[frame] - time_s[0]) for frame in frames}
        stills = {frame: _still(container, stream, at_s) for frame, at_s in sought.items()}
    return {frame: still for frame, still in stills.items() if still is not None}


def read_first_stills(path: str, frames: Sequence[int]) -> dict[int, Image]:
    """The same for frames that no time stamp tells: counted from the beginning."""
    shown = read_frames(path, 0, max(frames, default=-1) + 1)
    return {number: image for number, image in enumerate(shown) if number in frames}


def first_stamp_s(path: str) -> float | None:
    """When the first frame is shown, by the stream's own clock; None where nobody can tell.

    Nothing is sought: some files do not lead back to their first frame.
    """
    container, stream = open_video(path)
    with container:
        return next((frame.time for frame in container.decode(stream)), None)


def _still(container: InputContainer, stream: VideoStream, at_s: float) -> Image | None:
    found = frame_of_time(container, stream, at_s)
    turn = turn_asked_by(found[0]) if found else None
    return turn.of(rgb(found[0])) if found and turn else None


def frame_of_time(
    container: InputContainer, stream: VideoStream, at_s: float
) -> tuple[av.VideoFrame, float] | None:
    """The whole frame of just that time, and from where (s) one meets it; None: there is none."""
    for back_s in FURTHER_BACK_S:
        for frame in whole_frames(container, stream, at_s - back_s):
            off_s = (frame.time or 0.0) - at_s
            if abs(off_s) <= SAME_TIME_S:
                return frame, at_s - back_s
            if off_s > SAME_TIME_S:
                break
    return None


def whole_frames(
    container: InputContainer, stream: VideoStream, from_s: float
) -> Iterator[av.VideoFrame]:
    """Whole frames from the last key frame before a time on."""
    stream.codec_context.flush_buffers()
    return decoded_from(container, stream, from_s)
