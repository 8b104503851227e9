"""Pictures: read and write, RGB uint8."""

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.media.picture_names import picture_path


def read_image(path: str) -> UInt8[ndarray, "height width 3"]:
    """An image as RGB. DatasetError when it is missing or cannot be decoded."""
    try:
        document = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DatasetError(f"{path}: image missing or unreadable ({error.strerror})") from None
    image = cv2.imdecode(document, cv2.IMREAD_COLOR) if len(document) else None
    if image is None:
        raise DatasetError(f"{path}: not an image that can be decoded; replace or remove it")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def write_image(image: UInt8[ndarray, "height width 3"], path: str | Path) -> None:
    """Write an RGB image; the format is the suffix's."""
    document = image_document(image, Path(path).suffix)
    if document is None:
        raise DatasetError(f"{path}: cannot write an image in the format '{Path(path).suffix}'")
    Path(path).write_bytes(document)


def image_document(
    image: UInt8[ndarray, "height width 3"], suffix: str, settings: Sequence[int] = ()
) -> bytes | None:
    """An RGB image as a file of a format would hold it; None where OpenCV cannot.

    `settings` are OpenCV's for the format (cv2.imencode).
    """
    written, document = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    return document.tobytes() if written else None


def cached_reader(
    places: Mapping[str, str] | None = None, max_bytes: int = 2**29
) -> Callable[[str], UInt8[ndarray, "height width 3"]]:
    """`read_image` of names (`picture_path`) that keeps the last pictures, `max_bytes` at most."""
    kept: OrderedDict[str, UInt8[ndarray, "height width 3"]] = OrderedDict()
    held = 0

    def read(path: str) -> UInt8[ndarray, "height width 3"]:
        nonlocal held
        if path in kept:
            kept.move_to_end(path)
            return kept[path]
        place = picture_path(path, places or {})
        is_frame = f"{path.partition('#')[0]}#" in (places or {})
        if is_frame and not os.path.exists(place):
            raise DatasetError(
                f"{place}: a frame that was taken from a video, and deleted; to take it again: "
                f"snakemake --cores all {os.path.dirname(place)}"
            )
        image = kept[path] = read_image(place)
        held += image.nbytes
        while held > max_bytes and len(kept) > 1:
            _, oldest = kept.popitem(last=False)
            held -= oldest.nbytes
        return image

    return read
