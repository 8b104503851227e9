"""Labeled animals as a video would see them: their boxes, and what networks see in boxes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped, UInt8
from numpy import ndarray
from scipy.optimize import linear_sum_assignment

from superanimal_core.inference.disturbed import DISTURBANCES, chosen_animals, disturb
from superanimal_core.inference.out_of_view import is_out_of_view
from superanimal_core.inference.passes import Ensemble, Pose
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Crop, Image
from superanimal_core.network.detector import DetectorBundle, detect, ready_detector
from superanimal_core.pose.boxes import box_iou, clip_boxes
from superanimal_core.pose.labels import Labels


def detect_labeled(
    detector: DetectorBundle | None,
    labels: Labels,
    read_image: Callable[[str], Image],
    *,
    min_score: float,
    batch: int,
    device: torch.device,
) -> Float[ndarray, "animal 4"]:
    """Boxes (px) of labeled animals as in a video: the detector's, or the whole picture without.

    Of a picture the best boxes with `min_score` count, as many as it has labeled animals. They go
    to the animals whose own boxes they overlap, as much as possible in all. One that overlaps none
    goes to an animal that is left: in a video the pose would be looked for there. Animals for which
    there are not enough boxes have NaN: in a video they would be absent.
    """
    size_px = labels.image_size_px.astype(np.float64)
    if detector is None:
        return np.concatenate([np.zeros_like(size_px), size_px], axis=1)
    ready_detector(detector, device)
    boxes = np.full((len(labels), 4), np.nan)
    images, image_of = np.unique(labels.image.astype(str), return_inverse=True)
    for start in range(0, len(images), batch):
        pictures = [read_image(str(name)) for name in images[start : start + batch]]
        for number, (new, score) in enumerate(detect(detector, pictures, device), start=start):
            rows = np.flatnonzero(image_of == number)
            kept = clip_boxes(new[score >= min_score][: len(rows)], *size_px[rows[0]])
            overlap = box_iou(labels.box_xyxy_px[rows], kept)
            animal, box = linear_sum_assignment(overlap, maximize=True)
            boxes[rows[animal]] = kept[box]
    return boxes


def predict_labels(
    bundles: Sequence[ModelBundle],
    labels: Labels,
    read_image: Callable[[str], UInt8[ndarray, "height width 3"]],
    *,
    batch: int,
    precision: str,
    device: torch.device,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    neighbors: Callable[[str], Sequence[str]] | None = None,
) -> tuple[Float[ndarray, "member animal keypoint 2"], Float[ndarray, "member animal keypoint"]]:
    """Where each network sees the keypoints of labeled animals, given their boxes (px); scores.

    An animal without a box, and a keypoint out of view, are absent: NaN, with score 0. `scales` and
    `flip` as for videos. `neighbors` names the window of frames of a picture, for networks that
    look at them; otherwise they see each animal as if it stood still.
    """
    ensemble = Ensemble(bundles, batch, precision, device, scales, flip)

    def cut(row: int, name: str) -> list[Crop]:
        return ensemble.views_of(read_image(name), labels.box_xyxy_px[row])

    def seen_at(rows: Int[ndarray, "row"]) -> Iterator[list[Pose]]:
        named = [(row, str(labels.image[row])) for row in rows.tolist()]
        if neighbors is None or not ensemble.in_context:
            return ensemble.poses([cut(row, name) for row, name in named])
        windows = [[cut(row, beside) for beside in neighbors(name)] for row, name in named]
        return ensemble.poses_in_windows(windows)

    found = np.full((len(bundles), len(labels), len(bundles[0].space), 2), np.nan)
    score = np.zeros(found.shape[:3])
    boxed = np.flatnonzero(labels.has_box)
    for start in range(0, len(boxed), batch):
        rows = boxed[start : start + batch]
        for member, poses in enumerate(seen_at(rows)):
            found[member, rows] = [xy for xy, _ in poses]
            score[member, rows] = [heights for _, heights in poses]
    is_out = is_out_of_view(found, score, labels.box_xyxy_px, labels.image_size_px)
    found[is_out], score[is_out] = np.nan, 0.0
    return found, score


def predict_disturbed(
    bundles: Sequence[ModelBundle],
    labels: Labels,
    read_image: Callable[[str], UInt8[ndarray, "height width 3"]],
    **how: Any,
) -> tuple[
    Float[ndarray, "member shown keypoint 2"],
    Float[ndarray, "member shown keypoint"],
    Int[ndarray, "shown"],
    Shaped[ndarray, "shown"],
]:
    """`predict_labels` for the animals in pictures that were disturbed.

    Beside positions and scores: which animal is shown, and the kind of the disturbance.
    """
    names = np.unique(labels.image.astype(str))
    xy_px, score, shown, kinds = [], [], [], []
    for number, kind in enumerate(DISTURBANCES):
        rows = chosen_animals(len(labels), number)

        def read(name: str, number: int = number, kind: str = kind) -> Image:
            place = int(np.searchsorted(names, name))
            other = read_image(str(names[(place + len(names) // 2) % len(names)]))
            return disturb(kind, read_image(name), other, (number, place))

        found = predict_labels(bundles, labels.select(rows), read, **how)
        xy_px.append(found[0])
        score.append(found[1])
        shown.append(rows)
        kinds.append(np.full(len(rows), kind, dtype=object))
    return (
        np.concatenate(xy_px, axis=1),
        np.concatenate(score, axis=1),
        np.concatenate(shown),
        np.concatenate(kinds),
    )
