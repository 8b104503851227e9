"""What a GPU must agree on with the processor: learned dots, and normalization that GPUs share."""

import copy
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torch.distributed as dist
from gpu_measuring import Figures, Given

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/training")]

from dot_world import DotWorld, with_boxes  # noqa: E402 -- found by the line above

from superanimal_core.inference.labeled import predict_labels  # noqa: E402
from superanimal_core.training.label_training import fit_labels  # noqa: E402
from superanimal_core.training.processes import share_batch_norm  # noqa: E402

CPU = torch.device("cpu")
ADDRESS = "tcp://127.0.0.1:29511"


def agreement(given: Given) -> Iterator[Figures]:
    """Errors after a training on the device, and differences; without TF32."""
    with whole_float32():
        for precision in ("float32", "bfloat16"):
            case = f"{given.sizes.dots[0]} steps on dots"
            if not given.has_time(f"{case}, {precision}"):
                return
            values = learned_dots(given, precision)
            if values is not None:
                yield Figures(case, precision, values)
        with group_of_one(given.device):
            for backbone in given.sizes.backbones:
                case = f"{backbone}, normalization that GPUs share against its own"
                if not given.has_time(case):
                    return
                yield Figures(case, "float32", shared_normalization(backbone, given.device))


@contextmanager
def whole_float32() -> Iterator[None]:
    """No TF32, and then as before."""
    switches: tuple[Any, Any] = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [each.allow_tf32 for each in switches]
    try:
        for each in switches:
            each.allow_tf32 = False
        yield
    finally:
        for each, was in zip(switches, before, strict=True):
            each.allow_tf32 = was


@contextmanager
def group_of_one(device: torch.device) -> Iterator[None]:
    """The layers that several GPUs share need a group; on a processor they compute alone."""
    if device.type != "cuda":
        yield
        return
    dist.init_process_group("nccl", init_method=ADDRESS, rank=0, world_size=1)
    try:
        yield
    finally:
        dist.destroy_process_group()


def shared_normalization(backbone: str, device: torch.device) -> dict[str, float]:
    """Largest difference of outputs when the layers that several GPUs share are put in.

    In parts of the largest output, in use and in training.
    """
    torch.manual_seed(0)
    network = timm.create_model(backbone, pretrained=False, features_only=True).to(device)
    shared, apart = copy.deepcopy(network), {}
    share_batch_norm(shared)
    x = torch.randn(4, 3, 128, 128, device=device)
    for name, is_training in (("in_use", False), ("in_training", True)):
        with torch.no_grad():
            pairs = zip(network.train(is_training)(x), shared.train(is_training)(x), strict=True)
            values = [float((a - b).abs().max() / a.abs().max()) for a, b in pairs]
        apart[f"apart_{name}"] = max(values)
    return apart


def learned_dots(given: Given, precision: str) -> dict[str, float] | None:
    """Error after a training on the device, and its predictions there against the processor's.

    None, and told, where there is no time to train.
    """
    device, (steps, animals) = given.device, given.sizes.dots
    world, labels = DotWorld(), with_boxes(DotWorld().labels(["lab"] * animals))
    bundle, training = world.bundle(), world.training(steps=steps, precision=precision)
    start_s = time.perf_counter()
    history = fit_labels(
        bundle, labels, world.read_image, training, world.augment(), seed=0, device=device,
        tell=lambda *_: None, is_time_over=lambda: time.perf_counter() >= given.until_s,
    )  # fmt: skip
    seconds = time.perf_counter() - start_s
    if history.ended_by:
        return None
    seen = {}
    for name, how in {
        "there": {"precision": "float32", "device": device},
        "here": {"precision": "float32", "device": CPU},
        "rounded": {"precision": "bfloat16", "device": device},
    }.items():
        seen[name] = predict_labels([bundle], labels, world.read_image, batch=16, **how)[0][0]
    apart, rounded = (distances(seen[name], seen["here"]).max() for name in ("there", "rounded"))
    return {
        "error_px": float(distances(seen["there"], labels.xy_px).mean()),
        "apart_px": float(apart),
        "bfloat16_apart_px": float(rounded),
        "seconds": seconds,
    }


def distances(a_px: np.ndarray, b_px: np.ndarray) -> np.ndarray:
    """How far positions are from each other (px)."""
    return np.linalg.norm(a_px - b_px, axis=-1)
