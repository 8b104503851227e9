"""Sizes of pictures from their headers alone, of videos from their first frame; what a file is."""

import re
import struct
from io import BytesIO
from pathlib import Path

from superanimal_core.errors import DatasetError, VideoError

IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
ORIENTATION = 0x0112  # EXIF 2.3: 1 upright to 8
SWAPS_SIDES = 5  # orientations from here on exchange width and height
NO_VIDEO = re.compile(
    r"\.(csv|tsv|txt|md|json|ya?ml|xml|toml|h5|hdf5?|slp|nwb|parquet|pickle|pkl|mat|np[yz]|xlsx?|ods"
    r"|pdf|html|log|py|ipynb|zip|gz|tar|7z|db|pth?|png|jpe?g|bmp|tiff?|webp|gif|svg|heic"
    r"|srt|vtt|ass|wav|mp3|flac)$",
    re.IGNORECASE,
)
NOT_MOVING = ("tty", "image2", "lrc", "srt")  # of FFmpeg's formats; and all that end in _pipe


def image_size_px(path: Path | BytesIO, where: str) -> tuple[int, int]:
    """(width, height) from an image's header, as `image_header` has it."""
    return image_header(path, where)[0]


def image_header(path: Path | BytesIO, where: str) -> tuple[tuple[int, int], int]:
    """(width, height) of an image as `read_image` opens it, and how it says it is to be turned.

    That is 1 (not at all) to 8 (EXIF 2.3, tag 0x0112), and the size is the turned picture's.
    DatasetError when it is no picture or far too big.
    """
    from PIL import Image  # here: a study of videos never needs it
    from PIL.TiffImagePlugin import TiffImageFile

    try:
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            about = Image.Exif()  # not `getexif`, which also reads XMP, as OpenCV does not
            about.load(image.info.get("exif", b""))
            is_tiff = isinstance(image, TiffImageFile)
            said = image.tag_v2.get(ORIENTATION) if is_tiff else about.get(ORIENTATION)
            turn = said if isinstance(said, int) and 1 <= said <= 8 else 1
            width, height = image.size
            is_exchanged = turn >= SWAPS_SIDES and not is_tiff  # that class does it itself
            return ((height, width) if is_exchanged else (width, height)), turn
    except (OSError, ValueError, SyntaxError, struct.error, OverflowError) as mistake:
        reason = mistake
    except Image.DecompressionBombError as mistake:
        reason = mistake
    raise DatasetError(f"{where}: not a readable {'/'.join(IMAGE_FORMATS)} image ({reason})")


def video_size_px(path: Path, where: str) -> tuple[int, int]:
    """(width, height) of a video's pictures as `read_frames` gives them. DatasetError if none."""
    from superanimal_core.media.video import read_frames  # here: a study of pictures never needs it

    try:
        first = next(read_frames(path, stop=1), None)
    except VideoError as error:
        raise DatasetError(f"{where}: not a readable video ({error.reason})") from None
    if first is None:
        raise DatasetError(f"{where}: not a readable video ({path} holds no frame)")
    return first.shape[1], first.shape[0]


def is_video(path: Path) -> bool:
    """Whether FFmpeg opens a file and finds moving pictures in it.

    Tables, documents, pictures and sounds are told by their suffix; all others are asked.
    """
    import av
    from av.error import FFmpegError

    if NO_VIDEO.search(path.name) or not path.is_file():
        return False
    try:
        with av.open(str(path)) as container:
            kind = container.format.name
            is_still = kind in NOT_MOVING or kind.endswith("_pipe")
            return not is_still and len(container.streams.video) > 0
    except (FFmpegError, OSError, ValueError):
        return False
