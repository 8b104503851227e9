"""Networks that look at neighboring frames: Lightning Pose's context network, Biderman et al. 2024.

A window is a frame with the two before and the two after it. Each frame passes the backbone; beside
the head that sees the middle frame alone, a bidirectional convolutional recurrence sees the
features of all five. Of every keypoint the head that is more confident is believed.

Every network of features and a head can have it. A released dilated_resnet or rtmpose cannot: their
outputs are not heatmaps alone.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from superanimal_core.network.pose_network import FeatureNetwork, Keypoints, Outputs

REACH = 2  # frames on each side (Lightning Pose)
WINDOW = 2 * REACH + 1
MEMORY_CELLS = 3  # of the grid along each axis that a step of the recurrence looks at

Maps = Float[Tensor, "batch keypoint height width"]
T = TypeVar("T")


def window_of(middle: T, beside: Callable[[int], T | None], reach: int = REACH) -> list[T]:
    """A window around what is in its middle, from what lies so many frames before (< 0) or after.

    Where there is nothing, that of the next frame towards the middle is repeated, as published for
    the ends of a video.
    """
    sides = [[middle], [middle]]
    for side, step in zip(sides, (-1, 1), strict=True):
        for distance in range(1, reach + 1):
            found = beside(step * distance)
            side.append(side[-1] if found is None else found)
    return [*reversed(sides[0]), *sides[1][1:]]


class ContextNetwork(FeatureNetwork):
    """A network with a second head that sees the features of neighboring frames.

    Raw outputs are the heatmaps of both heads: of the frame alone, and in its context.
    """

    def __init__(self, keypoints: int, **parameters: Any):
        super().__init__(keypoints, **parameters)
        self.context = ContextHead(self.feature_channels, keypoints)

    def forward(
        self,
        crops: Float[Tensor, "batch *window 3 _height _width"],
        windows: Int[Tensor, "batch window"] | None = None,
    ) -> tuple[Maps, Maps]:
        """Heatmaps of the middle frames of windows; a lone crop is its own neighbor.

        With `windows` crops are each other's: it has the places of those around each, and every
        crop passes the backbone once.
        """
        if windows is not None:
            return self.heatmaps_in_context(self.features(crops)[windows])
        if crops.ndim == 4:
            return self.heatmaps_in_context(
                self.features(crops)[:, None].expand(-1, WINDOW, -1, -1, -1)
            )
        features = self.features(crops.flatten(0, 1))
        return self.heatmaps_in_context(features.unflatten(0, crops.shape[:2]))

    def heatmaps_in_context(
        self, windows: Float[Tensor, "batch window channel height width"]
    ) -> tuple[Maps, Maps]:
        """The heatmaps of both heads, from the features of the frames of windows."""
        return self.heatmaps(windows[:, REACH]), self.context(windows)

    def decode_alone(self, heatmaps: Maps) -> Keypoints:
        """What the head says that sees the frame alone."""
        return super().decode(heatmaps)

    def decode(self, outputs: Outputs) -> Keypoints:
        """What the head with the higher score says, for every keypoint."""
        (alone_px, alone), (xy_px, score) = (self.decode_alone(maps) for maps in outputs)
        is_surer = score > alone
        return torch.where(is_surer[..., None], xy_px, alone_px), torch.maximum(score, alone)

    def heatmaps_of_heads(self, outputs: Outputs) -> list[Float[Tensor, "batch keypoint _h _w"]]:
        """The heatmaps of both heads, in float32."""
        return [maps.float() for maps in outputs]

    def keypoint_losses(
        self, outputs: Outputs, xy_px: Float[Tensor, "batch keypoint 2"]
    ) -> Float[Tensor, "batch keypoint"]:
        """The mean of both heads."""
        both = [super(ContextNetwork, self).keypoint_losses(maps, xy_px) for maps in outputs]
        return torch.stack(both).mean(dim=0)


class ContextHead(nn.Module):
    """Heatmaps from the features of a window: what is known in the middle from both sides.

    Unlike Lightning Pose's, whose recurrences are linear, remember each keypoint by itself in
    squares of 2 x 2 cells, and end at the far ends of the window. There a map is a sum of what
    each frame shows, and cannot say: believe the neighbors, since here something is in front.
    """

    def __init__(self, channels: int, keypoints: int):
        super().__init__()
        self.forwards, self.backwards = (
            Recurrence(
                nn.Conv2d(channels, channels, 1),
                nn.Conv2d(channels, channels, MEMORY_CELLS, padding=MEMORY_CELLS // 2),
                nn.ReLU(),
            )
            for _ in range(2)
        )
        self.head = nn.Conv2d(2 * channels, keypoints, 1)
        nn.init.normal_(self.head.weight, std=0.001)

    def forward(self, windows: Float[Tensor, "batch window channel height width"]) -> Maps:
        """Each pass ends in the middle of the window."""
        frames = windows.unbind(dim=1)
        before, behind = frames[: REACH + 1], frames[: REACH - 1 : -1]
        return self.head(torch.cat([self.forwards(before), self.backwards(behind)], dim=1))


class Recurrence(nn.Module):
    """h_t = activation(see(x_t) + remember(h_(t-1))) over frames; the first remembers nothing."""

    def __init__(self, see: nn.Module, remember: nn.Module, activation: nn.Module):
        super().__init__()
        self.see, self.remember, self.activation = see, remember, activation

    def forward(
        self, frames: Sequence[Float[Tensor, "batch channel _height _width"]]
    ) -> Float[Tensor, "batch known height width"]:
        """What is known after the last frame."""
        known = self.activation(self.see(frames[0]))
        for frame in frames[1:]:
            known = self.activation(self.see(frame) + self.remember(known))
        return known
