"""What lightning_pose.py gives to both programs.

Random batches, the labels of Lightning Pose's mirror mouse as they are and disturbed, and edges.
Positions are pixels of crops or images, centers of cells counted from 0, as it has them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from superanimal_core.network.soft_argmax import probability_maps

Arguments = dict[str, ndarray]
Cases = Iterator[tuple[str, str, dict[str, Any]]]

STRIDE_PX = 4
SIGMA_PX = 1.25 * STRIDE_PX  # published in cells
GRID = (48, 64)
SIZE = np.array(GRID) * STRIDE_PX
FRAMES, KEYPOINTS = 16, 5
BODY = np.array([[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]])  # of the mirror mouse
VIEWS = BODY.reshape(2, 7)
CENTERINGS = ("mean", "median")


def ours(xy_px: Tensor, stride_px: int = STRIDE_PX) -> Tensor:
    """Their positions in our convention."""
    return xy_px + stride_px / 2


def cases(mouse_px: ndarray | None) -> Arguments:
    """All cases, named LOSS/CASE/ARGUMENT; with the labels of the mirror mouse more of them."""
    generator = np.random.default_rng(0)
    found: Arguments = {}
    parts = [of_maps(generator), of_positions(generator), of_space(generator)]
    if mouse_px is not None:
        parts.append(of_mouse(mouse_px.astype(np.float32), generator))
    for part in parts:
        for loss, case, arguments in part:
            for name, value in arguments.items():
                array = np.asarray(value)
                is_double = array.dtype == np.float64
                found[f"{loss}/{case}/{name}"] = array.astype(np.float32) if is_double else array
    return found


def of_maps(generator: np.random.Generator) -> Cases:
    """Maps of random positions, as they are and disturbed, against each other and over time."""
    inside = generator.uniform(8, SIZE[::-1] - 8, (FRAMES, KEYPOINTS, 2))
    edges = np.array([[-4.0, 3], [-5, 3], [260, 196], [261, 3], [0, 0], [255, 191], [np.nan, 9]])
    place = {"size": SIZE, "grid": np.array(GRID)}
    yield "targets", "random", {"positions": inside, **place}
    yield "targets", "at the border and unknown", {"positions": edges[None], **place}
    known = {"visibility": np.array([[0, 1, 2, 2, 1, 0, 2]])}
    yield "targets", "left out and hidden", {"positions": edges[None], **place, **known}
    target, noisy = maps_at(inside), disturbed(maps_at(inside), generator)
    wild = generator.normal(0, 3, (FRAMES, KEYPOINTS, *GRID))
    wild = np.exp(wild) / np.exp(wild).sum(axis=(2, 3), keepdims=True)
    for times in (1, 2, 3):
        stride = 2**times
        at = maps_at(inside[:4], (192 // stride, 256 // stride), stride)
        yield "soft-argmax", f"{times} enlargements", {"maps": at, "enlargements": times}
    for case, maps in {"two peaks and noise": noisy, "random": wild}.items():
        yield "soft-argmax", case, {"maps": maps, "enlargements": 2}
    flat, corner = np.full((1, 1, *GRID), 1 / (GRID[0] * GRID[1])), maps_at(np.zeros((1, 1, 2)))
    yield "soft-argmax", "a flat map", {"maps": flat, "enlargements": 2}
    yield "soft-argmax", "in the corner", {"maps": corner, "enlargements": 2}
    some = target.copy()
    some[::3, 1] = 0
    for loss in ("heatmap mse", "heatmap kl", "heatmap js"):
        yield loss, "random", {"target": target, "predicted": wild}
        yield loss, "some not labeled", {"target": some, "predicted": noisy}
        yield loss, "equal", {"target": target, "predicted": target}
        yield loss, "far from it", {"target": target, "predicted": maps_at(inside[::-1])}
        yield loss, "none labeled", {"target": np.zeros_like(target), "predicted": noisy}
    two = 0.6 * target + 0.4 * target[::-1]
    seen = {"two peaks": two, "two peaks and noise": noisy, "random": wild}
    for loss in ("unimodal mse", "unimodal kl"):
        for case, maps in seen.items():
            yield loss, case, {"maps": maps, "size": SIZE}
    sure = generator.uniform(size=(FRAMES, KEYPOINTS))
    for loss, epsilon in {"temporal heatmap mse": 1e-6, "temporal heatmap kl": 0.3}.items():
        for case, maps in {"two peaks and noise": noisy, "random": wild}.items():
            how = {"maps": maps, "confidence": sure}
            yield loss, case, {**how, "epsilon": 0.0, "threshold": 0.1}
            yield loss, f"{case}, epsilon", {**how, "epsilon": epsilon, "threshold": 0.5}
            unsure = {"epsilon": 0.0, "threshold": 0.1, "confidence": 0 * sure}
            yield loss, f"{case}, none sure", {**how, **unsure}
    there = {"target": some, "positions": inside + 3, "size": SIZE}
    yield "reprojection", "random", there


def of_positions(generator: np.random.Generator) -> Cases:
    """Jumps, and poses of few directions."""
    walk = np.cumsum(generator.normal(0, 8, (FRAMES, KEYPOINTS, 2)), axis=0) + 100
    sure = generator.uniform(size=(FRAMES, KEYPOINTS))
    how = {"positions": walk, "confidence": sure, "epsilon": 5.0, "threshold": 0.5}
    yield "temporal", "random", how
    yield "temporal", "an epsilon each", {**how, "epsilon": np.arange(KEYPOINTS) * 3.0}
    yield "temporal", "no epsilon", {**how, "epsilon": 0.0, "threshold": 0.05}
    yield "temporal", "no confidence", {"positions": walk, "epsilon": 5.0, "threshold": 0.5}
    yield "temporal", "none sure", {**how, "confidence": 0 * sure}
    steps = np.zeros((4, 1, 2))
    steps[:, 0, 0] = [0, 5, 10.5, 20]
    exact = np.array([[0.5], [0.5], [0.5], [0.499]])
    edge = {"positions": steps, "confidence": exact, "epsilon": 5.0, "threshold": 0.5}
    yield "temporal", "on both thresholds", edge
    gap = walk.copy()
    gap[3, 1] = np.nan
    yield "temporal", "unknown where sure", {**how, "positions": gap, "confidence": sure + 1}
    unsure = sure + 1
    unsure[3, 1] = 0
    yield "temporal", "unknown where not sure", {**how, "positions": gap, "confidence": unsure}
    axes = np.linalg.qr(generator.normal(size=(12, 12)))[0]
    spread = np.array([40, 20, 10] + 9 * [1.0])
    labels = (100 + generator.normal(size=(80, 12)) * spread @ axes).reshape(80, 6, 2)
    predicted = labels[:FRAMES] + generator.normal(0, 5, (FRAMES, 6, 2))
    poses = {"labels": labels, "predicted": predicted}
    whole = {**poses, "points": np.arange(6)[None]}
    yield "pca singleview", "random", {**whole, "share": 0.95}
    yield "pca singleview", "an epsilon", {**whole, "share": 0.95, "epsilon": 0.0}
    for number, centering in enumerate(CENTERINGS):
        yield "pca singleview", centering, {**whole, "share": 0.95, "centering": number}
    yield "pca multiview", "random", {**poses, "points": np.arange(6).reshape(2, 3)}
    for log_weight in (0.0, 5.0, 11.0):
        yield "weight", f"{log_weight:.0f}", {"log_weight": log_weight}


def of_space(generator: np.random.Generator) -> Cases:
    """Positions in space."""
    labeled = generator.normal(0, 50, (FRAMES, KEYPOINTS, 3))
    predicted = labeled[:, None] + generator.normal(0, 3, (FRAMES, 3, KEYPOINTS, 3))
    yield "pairwise projections", "random", {"labeled": labeled, "predicted": predicted}
    gaps, unseen = labeled.copy(), predicted.copy()
    gaps[2, 1, 0], unseen[4, 1] = np.nan, np.nan
    yield "pairwise projections", "gaps", {"labeled": gaps, "predicted": unseen}
    nowhere = {"labeled": labeled * np.nan, "predicted": predicted}
    yield "pairwise projections", "none known", nowhere


def of_mouse(mouse_px: ndarray, generator: np.random.Generator) -> Cases:
    """Labels of the mirror mouse, with their gaps, and predictions 6 px beside them."""
    noise = generator.normal(0, 6, mouse_px.shape)
    known = mouse_px[np.isfinite(mouse_px[:, BODY[0]]).all(axis=(1, 2))]
    near = known + noise[: len(known)]
    poses = {"labels": mouse_px, "points": BODY, "share": 0.99}
    views = {"labels": mouse_px, "points": VIEWS}
    for case, predicted in {"its labels": known, "near its labels": near}.items():
        yield "pca singleview", f"mouse, {case}", {**poses, "predicted": predicted}
        yield "pca multiview", f"mouse, {case}", {**views, "predicted": predicted}
        for number, name in enumerate(CENTERINGS):
            how = {"predicted": predicted, "centering": number}
            yield "pca singleview", f"mouse, {name}, {case}", {**poses, **how}
    gaps = {"predicted": mouse_px + noise}
    yield "pca singleview", "mouse, unknown positions", {**poses, **gaps}
    yield "pca multiview", "mouse, unknown positions", {**views, **gaps}
    body = near[:, BODY[0]]
    sure = generator.uniform(size=body.shape[:2])
    jumps = {"positions": body, "confidence": sure, "epsilon": 20.0, "threshold": 0.05}
    yield "temporal", "mouse", jumps


def maps_at(
    positions: ndarray, grid: tuple[int, int] = GRID, stride_px: int = STRIDE_PX
) -> ndarray:
    """Maps of positions."""
    xy_px = torch.from_numpy(positions.astype(np.float32))
    return probability_maps(ours(xy_px, stride_px), grid, stride_px, 1.25 * stride_px).numpy()


def disturbed(maps: ndarray, generator: np.random.Generator) -> ndarray:
    """Maps with a second, lower peak and noise, as networks give them."""
    noise = generator.uniform(0, 2e-4, maps.shape).astype(np.float32)
    mixed = maps + 0.4 * maps[::-1] + noise
    return mixed / mixed.sum(axis=(2, 3), keepdims=True)
