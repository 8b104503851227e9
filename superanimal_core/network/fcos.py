"""torchvision's anchor-free FCOS (Tian et al. 2019) on a small timm backbone: our own detector."""

from torch import Tensor, nn
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.fcos import FCOSHead
from torchvision.ops import FeaturePyramidNetwork

from superanimal_core.network.pyramid import build_backbone, stage_channels

CHANNELS = 64
STRIDES = (8, 16, 32)


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


def build_fcos(
    *, backbone: str, size_px: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> FCOS:
    """A detector of one class (label 0) for squares of `size_px`, with random weights."""
    anchors = AnchorGenerator(tuple((s,) for s in STRIDES), ((1.0,),) * len(STRIDES))
    return FCOS(
        BackbonePyramid(backbone),
        num_classes=1,
        min_size=size_px,
        max_size=size_px,
        image_mean=list(mean),
        image_std=list(std),
        anchor_generator=anchors,
        head=FCOSHead(CHANNELS, 1, 1, num_convs=2),
        center_sampling_radius=1.5,
        score_thresh=0.01,
        nms_thresh=0.5,
        detections_per_img=20,
    )
