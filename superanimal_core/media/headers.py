"""Sizes of pictures and videos from their headers alone."""

import struct
from io import BytesIO
from pathlib import Path

from superanimal_core.errors import DatasetError

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
    """(width, height) of the first video stream."""
    import av  # here: a study of pictures never needs it

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            size = stream.width, stream.height
    except (OSError, ValueError, IndexError) as mistake:
        raise DatasetError(f"{where}: not a readable video ({mistake})") from None
    if min(size) <= 0:
        raise DatasetError(f"{where}: the video says nothing about its size")
    return size
