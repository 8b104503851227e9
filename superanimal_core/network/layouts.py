"""The layouts of released checkpoints, as data: by which tensors each is known, and its network.

Facts of DeepLabCut 3.0.1's model builders. A layout is found by the shapes of a few tensors that no
other layout has; the rest is checked key by key when the network is filled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from superanimal_core.network.crops import CropGeometry

Shape = tuple[int | None, ...]  # None: any size

IMAGENET_COLORS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SIGMA_PX = 2 * 17 / 3  # of the released heatmaps, in crop pixels (DeepLabCut's pos_dist_thresh 17)
RADIUS_PX = 17.0  # within which a location refinement is taught


@dataclass(frozen=True)
class Layout:
    """One kind of checkpoint.

    `signature`: the shapes of telling tensors. `renames`: beginnings of names, theirs to ours.
    `ignored`: beginnings of names of tensors that the result does not depend on. `transposed`:
    names of ours whose first two axes are exchanged in the file. `counted`: the tensor and axis of
    the file that give the number of keypoints (pose) or classes (detector).
    """

    name: str
    kind: str
    architecture: str
    parameters: Mapping[str, object]
    signature: Mapping[str, Shape]
    counted: tuple[str, int]
    renames: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    transposed: tuple[str, ...] = ()
    size_px: tuple[int, int] = (256, 256)
    is_normalized_twice: bool = False

    def crop(self) -> CropGeometry:
        """The crops of a pose network: DeepLabCut's, without a margin."""
        return CropGeometry(self.size_px, 1.0, *IMAGENET_COLORS, in_whole_pixels=True)


HEAD = "heads.bodypart."
HEATMAPS = f"{HEAD}heatmap_head.deconv_layers.0."
REFINEMENT = f"{HEAD}locref_head.deconv_layers.0."
FUSED = "stage4.2.fuse_layers."  # into the branches that nothing uses: rows 1 to 3
UNUSED_ROWS = tuple(f"{FUSED}{row}." for row in (1, 2, 3))


def _hrnet(name: str, backbone: str, head: str, is_transposed: bool) -> Layout:
    return Layout(
        name=name,
        kind="pose",
        architecture="hrnet",
        parameters={"backbone": "hrnet_w32", "sigma_px": SIGMA_PX},
        signature={
            f"{backbone}{FUSED}0.3.0.weight": (32, 256, 1, 1),
            f"{head}weight": (32, None, 1, 1) if is_transposed else (None, 32, 1, 1),
        },
        counted=(f"{head}bias", 0),
        renames=((backbone, "backbone."), (head, "head.")),
        ignored=tuple(f"{backbone}{row}" for row in UNUSED_ROWS),
        transposed=("head.weight",) if is_transposed else (),
    )


def _rtmpose(
    size: str, stem: int, depth: float, width: float, size_px: tuple[int, int], sigma: object
) -> Layout:
    return Layout(
        name=f"rtmpose_{size}",
        kind="pose",
        architecture="rtmpose",
        parameters={"depth": depth, "width": width, "size_px": size_px, "sigma_bins": sigma},
        signature={
            "backbone.stem.0.conv.weight": (stem, 3, 3, 3),
            f"{HEAD}cls_x.weight": (2 * size_px[0], None),
            f"{HEAD}cls_y.weight": (2 * size_px[1], None),
        },
        counted=(f"{HEAD}final_layer.bias", 0),
        renames=((HEAD, ""),),
        size_px=size_px,
    )


def _detector(name: str, signature: Mapping[str, Shape], counted: str, prefix: str) -> Layout:
    """`prefix` is 'model.' in DeepLabCut's checkpoints, nothing in torchvision's own."""
    return Layout(
        name=f"{name}{'' if prefix else ' of torchvision'}",
        kind="detector",
        architecture=name,
        parameters={},
        signature={f"{prefix}{key}": shape for key, shape in signature.items()},
        counted=(f"{prefix}{counted}", 0),
        renames=((prefix, ""),),
        is_normalized_twice=bool(prefix),
    )


SCORES = "roi_heads.box_predictor.cls_score.bias"
DETECTOR_SIGNATURES: Mapping[str, tuple[Mapping[str, Shape], str]] = {
    "fasterrcnn_resnet50_fpn_v2": (
        {"backbone.body.conv1.weight": (64, 3, 7, 7), SCORES: (None,)},
        SCORES,
    ),
    "fasterrcnn_mobilenet_v3_large_fpn": (
        {"backbone.body.0.0.weight": (16, 3, 3, 3), SCORES: (None,)},
        SCORES,
    ),
    "ssdlite": (
        {"backbone.features.0.0.0.weight": (16, 3, 3, 3)},
        "head.classification_head.module_list.0.1.bias",
    ),
}
SSDLITE_ANCHORS = 6  # per cell: its scores are anchors x classes

LAYOUTS: tuple[Layout, ...] = (
    _hrnet("hrnet_w32", "backbone.model.", HEATMAPS, is_transposed=True),
    _hrnet("hrnet_w32 of MMPose", "backbone.", "keypoint_head.final_layer.", is_transposed=False),
    Layout(
        name="resnet_50",
        kind="pose",
        architecture="dilated_resnet",
        parameters={"sigma_px": SIGMA_PX, "refinement_radius_px": RADIUS_PX},
        signature={
            "backbone.model.layer4.2.conv3.weight": (2048, 512, 1, 1),
            f"{HEATMAPS}weight": (2048, None, 3, 3),
            f"{REFINEMENT}weight": (2048, None, 3, 3),
        },
        counted=(f"{HEATMAPS}bias", 0),
        renames=(
            ("backbone.model.", "backbone."),
            (HEATMAPS, "head."),
            (REFINEMENT, "refinement."),
        ),
    ),
    _rtmpose("s", 16, 0.33, 0.5, (256, 256), (5.66, 5.66)),
    _rtmpose("x", 40, 1.33, 1.25, (288, 384), (6.0, 6.93)),
    *(
        _detector(name, signature, counted, prefix)
        for prefix in ("model.", "")
        for name, (signature, counted) in DETECTOR_SIGNATURES.items()
    ),
)
