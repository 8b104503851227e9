"""Array types, and the one pixel convention of the project.

Positions are continuous image coordinates in pixels of the original video or image: x to the right,
y down, the center of the top-left pixel is (0.5, 0.5), so an image of width W covers x in [0, W].
A horizontal flip is x -> W - x. Formats with another convention convert in their own file, at the
rim. Unknown positions are NaN.
"""

from jaxtyping import Bool, Float, Int
from numpy import ndarray

Xy = Float[ndarray, "*shape 2"]
BoxesXyxy = Float[ndarray, "*shape 4"]
TimeS = Float[ndarray, "frame"]
PoseXy = Float[ndarray, "frame individual keypoint 2"]
PoseScore = Float[ndarray, "frame individual keypoint"]
LabelXy = Float[ndarray, "animal keypoint 2"]
LabelStates = Int[ndarray, "animal keypoint"]
Mask = Bool[ndarray, "*shape"]
