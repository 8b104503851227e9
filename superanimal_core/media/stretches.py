"""Consecutive frames from anywhere in a video, each known by its number.

Where the account of the video (frames.parquet) tells the frames' own time stamps, this seeks, and a
frame counts only if its stamp is the one that the account gives it. Else, and in a file that does
not lead there, frames are counted from the beginning.
"""

from collections.abc import Iterator

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.media.display_matrix import turn_asked_by
from superanimal_core.media.stills import (
    SAME_TIME_S,
    Image,
    first_stamp_s,
    frame_of_time,
    whole_frames,
)
from superanimal_core.media.video import read_frames, rgb
from superanimal_core.media.video_stream import STAGE, open_video


def read_stretch(
    path: str, start: int, stop: int, stamp_s: Float[ndarray, "frame"] | None
) -> Iterator[tuple[int, Image]]:
    """Frames `start` to `stop` (excluded) with their numbers, RGB, turned as the file says.

    `stamp_s` is the time of every frame of the video by its own stamp, None where they do not tell.
    Of frames that were sought damaged ones lack. VideoError for a file that cannot be opened, or
    whose pictures change size or turn.
    """
    first_s = first_stamp_s(path) if start and stamp_s is not None else None
    if first_s is not None and stamp_s is not None:
        shown_s = first_s + stamp_s[start:stop] - stamp_s[0]
        container, stream = open_video(path)
        with container:
            stream.thread_type = "AUTO"
            found = frame_of_time(container, stream, float(shown_s[0]))
            if found is not None:
                yield from _sought(container, stream, found[1], shown_s, start)
                return
    yield from enumerate(read_frames(path, start, stop), start)


def _sought(
    container: InputContainer,
    stream: VideoStream,
    from_s: float,
    shown_s: Float[ndarray, "frame"],
    start: int,
) -> Iterator[tuple[int, Image]]:
    """Frames that have these times, each once, with their numbers from `start` on."""
    least, size = 0, None
    for frame in whole_frames(container, stream, from_s):
        time_s = frame.time or 0.0
        place = int(np.searchsorted(shown_s, time_s - SAME_TIME_S))
        if place == len(shown_s):
            return
        turn = turn_asked_by(frame)
        if place >= least and abs(shown_s[place] - time_s) <= SAME_TIME_S:
            image = turn.of(rgb(frame)) if turn else None
            size = size or (image is not None and image.shape)
            if image is None or image.shape != size:
                reason = "changes or turns its pictures; encode it anew, upright"
                raise VideoError(STAGE, f"{container.name} {reason}")
            least = place + 1
            yield start + place, image
