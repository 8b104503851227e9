"""Animals that leave the picture: an edge is put into training pictures, through the animal.

Labels lie inside pictures, so that no network learns where a keypoint is that an edge cuts off. It
answers with a place at the edge or somewhere inside, and is sure. Here the picture ends within the
animal's box, as if it were smaller: what lies beyond is black, as where a crop reaches beyond a
picture, the box holds what is left of it, as a detector's does, and keypoints beyond are known to
be nowhere.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from superanimal_core.pose.labels import LabelState

BEYOND = -1  # a state of crops alone: known, and not in the picture
LEFT_IN_VIEW = (0.3, 0.95)  # of the box, along the axis that is cut


@dataclass(frozen=True)
class PictureEdge:
    """A new edge at `place_px` of x (axis 0) or y (axis 1); what is left lies before or behind."""

    axis: int
    place_px: int
    is_kept_before: bool

    def blackened(
        self, image: UInt8[ndarray, "height width 3"]
    ) -> UInt8[ndarray, "height width 3"]:
        """The image as it is left; the one that is given stays as it is."""
        beyond = slice(self.place_px, None) if self.is_kept_before else slice(self.place_px)
        left = image.copy()
        left[(slice(None), beyond) if self.axis == 0 else beyond] = 0
        return left

    def clipped(self, box_xyxy_px: Float[ndarray, "4"]) -> Float[ndarray, "4"]:
        """What is left of a box."""
        box = box_xyxy_px.copy()
        box[self.axis + (2 if self.is_kept_before else 0)] = self.place_px
        return box

    def without_what_is_beyond(
        self, xy_px: Float[ndarray, "keypoint 2"], state: Int[ndarray, "keypoint"]
    ) -> tuple[Float[ndarray, "keypoint 2"], Int[ndarray, "keypoint"]]:
        """Known keypoints beyond the edge lose their position and are BEYOND; others stay."""
        from_edge_px = xy_px[:, self.axis] - self.place_px
        is_beyond = (from_edge_px >= 0) if self.is_kept_before else (from_edge_px < 0)
        is_beyond &= state >= LabelState.OCCLUDED
        return np.where(is_beyond[:, None], np.nan, xy_px), np.where(is_beyond, BEYOND, state)


def draw_edge(
    box_xyxy_px: Float[ndarray, "4"], probability: float, generator: np.random.Generator
) -> PictureEdge | None:
    """An edge of any side, through a box (px of the image), with this probability.

    Nothing is drawn from the generator at probability 0.
    """
    if not probability or generator.random() >= probability:
        return None
    axis, is_kept_before = int(generator.integers(2)), bool(generator.integers(2))
    start, stop = box_xyxy_px[axis], box_xyxy_px[axis + 2]
    part = generator.uniform(*LEFT_IN_VIEW)
    place = round(
        float(start + part * (stop - start) if is_kept_before else stop - part * (stop - start))
    )
    if not start + 1 <= place <= stop - 1:
        return None  # a box of a pixel or two
    return PictureEdge(axis, place, is_kept_before)
