"""How a player turns and mirrors pictures, as the file asks (ISO 14496-12, tkhd: a matrix)."""

import struct
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type
from jaxtyping import UInt8
from numpy import ndarray

MAX_ASKEW = 0.0175  # 1 degree; ffmpeg takes as much for a quarter turn


@dataclass(frozen=True)
class Turn:
    """Pictures whose rows become columns (`is_transposed`), then are flipped."""

    is_transposed: bool
    is_flipped_x: bool
    is_flipped_y: bool

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right hands change places."""
        return self.is_transposed ^ self.is_flipped_x ^ self.is_flipped_y

    def size_px(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of a turned picture."""
        return (height, width) if self.is_transposed else (width, height)

    def of(self, image: UInt8[ndarray, "height width 3"]) -> UInt8[ndarray, "turned_height _ 3"]:
        """The picture as a player shows it."""
        if self.is_transposed:
            image = image.transpose(1, 0, 2)
        if self.is_flipped_x:
            image = image[:, ::-1]
        if self.is_flipped_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


UPRIGHT = Turn(False, False, False)
QUARTERS = {  # by PyAV's angle, counterclockwise
    0: UPRIGHT,
    1: Turn(True, False, True),
    2: Turn(False, True, True),
    3: Turn(True, True, False),
}


def turn_asked_by(frame: av.VideoFrame) -> Turn | None:
    """How a player shows a frame; None where the file asks for what quarter turns cannot do."""
    try:
        side_data: Any = frame.side_data  # its types know names only
        asked = side_data.get(Type.DISPLAYMATRIX)
    except ValueError:  # PyAV has no name for another of the frame's side data
        whole = frame.rotation % 90 == 0
        return QUARTERS[frame.rotation // 90 % 4] if whole else None
    return turn_of_matrix(struct.unpack("=9i", bytes(asked))) if asked else UPRIGHT


def turn_of_matrix(matrix: tuple[int, ...]) -> Turn | None:
    """The turn of a display matrix (a b u c d v x y w; x' = a x + c y, y' = b x + d y, y down).

    The scale counts for nothing, as in ffmpeg, and a matrix of zeros turns nothing.
    """
    linear = np.array([[matrix[0], matrix[3]], [matrix[1], matrix[4]]], dtype=float)
    lengths = np.hypot(*linear)
    if (lengths == 0).any():
        return UPRIGHT
    (a, c), (b, d) = (linear / lengths).tolist()
    if max(abs(b), abs(c)) < MAX_ASKEW:
        return Turn(False, a < 0, d < 0)
    if max(abs(a), abs(d)) < MAX_ASKEW:
        return Turn(True, c < 0, b < 0)
    return None
