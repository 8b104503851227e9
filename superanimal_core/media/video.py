"""Videos: decode in order with real time stamps.

PyAV gives presentation time stamps and every frame in decoding order; seeking is not used, since
containers lie about positions.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from jaxtyping import Bool, Float, Int, UInt8
from numpy import ndarray

from superanimal_core.errors import VideoError

STAGE = "probe_video"
FULL_RANGE = 2  # color range and spaces: ITU-T H.273
BT_601 = (2, 5, 6)  # 2: not said


@dataclass(frozen=True)
class FrameIndex:
    """Every frame of a video: index in decoding order, presentation time, decoded whole or not.

    `container_frames` is what the file's header promises (0: unknown), `is_estimated_time` that
    some time stamps were missing and were filled from the nominal rate. `rotation_deg` is how a
    player turns the pictures (counterclockwise); `read_frames` does it too, and width and height
    are those of the turned picture. `missing_end_s` is how much earlier the frames end than the
    header's duration, for files that promise no count (Matroska); 0 where nothing is missing.
    """

    frame: Int[ndarray, "frame"]
    time_s: Float[ndarray, "frame"]
    is_decoded: Bool[ndarray, "frame"]
    width_px: int
    height_px: int
    container_frames: int
    is_estimated_time: bool
    rotation_deg: int
    missing_end_s: float

    @property
    def fps(self) -> float:
        """Frames per second by the median time step; NaN for a single frame."""
        return float(1 / np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else float("nan")


def index_frames(path: str | Path, fps: float | None) -> FrameIndex:
    """Decode a video once and account for every frame. VideoError when not one can be decoded.

    `fps` (Hz) overrides the file's time stamps: frame i is then at i / fps.
    """
    stamps: list[float | None] = []
    decoded: list[bool] = []
    rotation = 0
    with _opened(path) as container:
        stream = container.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        promised, rate = stream.frames, float(stream.average_rate or 30)
        promised_s = (container.duration or 0) / av.time_base
        for frame in _decoded_frames(container):
            stamps.append(frame.time)
            decoded.append(not frame.is_corrupt)
            rotation = frame.rotation
    if not stamps:
        raise VideoError(STAGE, f"{path} holds no frame that can be decoded; replace the file")
    time_s = np.arange(len(stamps)) / fps if fps else _filled_times(stamps, rate)
    return FrameIndex(
        np.arange(len(stamps), dtype=np.int32),
        time_s,
        np.array(decoded),
        *((height, width) if rotation % 180 == 90 else (width, height)),
        promised,
        None in stamps and not fps,
        rotation,
        _missing_end(stamps, promised_s, rate) if not promised else 0.0,
    )


def read_frames(
    path: str | Path, start: int = 0, stop: int | None = None
) -> Iterator[UInt8[ndarray, "height width 3"]]:
    """Frames `start` to `stop` (excluded) of a video in decoding order, RGB, one at a time.

    Turned as the file says, like a player shows them, where that is by quarters of a circle.
    """
    with _opened(path) as container:
        for frame in islice(_decoded_frames(container), start, stop):
            image = _rgb(frame)
            quarters = frame.rotation // 90
            yield np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image


def frame_reader(
    path: str, images: Iterable[str]
) -> Callable[[str], UInt8[ndarray, "height width 3"]]:
    """Reads frames by name (`path#frame=12`); the named ones are decoded once and kept."""
    names = {int(str(name).rpartition("=")[2]): str(name) for name in images}
    frames = enumerate(read_frames(path, stop=max(names, default=-1) + 1))
    return {names[index]: image for index, image in frames if index in names}.__getitem__


def _opened(path: str | Path) -> InputContainer:
    if not Path(path).is_file():
        raise VideoError(STAGE, f"{path} does not exist; mend its row in the sheet of videos")
    if Path(path).stat().st_size == 0:
        raise VideoError(STAGE, f"{path} is empty (0 bytes); copy the file again")
    try:
        container = av.open(str(path))
    except FFmpegError as error:
        text = str(error.strerror or error)
        raise VideoError(
            STAGE,
            f"{path} cannot be opened as a video ({text}); it may be truncated: copy it again",
        ) from None
    if not container.streams.video:
        container.close()
        raise VideoError(STAGE, f"{path} holds no video stream")
    container.streams.video[0].thread_type = "AUTO"
    return container


def _decoded_frames(container: InputContainer) -> Iterator[av.VideoFrame]:
    """Frames in decoding order; damaged packets are passed over, and the rest still comes."""
    stream = container.streams.video[0]
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError:
            return  # the file ends in the middle of a packet
        try:
            yield from packet.decode()
        except FFmpegError:
            continue


def _rgb(frame: av.VideoFrame) -> UInt8[ndarray, "height width 3"]:
    """The picture in RGB. OpenCV converts the usual format three times as fast as FFmpeg does."""
    is_usual = frame.format.name == "yuv420p" and frame.color_range != FULL_RANGE
    if is_usual and frame.colorspace in BT_601 and frame.width % 2 == frame.height % 2 == 0:
        return cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2RGB_I420)
    return frame.to_ndarray(format="rgb24")


def _missing_end(stamps: list[float | None], promised_s: float, rate: float) -> float:
    """Seconds from the end of the last frame to that of the file, as its header tells it."""
    last = max((stamp for stamp in stamps if stamp is not None), default=promised_s)
    return max(promised_s - last - 1 / rate, 0.0)


def _filled_times(stamps: list[float | None], rate: float) -> Float[ndarray, "frame"]:
    """Times from 0 on; a missing one or a step back follows the frame before by 1 / rate."""
    times = np.empty(len(stamps))
    first = next((s for s in stamps if s is not None), 0.0)
    last = -1 / rate
    for i, stamp in enumerate(stamps):
        shifted = last + 1 / rate if stamp is None else stamp - first
        times[i] = last = shifted if shifted > last else last + 1 / rate
    return times
