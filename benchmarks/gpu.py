"""What a GPU must agree on with the processor; says so where there is none.

    python benchmarks/gpu.py [--quick]

Normalization shared by the processes of a training (one process in an NCCL group: the layers that
several GPUs use), a training on dots that it must learn, and predictions in each precision.
"""

import argparse
import copy
import os
import sys
import time
from pathlib import Path

import numpy as np
import timm
import torch
import torch.distributed as dist

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/training")]

from dot_world import DotWorld, with_boxes  # noqa: E402 -- found by the line above

from superanimal_core.inference.labeled import predict_labels  # noqa: E402
from superanimal_core.training.label_training import fit_labels  # noqa: E402
from superanimal_core.training.processes import share_batch_norm  # noqa: E402

BACKBONES = ("mobilenetv3_small_050", "efficientnet_b0", "resnet18", "hrnet_w18_small")
ANIMALS = 48
GPU, CPU = torch.device("cuda"), torch.device("cpu")


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same")
    parser.parse_args()
    if not torch.cuda.is_available():
        print("no GPU here: nothing was measured")
        return
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    dist.init_process_group("nccl", rank=0, world_size=1)
    for backbone in BACKBONES:
        shared_normalization(backbone)
    dist.destroy_process_group()
    for precision in ("float32", "bfloat16"):
        learned_dots(precision)


def shared_normalization(backbone: str) -> None:
    """Largest difference of outputs when the layers that several GPUs share are put in."""
    torch.manual_seed(0)
    network = timm.create_model(backbone, pretrained=False, features_only=True).to(GPU)
    shared = copy.deepcopy(network)
    share_batch_norm(shared)
    x = torch.randn(4, 3, 128, 128, device=GPU)
    for name, is_training in (("eval", False), ("train", True)):
        with torch.no_grad():
            pairs = zip(network.train(is_training)(x), shared.train(is_training)(x), strict=True)
            apart = max(float((a - b).abs().max() / a.abs().max()) for a, b in pairs)
        print(f"{backbone:24} {name:5}: shared normalization apart by {apart:.1e} of the largest")


def learned_dots(precision: str) -> None:
    """Error after a training on the GPU, and its predictions there against the processor's."""
    world, labels = DotWorld(), with_boxes(DotWorld().labels(["lab"] * ANIMALS))
    bundle, training = world.bundle(), world.training(steps=300, precision=precision)
    start_s = time.perf_counter()
    how = {"seed": 0, "device": GPU, "tell": lambda *_: None}
    fit_labels(bundle, labels, world.read_image, training, world.augment(), **how)
    seconds = time.perf_counter() - start_s
    look = {"batch": 16, "precision": "float32"}
    on_gpu, _ = predict_labels([bundle], labels, world.read_image, **look, device=GPU)
    here, _ = predict_labels([bundle], labels, world.read_image, **look, device=CPU)
    look["precision"] = "bfloat16"
    reduced, _ = predict_labels([bundle], labels, world.read_image, **look, device=GPU)
    error = np.linalg.norm(on_gpu[0] - labels.xy_px, axis=-1).mean()
    apart, rounded = (np.linalg.norm(other - here, axis=-1).max() for other in (on_gpu, reduced))
    print(
        f"trained in {precision}: {seconds:.1f} s, mean error {error:.2f} px; "
        f"GPU against processor at most {apart:.4f} px, in bfloat16 {rounded:.2f} px"
    )


if __name__ == "__main__":
    main()
