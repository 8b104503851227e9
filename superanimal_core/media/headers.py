"""Sizes of pictures, from their headers alone, and of videos, from their first frame."""

import struct
from io import BytesIO
from pathlib import Path

from superanimal_core.errors import DatasetError, VideoError

IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")


def image_size_px(path: Path | BytesIO, where: str) -> tuple[int, int]:
    """(width, height) from an image's header. DatasetError when it is no picture or far too big."""
    from PIL import Image  # here: a study of videos never needs it

    try:
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            return image.size
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
