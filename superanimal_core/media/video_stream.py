"""Opens a file and finds its video stream; says in one sentence why there is none."""

from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from superanimal_core.errors import VideoError

STAGE = "probe_video"
TEXT = {"tty", "bin", "xbin", "adf", "idf"}  # FFmpeg draws the letters
LISTS = {"hls", "dash", "concat", "sdp"}  # of other files
PICTURES = {"image2", "ico", "fits"}  # and all that end in _pipe; of a TIFF stack FFmpeg sees one
STILL_BRANDS = {"avif", "heic", "heix", "mif1"}  # ISO 23008-12
ANIMATIONS = {"gif", "apng"}


def open_video(path: str | Path) -> tuple[InputContainer, VideoStream]:
    """The opened file and its first video stream that is no cover; VideoError when none is."""
    if not Path(path).is_file():
        raise VideoError(STAGE, f"{path} does not exist; mend its row in the sheet of videos")
    if Path(path).stat().st_size == 0:
        raise VideoError(STAGE, f"{path} is empty (0 bytes); copy the file again")
    try:
        container = av.open(str(path))
    except FFmpegError as error:
        raise VideoError(
            STAGE,
            f"{path} cannot be opened as a video ({error.strerror or error}); "
            "it may be truncated: copy it again",
        ) from None
    streams = moving_streams(container)
    reason = _why_no_video(container, streams)
    if reason:
        container.close()
        raise VideoError(STAGE, f"{path} {reason}")
    return container, streams[0]


def moving_streams(container: InputContainer) -> list[VideoStream]:
    """The video streams that are more than a cover or a thumbnail."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return [stream for stream in container.streams.video if not stream.disposition & still]


def _why_no_video(container: InputContainer, streams: list[VideoStream]) -> str:
    """The rest of a sentence that begins with the path; empty for a video."""
    name = container.format.name
    if name in TEXT:
        return "is a text, not a video; leave it out of the sheet of videos"
    if name in LISTS:
        return "is a list of other files; name a video file itself"
    is_picture = container.metadata.get("major_brand") in STILL_BRANDS
    if is_picture or name in PICTURES or name.endswith("_pipe"):
        return (
            "is a picture or a stack of pictures, not a video; make a video of the pictures "
            "(for example with ffmpeg) and name that"
        )
    if not container.streams.video:
        return "holds no video stream"
    if not streams:
        return "holds no video, only a cover picture"
    return _why_not_decodable(streams[0])


def _why_not_decodable(stream: VideoStream) -> str:
    try:
        codec = stream.codec_context
    except ValueError:
        codec = None
    if codec is None:
        return (
            "holds a video whose codec FFmpeg does not know, or half of a header; "
            "convert it with the camera's program, or copy it again if it is truncated"
        )
    return ""
