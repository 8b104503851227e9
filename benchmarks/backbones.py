"""Which networks of timm a pyramid can stand on: config/backbones.tsv, and the families' table.

    python -m benchmarks.backbones table config/backbones.tsv [part parts]   # from shapes alone
    python -m benchmarks.backbones families docs/backbones.md                # real forward passes

The table is read before each run (`snakemake -n` refuses a backbone that cannot work); the second
builds the smallest network of each family with the head, and runs a crop through it.
"""

import csv
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import timm
import torch

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.backbone_geometry import HEAD_STRIDES, backbone_geometry
from superanimal_core.network.pyramid import PyramidNetwork
from superanimal_core.network.vit import published_patch_px, vit_names

SIZES_PX = (256, 96, 224)
BY_INDEX = "mvitv2"  # looks positions up by index, which shapes do not show: its own size only
MAX_S = 40  # for one network


def table_rows(names: Iterable[str]) -> Iterable[dict[str, str]]:
    """A row per network; `crop_sizes` is `any` or those of SIZES_PX that work."""
    plain_vits = set(vit_names())
    for name in names:
        signal.alarm(MAX_S)
        try:
            found = {size: backbone_geometry(name, size) for size in SIZES_PX[:1]}
            if found[SIZES_PX[0]].strides and "stage" not in found[SIZES_PX[0]].reason:
                found |= {size: backbone_geometry(name, size) for size in SIZES_PX[1:]}
        finally:
            signal.alarm(0)
        fitting = {
            size: geometry
            for size, geometry in found.items()
            if geometry.head_strides and (size == 224 or not name.startswith(BY_INDEX))
        }
        best = next(iter(fitting.values()), found[SIZES_PX[0]])
        yield {
            "backbone": name,
            "head_strides": " ".join(map(str, best.head_strides)),
            "crop_sizes": "any" if len(fitting) == len(SIZES_PX) else " ".join(map(str, fitting)),
            "patch_px": str(published_patch_px(name)) if name in plain_vits else "",
            "reason": best.reason,
        }


def write_table(path: Path, part: int = 0, parts: int = 1) -> None:
    """The table of all networks of timm, those of few letters (small ones) first."""
    names = sorted(timm.list_models(), key=lambda name: (len(name), name))[part::parts]
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = ["backbone", "head_strides", "crop_sizes", "patch_px", "reason"]
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in table_rows(names):
            writer.writerow(row)
            file.flush()


def families() -> dict[str, str]:
    """The smallest network (by the length of its name's digits) of each module of timm."""
    chosen: dict[str, str] = {}
    for module in timm.list_modules():
        names = timm.list_models(module=module)
        words = ("atto", "femto", "pico", "nano", "tiny", "_xxs", "_xs", "18", "050", "_b0", "_m0")
        small = [name for word in words for name in names if word in name and "test" not in name]
        if names:  # a module of parts has no network of its own
            chosen[module] = (small or names)[0]
    return chosen


def tried(name: str, stride_px: int, size_px: int) -> str:
    """`yes`, or why a network with a head cannot be built or run."""
    try:
        network = PyramidNetwork(
            2,
            backbone=name,
            stride_px=stride_px,
            sigma_px=4.0,
            decoder_channels=8,
            is_subpixel=True,
        ).eval()
        with torch.inference_mode():
            grid = network(torch.zeros(1, 3, size_px, size_px)).shape[2:]
    except SuperAnimalError:
        return "no"
    except (RuntimeError, AssertionError, AttributeError, TypeError, ValueError, LookupError):
        return "no (fails)"
    return "yes" if tuple(grid) == (size_px // stride_px,) * 2 else "no (another grid)"


def write_families(path: Path) -> None:
    """A Markdown table: each family, its smallest network, and which strides work at 256 px."""
    strides = " | ".join(f"stride {stride}" for stride in HEAD_STRIDES)
    lines = [f"| module of timm | tried | {strides} |", "|---|---|" + "---|" * len(HEAD_STRIDES)]
    for module, name in families().items():
        begin = time.perf_counter()
        answers = []
        for stride in HEAD_STRIDES:
            slow = time.perf_counter() - begin > MAX_S
            answers.append("not tried" if slow else tried(name, stride, 256))
        lines.append(f"| {module} | `{name}` | " + " | ".join(answers) + " |")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _too_long(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _too_long)
    target = Path(sys.argv[2])
    if sys.argv[1] == "families":
        write_families(target)
    else:
        write_table(target, *map(int, sys.argv[3:5]))
