"""Frames and boxes -> poses, streaming: memory does not grow with the length of the video."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Affine, apply_affine
from superanimal_core.network.pose_network import PoseNetwork, ready_network
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses

Frames = Iterable[UInt8[ndarray, "height width 3"]]
Slot = tuple[int, int]  # frame, individual


def predict_video(
    bundles: Sequence[ModelBundle],
    frames: Frames,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    time_s: Float[ndarray, "frame"],
    *,
    batch: int,
    precision: str,
    device: torch.device,
) -> list[Poses]:
    """The poses that each network sees in the boxes of each frame; NaN where a box is NaN.

    The frames are decoded once; every batch of crops goes through all networks, which must share
    space and crop geometry (members of one ensemble). Frames beyond the boxes are not read.
    """
    first = bundles[0]
    shape = (*boxes_xyxy_px.shape[:2], len(first.space))
    xy_px = np.full((len(bundles), *shape, 2), np.nan)
    score = np.zeros((len(bundles), *shape))
    networks = [ready_network(b.network, device) for b in bundles]
    slots: list[Slot] = []
    maps: list[Affine] = []
    crops: list[UInt8[ndarray, "height width 3"]] = []

    def flush() -> None:
        pixels = first.crop.normalize(torch.from_numpy(np.stack(crops)))
        pixels = pixels.contiguous(memory_format=torch.channels_last).to(device)
        for member, network in enumerate(networks):
            positions, heights = _run(network, pixels, precision)
            for (frame, individual), to_image, xy, s in zip(
                slots, maps, positions, heights, strict=True
            ):
                xy_px[member, frame, individual] = apply_affine(to_image, xy)
                score[member, frame, individual] = s
        slots.clear()
        maps.clear()
        crops.clear()

    for frame, image in zip(range(len(time_s)), frames, strict=False):
        for individual, box in enumerate(boxes_xyxy_px[frame]):
            if np.isfinite(box).all():
                crop, to_image = first.crop.cut(image, box)
                slots.append((frame, individual))
                maps.append(to_image)
                crops.append(crop)
        if len(crops) >= batch:
            flush()
    if crops:
        flush()
    individuals = tuple(f"animal{i}" for i in range(shape[1]))
    return [
        Poses(first.space, individuals, time_s, xy, s) for xy, s in zip(xy_px, score, strict=True)
    ]


def predict_labels(
    bundles: Sequence[ModelBundle],
    labels: Labels,
    read_image: Callable[[str], UInt8[ndarray, "height width 3"]],
    *,
    batch: int,
    precision: str,
    device: torch.device,
) -> tuple[Float[ndarray, "member animal keypoint 2"], Float[ndarray, "member animal keypoint"]]:
    """Where each network sees the keypoints of labeled animals, given their boxes (px); scores."""
    first = bundles[0]
    networks = [ready_network(b.network, device) for b in bundles]
    found = np.full((len(bundles), *labels.state.shape, 2), np.nan)
    score = np.zeros(found.shape[:3])
    for start in range(0, len(labels), batch):
        rows = np.arange(start, min(start + batch, len(labels)))
        cuts = [
            first.crop.cut(read_image(str(labels.image[row])), labels.box_xyxy_px[row])
            for row in rows
        ]
        pixels = first.crop.normalize(torch.from_numpy(np.stack([crop for crop, _ in cuts])))
        for member, network in enumerate(networks):
            xy_px, heights = _run(network, pixels.to(device), precision)
            score[member, rows] = heights
            for row, (_, to_image), xy in zip(rows, cuts, xy_px, strict=True):
                found[member, row] = apply_affine(to_image, xy)
    return found, score


@torch.inference_mode()
def _run(
    network: PoseNetwork, pixels: Tensor, precision: str
) -> tuple[Float[ndarray, "batch keypoint 2"], Float[ndarray, "batch keypoint"]]:
    with torch.autocast(pixels.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        outputs = network(pixels)
    xy_px, score = network.decode(outputs)
    return xy_px.cpu().numpy().astype(np.float64), score.cpu().numpy().astype(np.float64)
