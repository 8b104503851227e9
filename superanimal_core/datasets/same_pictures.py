"""The same picture in two places, found by its content: such a copy leaks from training into test.

A fingerprint has two parts. The digest of the decoded pixels finds exact copies, whatever their
file is called. The thumbnail finds pictures that were encoded or scaled again: it is the gray
picture averaged over `SIDE` x `SIDE` cells, and two pictures are similar when no cell differs by
more than a part of their contrast.

What that can tell: JPEG at quality 30 and half the size change a cell of a picture of 640 x 480 by
0.01 to 0.04 of the contrast; moving a mouse by its own width changes some cell by 0.12 or more.
Neighboring frames of one video may count as the same picture, which is the leak that one looks for.
What it cannot tell: cropped, mirrored, turned or recolored copies.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8
from numpy import ndarray
from scipy.spatial import KDTree

SIDE = 32
COARSE_SIDE = 4  # a mean over cells differs by no more than the cells do: a quick first look
LEAST_CONTRAST = 8  # gray levels; a picture with less shows nothing that could be compared
CHUNK = 512


@dataclass(frozen=True)
class Repeat:
    """A picture that stands earlier in the list, too; `difference` in parts of the contrast."""

    picture: int
    earlier: int
    kind: str
    difference: float


def pixel_digest(image: UInt8[ndarray, "height width 3"]) -> str:
    """Hex digest of the decoded pixels and the size of a picture."""
    return hashlib.sha256(str(image.shape).encode() + image.tobytes()).hexdigest()


def thumbnail(image: UInt8[ndarray, "height width 3"]) -> UInt8[ndarray, "cell"]:
    """Mean gray level of each of `SIDE` x `SIDE` cells, row by row."""
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA).reshape(-1)


def repeated_pictures(
    dataset: Shaped[ndarray, "picture"],
    digests: Shaped[ndarray, "picture"],
    thumbnails: UInt8[ndarray, "picture cell"],
    max_difference: float,
) -> list[Repeat]:
    """At most one repeat per picture: `identical` to any earlier one, else `similar` to one of
    another data set (the nearest).

    `max_difference` is the largest difference of a cell, in parts of the smaller of both contrasts.
    Within a data set only exact copies count: frames of one video look alike.
    """
    first: dict[str, int] = {}
    found: dict[int, Repeat] = {}
    for picture, digest in enumerate(digests):
        earlier = first.setdefault(digest, picture)
        if earlier != picture:
            found[picture] = Repeat(picture, earlier, "identical", 0.0)
    for picture, earlier, difference in _nearest(dataset, thumbnails, max_difference):
        found.setdefault(picture, Repeat(picture, earlier, "similar", difference))
    return [found[picture] for picture in sorted(found)]


def _nearest(
    dataset: ndarray, thumbnails: UInt8[ndarray, "picture cell"], max_difference: float
) -> Iterator[tuple[int, int, float]]:
    """(picture, earlier picture of another data set, difference) where one is similar."""
    _, number = np.unique(dataset.astype(str), return_inverse=True)
    contrast = np.ptp(thumbnails, axis=1).astype(np.int64) if len(thumbnails) else np.zeros(0)
    shown = np.flatnonzero(contrast >= LEAST_CONTRAST)
    if len(np.unique(number[shown])) < 2:
        return
    coarse = _coarse(thumbnails[shown])
    tree = KDTree(coarse)
    for start in range(0, len(shown), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(shown)))
        radius = max_difference * contrast[shown[rows]] + 1e-6
        for row, near in zip(
            rows, tree.query_ball_point(coarse[rows], radius, p=np.inf), strict=True
        ):
            picture = int(shown[row])
            earlier = shown[np.array(near, dtype=np.int64)]
            earlier = earlier[(earlier < picture) & (number[earlier] != number[picture])]
            difference = _difference(thumbnails, contrast, picture, earlier)
            if len(earlier) and difference.min() <= max_difference:
                best = int(difference.argmin())
                yield picture, int(earlier[best]), float(difference[best])


def _coarse(thumbnails: UInt8[ndarray, "picture cell"]) -> Float[ndarray, "picture coarse"]:
    cell = SIDE // COARSE_SIDE
    blocks = thumbnails.reshape(-1, COARSE_SIDE, cell, COARSE_SIDE, cell)
    return blocks.mean(axis=(2, 4)).reshape(len(thumbnails), -1)


def _difference(
    thumbnails: ndarray, contrast: ndarray, picture: int, others: Int[ndarray, "other"]
) -> Float[ndarray, "other"]:
    """Largest difference of a cell over the smaller contrast."""
    largest = np.zeros(len(others))
    for start in range(0, len(others), CHUNK):  # many frames of one arena have one coarse look
        part = others[start : start + CHUNK]
        cells = np.abs(thumbnails[part].astype(np.int16) - thumbnails[picture].astype(np.int16))
        largest[start : start + CHUNK] = cells.max(axis=1)
    return largest / np.minimum(contrast[others], contrast[picture])
