"""torchvision's detectors of the released checkpoints, built without any download.

Two classes are background and animal (label 1); 91 are COCO's, of which 1 is a person. Boxes below
a score of `MIN_SCORE` are never given; which of the others count is a setting of the study.
"""

from torch import nn
from torchvision.models import mobilenet_v3_large
from torchvision.models.detection import (
    FasterRCNN,
    fasterrcnn_resnet50_fpn_v2,
    ssdlite320_mobilenet_v3_large,
)
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import _mobilenet_extractor
from torchvision.ops import FrozenBatchNorm2d

MIN_SCORE = 0.05
ANCHOR_SIZES_PX = (32, 64, 128, 256, 512)
ANCHOR_RATIOS = (0.5, 1.0, 2.0)
MOBILENET_LEVELS = 3


def build_fasterrcnn_resnet50_fpn_v2(*, classes: int) -> nn.Module:
    """Faster R-CNN (Ren et al. 2015) on ResNet-50 with a feature pyramid."""
    return fasterrcnn_resnet50_fpn_v2(
        weights=None, weights_backbone=None, num_classes=classes, box_score_thresh=MIN_SCORE
    )


def build_fasterrcnn_mobilenet_v3_large_fpn(*, classes: int) -> nn.Module:
    """Faster R-CNN on MobileNetV3 with frozen batch normalization.

    torchvision freezes the normalization only together with a download of ImageNet weights, so the
    model is put together from its parts here.
    """
    mobilenet = mobilenet_v3_large(weights=None, norm_layer=FrozenBatchNorm2d)
    anchors = AnchorGenerator(
        (ANCHOR_SIZES_PX,) * MOBILENET_LEVELS, (ANCHOR_RATIOS,) * MOBILENET_LEVELS
    )
    return FasterRCNN(
        _mobilenet_extractor(mobilenet, True, 3),
        classes,
        rpn_anchor_generator=anchors,
        rpn_score_thresh=0.05,
        box_score_thresh=MIN_SCORE,
    )


def build_ssdlite(*, classes: int) -> nn.Module:
    """SSDLite (Sandler et al. 2018) on MobileNetV3, for squares of 320 pixels."""
    return ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=classes, score_thresh=MIN_SCORE
    )
