"""Whether a model's backbone can stand under its head, told before anything runs.

Every job reads the study, and none may load torch for it: the answer stands in a table that
`benchmarks/backbones.py` makes of all networks of timm.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import ModelSettings, Settings

TABLE = Path(__file__).parents[2] / "config" / "backbones.tsv"
HRNET_STRIDE_PX = 4
HRNETS = ("hrnet", "tokenpose")


@dataclass(frozen=True)
class BackboneRow:
    """Strides of a head that a network of timm can bear, and the crops it takes (px; None: any)."""

    head_strides: tuple[int, ...]
    crop_sizes: tuple[int, ...] | None
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
        row["reason"],
    )


def backbone_mistakes(settings: Settings) -> list[str]:
    """Backbones that timm does not have, or that do not fit the head's stride or the crops."""
    known = read_backbones()
    mistakes = []
    for name, model in settings.models.items():
        if model.fine_tune is not None or model.pose_weights is not None:
            continue  # the network comes from elsewhere, with its geometry
        reason = _mistake(model, settings.network.stride_px, known)
        if reason:
            mistakes.append(f"config/config.yaml: models.{name}.{reason}")
    return mistakes


def _mistake(model: ModelSettings, stride_px: int, known: dict[str, BackboneRow]) -> str:
    """The rest of a sentence that begins with the model; empty where all fits."""
    backbone = model.backbone.partition(".")[0]  # timm writes the weights behind a point
    row = known.get(backbone)
    if row is None:
        return (
            f"backbone: '{model.backbone}' is not a network of timm"
            f"{did_you_mean(backbone, list(known))}"
        )
    if model.architecture in HRNETS:
        if not backbone.startswith("hrnet"):
            hrnets = [name for name in known if name.startswith("hrnet")]
            return (
                f"backbone: '{model.backbone}' is no HRNet, which architecture "
                f"'{model.architecture}' needs{did_you_mean(backbone, hrnets)}"
            )
        stride_px = HRNET_STRIDE_PX
    if stride_px not in row.head_strides:
        can = ", ".join(map(str, row.head_strides))
        can = f"it can at {can}" if can else f"it never can ({row.reason})"
        return (
            f"backbone: '{model.backbone}' gives no features at stride {stride_px} "
            f"(network.stride_px); {can}"
        )
    if row.crop_sizes is not None and all(model.input_size_px % size for size in row.crop_sizes):
        sizes = ", ".join(map(str, row.crop_sizes))
        return (
            f"input_size_px: '{model.backbone}' does not take crops of {model.input_size_px} px; "
            f"known to work: {sizes}"
        )
    return ""
