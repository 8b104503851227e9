"""Pictures that a SLEAP package (.pkg.slp) carries inside: `labels.pkg.slp/video0#frame=12`.

`video0/video` holds one encoded picture per stored frame (PNG or JPEG bytes, padded with zeros, or
of own lengths), or plain pixels; `video0/frame_numbers` says which frames of the video they are.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import h5py
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.formats.hdf_tables import opened_hdf, plain_node
from superanimal_core.media.headers import image_size_px

MOST_BYTES = 2**28  # of one picture, decoded


def read_embedded(
    package: str | Path, group: str, where: str
) -> Iterator[tuple[int, UInt8[ndarray, "height width 3"]]]:
    """(frame number, RGB picture) of every stored frame, one at a time."""
    with opened_hdf(Path(package), where) as file:
        stored = plain_node(file, f"{group}/video", where)
        numbers = plain_node(file, f"{group}/frame_numbers", where)
        if stored is None:
            raise DatasetError(f"{where}: no pictures in '{group}'")
        count = len(stored)
        frames = numbers[: count + 1].tolist() if numbers is not None else list(range(count))
        if len(frames) != count:
            raise DatasetError(f"{where}: '{group}' has {count} pictures, {len(frames)} numbers")
        for place, frame in enumerate(frames):
            yield int(frame), _picture(stored, place, f"{where}: {group}, picture {place}")


def _picture(stored: h5py.Dataset, place: int, where: str) -> UInt8[ndarray, "height width 3"]:
    if stored.ndim == 4:  # plain pixels
        if np.prod(stored.shape[1:], dtype=float) * stored.dtype.itemsize > MOST_BYTES:
            raise DatasetError(f"{where}: too large; refused")
        pixels = np.asarray(stored[place])
        if pixels.dtype != np.uint8 or pixels.shape[2] not in (1, 3):
            raise DatasetError(
                f"{where}: pixels are {pixels.dtype}, {pixels.shape}; expected bytes"
            )
        return np.repeat(pixels, 3 // pixels.shape[2], axis=2)
    encoded = np.asarray(stored[place])
    if encoded.dtype.kind not in "iu" or encoded.dtype.itemsize != 1 or not encoded.size:
        raise DatasetError(f"{where}: no encoded picture")
    document = np.ascontiguousarray(encoded).view(np.uint8)
    _refuse_bomb(document, where)
    image = cv2.imdecode(document, cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError(f"{where}: cannot be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _refuse_bomb(document: ndarray, where: str) -> None:
    """DatasetError when the picture's own header claims more pixels than allowed."""
    width, height = image_size_px(io.BytesIO(document.tobytes()), where)
    if 3 * width * height > MOST_BYTES:
        raise DatasetError(f"{where}: claims {width} x {height} pixels; refused")
