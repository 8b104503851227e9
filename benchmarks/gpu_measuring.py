"""Figures of a GPU: how much is measured, in which time, and how a rate is taken."""

import gc
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from datasets import peak_mb
from training import HEATMAPS, PYRAMID

from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.layouts import LAYOUTS
from superanimal_core.pose.keypoints import KeypointSpace

SPACE = KeypointSpace("s", tuple(f"k{i}" for i in range(27)))
COLORS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WARM_UP = 3  # calls or steps that are not timed


class Network(NamedTuple):
    """What it takes to build a pose network; `size_px` (width, height) is that of its crops."""

    architecture: str
    parameters: Mapping[str, object]
    size_px: tuple[int, int]

    def bundle(self, space: KeypointSpace = SPACE) -> ModelBundle:
        """The network with random weights."""
        return new_bundle(
            space,
            architecture=self.architecture,
            parameters=self.parameters,
            crop=CropGeometry(self.size_px, 1.25, *COLORS, in_whole_pixels=False),
            trained_on=(),
        )


@dataclass(frozen=True)
class Sizes:
    """How much is measured: all `networks` in crops, `trained` in training, the first in videos.

    A rate is timed for at least `timed_s`. `batch` is that of videos and trainings, `window` the
    frames of unlabeled video in a training step, `dots` the steps and the animals of that training.
    """

    budget_s: float
    timed_s: float
    networks: Mapping[str, Network]
    trained: tuple[str, ...]
    detector: str
    precisions: tuple[str, ...]
    batches: tuple[int, ...]
    batch: int
    videos: tuple[tuple[int, int], ...]
    frames: int
    pictures: int
    window: int
    backbones: tuple[str, ...]
    dots: tuple[int, int]


RTMPOSE_X: Any = next(each for each in LAYOUTS if each.name == "rtmpose_x").parameters
FULL = Sizes(
    budget_s=420.0,  # of eight minutes: what is under way is finished, and the start takes a while
    timed_s=0.7,
    networks={
        "HRNet-w32": Network("hrnet", {"backbone": "hrnet_w32"} | HEATMAPS, (256, 256)),
        "RTMPose-x": Network("rtmpose", RTMPOSE_X, RTMPOSE_X["size_px"]),
        "MobileNetV2": Network("pyramid", PYRAMID, (256, 256)),
    },
    trained=("HRNet-w32", "MobileNetV2"),
    detector="fasterrcnn_resnet50_fpn_v2",
    precisions=("float32", "bfloat16", "float16"),
    batches=(1, 8, 32, 128, 512),
    batch=32,
    videos=((640, 480), (1920, 1080)),
    frames=600,
    pictures=64,
    window=32,
    backbones=("mobilenetv3_small_050", "efficientnet_b0", "resnet18", "hrnet_w18_small"),
    dots=(300, 48),
)
QUICK = replace(FULL, budget_s=150.0, timed_s=0.3, batches=(1, 32, 128), frames=200)
SMALL = {"backbone": "lcnet_035", "stride_px": 4, "decoder_channels": 8} | HEATMAPS
SMALL_RTMPOSE = {**RTMPOSE_X, "depth": 0.17, "width": 0.125, "size_px": (64, 96)}
TINY = Sizes(
    budget_s=600.0,  # it is the work that is little
    timed_s=0.01,
    networks={
        "pyramid": Network("pyramid", SMALL, (32, 32)),
        "rtmpose": Network("rtmpose", SMALL_RTMPOSE, (64, 96)),
    },
    trained=("pyramid",),
    detector="ssdlite",
    precisions=("float32", "bfloat16"),
    batches=(1, 2),
    batch=4,
    videos=((64, 48), (96, 64)),
    frames=14,
    pictures=6,
    window=4,
    backbones=("lcnet_050",),
    dots=(3, 8),
)


class Figures(NamedTuple):
    """A row: what was measured, in which precision, and its figures with their units."""

    case: str
    precision: str
    values: Mapping[str, float]


class Given(NamedTuple):
    """What a part of the measurement is given: where it computes and writes, and until when."""

    device: torch.device
    sizes: Sizes
    folder: Path
    until_s: float

    def has_time(self, case: str) -> bool:
        """Whether there is time for a figure; told where there is none."""
        if time.perf_counter() < self.until_s:
            return True
        print(f"no time is left: {case} is not measured, nor what follows in this part", flush=True)
        return False

    def fitting(
        self, case: str, measure: Callable[[], Mapping[str, float]]
    ) -> Mapping[str, float] | None:
        """Figures with the peak of memory: on a GPU that of torch's tensors, else the process's.

        None, and told, where memory does not suffice.
        """
        is_gpu = self.device.type == "cuda"
        if is_gpu:
            gc.collect()  # what a figure before has left
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)
        with suppress(torch.OutOfMemoryError):
            figures = measure()
            peak = torch.cuda.max_memory_allocated(self.device) if is_gpu else peak_mb() * 2**20
            return {**figures, "peak_gb": peak / 1e9}
        torch.cuda.empty_cache()
        print(f"{case}: does not fit into memory and is left out", flush=True)
        return None


def ends_s(start_s: float, budget_s: float, shares: Mapping[str, float]) -> dict[str, float]:
    """When each part must end: none takes the time of a later one, which gets what is left over."""
    whole = sum(shares.values())
    ends = start_s + budget_s * np.cumsum([*shares.values()]) / whole
    return dict(zip(shares, ends.tolist(), strict=True))


def wait_for(device: torch.device) -> None:
    """Until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def calls_per_s(call: Callable[[], object], device: torch.device, timed_s: float) -> float:
    """How often a call is done in a second, when it has warmed up; timed for at least `timed_s`."""
    for _ in range(WARM_UP):
        call()
    wait_for(device)
    start_s, done, more = time.perf_counter(), 0, 1
    while True:
        for _ in range(more):
            call()
        wait_for(device)
        done, more = done + more, 2 * more
        if (seconds := time.perf_counter() - start_s) >= timed_s:
            return done / seconds


class Clock:
    """Seconds of each step; each ends, on the device too, where the next begins."""

    def __init__(self, device: torch.device):
        self.device = device
        self.seconds: dict[str, float] = {}
        wait_for(device)
        self.last_s = time.perf_counter()

    def ends(self, step: str) -> None:
        """All since the last call was this step."""
        wait_for(self.device)
        now_s = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now_s - self.last_s
        self.last_s = now_s

    def fractions(self) -> dict[str, float]:
        """The part of each step in the whole."""
        whole = sum(self.seconds.values())
        return {f"{step}_fraction": seconds / whole for step, seconds in self.seconds.items()}
