"""torchvision's anchor-free FCOS (Tian et al. 2019) on a small timm backbone: our own detector."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.fcos import FCOSHead
from torchvision.ops import FeaturePyramidNetwork, box_iou, nms

from superanimal_core.network.pyramid import build_backbone, stage_channels

CHANNELS = 64
STRIDES = (8, 16, 32)
SAME_ANIMAL = 0.5  # overlap (IoU) from which two boxes are of one animal
MOST_BOXES = 20  # in a picture
MOST_CANDIDATES = 1000  # of which these are made, and from this score on
LEAST_SCORE = 0.01


class BackbonePyramid(nn.Module):
    """Backbone stages of stride 8 to 32 with a feature pyramid on top."""

    def __init__(self, backbone: str):
        super().__init__()
        self.backbone = build_backbone(backbone, STRIDES[0])
        self.pyramid = FeaturePyramidNetwork(stage_channels(self.backbone), CHANNELS)
        self.out_channels = CHANNELS

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        stages = {str(i): stage for i, stage in enumerate(self.backbone(images))}
        return self.pyramid(stages)


class VotingFCOS(FCOS):
    """FCOS whose boxes are means of all that it has said of an animal (`vote`)."""

    def postprocess_detections(self, *outputs: Any) -> list[dict[str, Tensor]]:
        """Of each image, boxes, scores and labels, best first."""
        found = super().postprocess_detections(*outputs)
        for each in found:
            boxes, scores = vote(each["boxes"], each["scores"])
            each |= {"boxes": boxes, "scores": scores, "labels": each["labels"][: len(boxes)]}
        return found


def vote(
    boxes: Float[Tensor, "candidate 4"], scores: Float[Tensor, "candidate"]
) -> tuple[Float[Tensor, "box 4"], Float[Tensor, "box"]]:
    """The best box of each animal moved to the mean of those that overlap it; its score stays.

    Candidates weigh as the squares of their scores (box voting, Gidaris & Komodakis 2015). The best
    one alone jumps when the eye sees no change: another cell of the grid has become the best.
    """
    kept = nms(boxes, scores, SAME_ANIMAL)[:MOST_BOXES]
    is_same = box_iou(boxes[kept], boxes) >= SAME_ANIMAL
    is_same |= torch.arange(len(boxes), device=kept.device) == kept[:, None]  # also without area
    weights = scores.square() * is_same
    return (weights @ boxes) / weights.sum(dim=1, keepdim=True), scores[kept]


def build_fcos(
    *, backbone: str, size_px: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> FCOS:
    """A detector of one class (label 0) for squares of `size_px`, with random weights."""
    anchors = AnchorGenerator(tuple((s,) for s in STRIDES), ((1.0,),) * len(STRIDES))
    return VotingFCOS(
        BackbonePyramid(backbone),
        num_classes=1,
        min_size=size_px,
        max_size=size_px,
        image_mean=list(mean),
        image_std=list(std),
        anchor_generator=anchors,
        head=FCOSHead(CHANNELS, 1, 1, num_convs=2),
        center_sampling_radius=1.5,
        score_thresh=LEAST_SCORE,
        nms_thresh=1.0,  # no box is suppressed before it has voted
        detections_per_img=MOST_CANDIDATES,
    )
