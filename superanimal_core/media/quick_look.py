"""A look at a video's file: what is wrong with it as far as the header and one frame tell."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from superanimal_core.errors import VideoError
from superanimal_core.media.file_end import is_cut_short
from superanimal_core.media.video import shown_frames
from superanimal_core.media.video_stream import STAGE, moving_streams, open_video

MOST_HZ = 1000.0  # a time base that was written wrongly; few cameras are so fast
NO_TIMES = 0x80  # AVFMT_NOTIMESTAMPS of FFmpeg
MOST_OBLONG = Fraction(1, 100)  # of a pixel's side; encoders that round a picture's size stay below


@dataclass(frozen=True)
class VideoLook:
    """What a header promises, and what is doubtful. `frames` is 0 where it does not say."""

    frames: int
    rate_hz: float
    size_px: tuple[int, int]
    doubts: tuple[str, ...]


def look_at_video(path: str | Path, fps: float | None = None) -> VideoLook:
    """Open a video and decode its first frame. VideoError where probe_video would fail so, too.

    `fps` is what the sheet says in place of the file's rate.
    """
    container, stream = open_video(path)
    with container:
        frame, turn = next(iter(shown_frames(path, container, stream)), (None, None))
        if frame is None or turn is None:
            raise VideoError(STAGE, f"{path} holds no frame that can be decoded; replace the file")
        rate = fps or float(stream.average_rate or 0)
        doubts = []
        if is_cut_short(path, container.format.name):
            doubts.append("the file is shorter than it says: it was cut; copy it again")
        if rate > MOST_HZ:
            doubts.append(f"{rate:g} frames per second; where that is wrong, give fps in the sheet")
        if fps is None and container.format.flags & NO_TIMES:
            doubts.append(
                f"the file has no times, and {rate:g} frames per second is a guess; write the true "
                "rate into the column fps"
            )
        if len(moving_streams(container)) > 1:
            doubts.append("holds several videos; only the first is read")
        shape = stream.sample_aspect_ratio or Fraction(1)  # 0 where the file does not say
        if abs(shape - 1) > MOST_OBLONG:
            doubts.append(
                f"its pixels are not square ({shape.numerator}:{shape.denominator}): lengths "
                "along its width and its height are in different units, and cm_per_px holds for "
                "one of them; make it anew with square pixels before you label it "
                "(ffmpeg -i OLD -vf scale=iw*sar:ih,setsar=1 NEW)"
            )
        return VideoLook(
            stream.frames, rate, turn.size_px(frame.width, frame.height), tuple(doubts)
        )
