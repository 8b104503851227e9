"""Whether a model's backbone can stand under its head, told before anything runs.

Every job reads the study, and none may load torch for it: the answer stands in a table that
`benchmarks/backbones.py` makes of all networks of timm.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import CONTEXT, ModelSettings, Settings
from superanimal_core.study.shipped import WORKFLOW

TABLE = WORKFLOW / "config/backbones.tsv"
HRNET_STRIDE_PX = 4
HRNETS = ("hrnet", "tokenpose")
VIT = "vit"
DETECTOR_STRIDE_PX = 8  # its finest


@dataclass(frozen=True)
class BackboneRow:
    """Strides of a head that a network of timm can bear, and the crops it takes (px; None: any).

    `patch_px` is the side of the patches of a plain vision transformer, as published.
    """

    head_strides: tuple[int, ...]
    crop_sizes: tuple[int, ...] | None
    patch_px: int | None
    reason: str


@cache
def read_backbones(path: Path = TABLE) -> dict[str, BackboneRow]:
    """The table of backbones by name."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["backbone"]: _row(row) for row in csv.DictReader(file, delimiter="\t")}


def _row(row: dict[str, str]) -> BackboneRow:
    sizes = row["crop_sizes"]
    return BackboneRow(
        tuple(map(int, row["head_strides"].split())),
        None if sizes == "any" else tuple(map(int, sizes.split())),
        int(row["patch_px"]) if row["patch_px"] else None,
        row["reason"],
    )


def backbone_mistakes(settings: Settings) -> list[str]:
    """Backbones that timm does not have, or that do not fit the head's stride or the crops."""
    known = read_backbones()
    mistakes = []
    for name, model in settings.models.items():
        reasons = [_detector_mistake(model, known)]
        if (model.fine_tune, model.pose_weights, model.predictions) == (None, None, None):
            reasons.append(_mistake(model, settings.network.stride_px, known))
        # otherwise the network comes from elsewhere, with its geometry
        mistakes += [f"config/config.yaml: models.{name}.{reason}" for reason in reasons if reason]
    return mistakes


def trains_detector(model: ModelSettings) -> bool:
    """Whether a detector of its own is made for a model."""
    elsewhere = (model.fine_tune, model.student_of, model.detector_weights, model.predictions)
    return not any(elsewhere)


def _mistake(model: ModelSettings, stride_px: int, known: dict[str, BackboneRow]) -> str:
    """The rest of a sentence that begins with the model; empty where all fits."""
    row = known.get(_name(model.backbone))
    if row is None:
        return _unknown("backbone", model.backbone, known)
    architecture = model.architecture.removesuffix(CONTEXT)
    if architecture == VIT:
        fitting = [name for name, row in known.items() if row.patch_px]
        return "" if row.patch_px else _other_kind(model, "plain vision transformer", fitting)
    if architecture in HRNETS:
        fitting = [name for name in known if name.startswith("hrnet")]
        if _name(model.backbone) not in fitting:
            return _other_kind(model, "HRNet", fitting)
        stride_px = HRNET_STRIDE_PX
    if stride_px not in row.head_strides:
        can = ", ".join(map(str, row.head_strides))
        can = f"it can at {can}" if can else f"it never can ({row.reason})"
        return (
            f"backbone: '{model.backbone}' gives no features at stride {stride_px} "
            f"(network.stride_px); {can}{_vit_can(row)}"
        )
    if row.crop_sizes is not None and all(model.input_size_px % size for size in row.crop_sizes):
        sizes = ", ".join(map(str, row.crop_sizes))
        return (
            f"input_size_px: '{model.backbone}' does not take crops of {model.input_size_px} px; "
            f"known to work: {sizes}"
        )
    return ""


def _detector_mistake(model: ModelSettings, known: dict[str, BackboneRow]) -> str:
    """The same of the backbone of a detector: a pyramid from stride 8 on.

    Where none is trained it has a known name at least, for the day on which one is.
    """
    own, is_trained = model.detector_backbone, trains_detector(model)
    if own is None:
        if not is_trained or model.architecture.removesuffix(CONTEXT) != VIT:
            return ""
        return (
            "detector_backbone: no detector can stand on a vision transformer; name a network "
            "with features at stride 8, as mobilenetv2_100, or give detector_weights"
        )
    row = known.get(_name(own))
    if row is None:
        return _unknown("detector_backbone", own, known)
    if is_trained and DETECTOR_STRIDE_PX not in row.head_strides:
        return f"detector_backbone: '{own}' gives no features at stride {DETECTOR_STRIDE_PX}"
    return ""


def _name(backbone: str) -> str:
    """The name of the network: timm writes that of its weights behind a point."""
    return backbone.partition(".")[0]


def _unknown(key: str, backbone: str, known: dict[str, BackboneRow]) -> str:
    near = did_you_mean(_name(backbone), list(known))
    return f"{key}: '{backbone}' is not a network of timm{near}"


def _other_kind(model: ModelSettings, kind: str, fitting: list[str]) -> str:
    return (
        f"backbone: '{model.backbone}' is no {kind}, which architecture '{model.architecture}' "
        f"needs{did_you_mean(_name(model.backbone), fitting)}"
    )


def _vit_can(row: BackboneRow) -> str:
    return f"; architecture '{VIT}' is for it" if row.patch_px else ""
