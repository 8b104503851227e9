"""Boxes of the animals in every frame of a video."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from scipy.optimize import linear_sum_assignment

from superanimal_core.errors import VideoError
from superanimal_core.network.detector import DetectorBundle, detect
from superanimal_core.pose.boxes import box_center_px, box_iou, clip_boxes
from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.pose.labels import Labels

ROUNDING_S = 1e-9  # of differences of time stamps, which must not depend on the hour
STAGE = "detect_animals"
Image = UInt8[ndarray, "_height _width 3"]
Boxes = Float[ndarray, "individual 4"]


def detect_animals(
    detector: DetectorBundle,
    frames: Iterable[UInt8[ndarray, "height width 3"]],
    time_s: Float[ndarray, "frame"],
    *,
    max_individuals: int,
    min_score: float,
    every_frames: int,
    max_gap_s: float,
    batch: int,
    device: torch.device,
) -> tuple[Float[ndarray, "frame individual 4"], Float[ndarray, "frame individual"]]:
    """Boxes (pixels) and scores; between detections they are interpolated over at most `max_gap_s`.

    Frames that were not looked at are no gap. VideoError when no frame shows an animal.
    """
    detector.network.to(device).eval()
    shape = (len(time_s), max_individuals)
    boxes, scores = np.full((*shape, 4), np.nan), np.full(shape, np.nan)
    best, looked_at = 0.0, 0
    previous = np.full((max_individuals, 4), np.nan)
    pending: list[tuple[int, UInt8[ndarray, "height width 3"]]] = []

    def flush() -> None:
        nonlocal best, looked_at, previous
        found = detect(detector, [image for _, image in pending], device)
        for (frame, image), (new, score) in zip(pending, found, strict=True):
            looked_at += 1
            best = max(best, float(score.max(initial=0.0)))
            keep = np.flatnonzero(score >= min_score)[:max_individuals]
            slots = assign_slots(previous, new[keep])
            boxes[frame, slots] = clip_boxes(new[keep], image.shape[1], image.shape[0])
            scores[frame, slots] = score[keep]
            seen = np.isfinite(boxes[frame]).all(axis=1)
            previous = np.where(seen[:, None], boxes[frame], previous)
        pending.clear()

    for frame, image in zip(range(len(time_s)), frames, strict=False):
        if frame % every_frames == 0:
            pending.append((frame, image))
        if len(pending) >= batch:
            flush()
    if pending:
        flush()
    if not np.isfinite(scores).any():
        raise VideoError(
            STAGE,
            f"no animal was found in any of {looked_at} frames looked at (best score {best:.2f}, "
            f"needed {min_score}); wrong model for this video, or detector.min_score is too high",
        )
    if every_frames > 1 and len(time_s) > 1:
        max_gap_s = max(max_gap_s, 2 * every_frames / frames_per_second(time_s))
    for individual in range(max_individuals):
        boxes[:, individual] = interpolate_boxes(boxes[:, individual], time_s, max_gap_s)
    return boxes, scores


def detect_again(
    detector: DetectorBundle, min_score: float, device: torch.device
) -> Callable[[Sequence[Image], Sequence[Boxes]], list[Boxes]]:
    """How to find lost animals anew in some frames: see inference.predict.Redetection.

    An individual keeps NaN where the detector finds none for it.
    """
    detector.network.to(device).eval()

    def again(images: Sequence[Image], before: Sequence[Boxes]) -> list[Boxes]:
        boxes = [np.full_like(known, np.nan) for known in before]
        found = detect(detector, images, device)
        for new, known, image, (all_boxes, score) in zip(boxes, before, images, found, strict=True):
            kept = all_boxes[np.flatnonzero(score >= min_score)[: len(known)]]
            new[assign_slots(known, kept)] = clip_boxes(kept, image.shape[1], image.shape[0])
        return boxes

    return again


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
    detector.network.to(device).eval()
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


def whole_frames(
    frames: int, width_px: int, height_px: int
) -> tuple[Float[ndarray, "frame 1 4"], Float[ndarray, "frame 1"]]:
    """Boxes of a video with one animal and no detector: every frame is its box, with score 1."""
    box = np.array([0.0, 0.0, width_px, height_px])
    return np.tile(box, (frames, 1, 1)), np.ones((frames, 1))


def assign_slots(
    previous: Float[ndarray, "individual 4"], new: Float[ndarray, "box 4"]
) -> list[int]:
    """The individual that each new box continues: nearest centers, each individual once."""
    if not len(new):
        return []
    distance = np.linalg.norm(box_center_px(new)[:, None] - box_center_px(previous)[None], axis=2)
    far = np.nanmax(distance, initial=0.0) + 1.0  # an individual not seen yet is taken last
    rows, columns = linear_sum_assignment(np.where(np.isfinite(distance), distance, far))
    return [int(c) for _, c in sorted(zip(rows, columns, strict=True))]


def interpolate_boxes(
    boxes: Float[ndarray, "frame 4"], time_s: Float[ndarray, "frame"], max_gap_s: float
) -> Float[ndarray, "frame 4"]:
    """Linear between detections at most `max_gap_s` apart; held for half of that at both ends."""
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    if not len(known):
        return boxes
    filled = np.column_stack(
        [np.interp(time_s, time_s[known], boxes[known, side]) for side in range(4)]
    )
    after = np.searchsorted(known, np.arange(len(boxes)))
    next_s = np.where(after < len(known), time_s[known[np.minimum(after, len(known) - 1)]], np.inf)
    before = np.searchsorted(known, np.arange(len(boxes)), side="right") - 1
    last_s = np.where(before >= 0, time_s[known[np.maximum(before, 0)]], -np.inf)
    gap = next_s - last_s - ROUNDING_S
    nearest = np.minimum(next_s - time_s, time_s - last_s) - ROUNDING_S
    is_bridged = np.where(np.isfinite(gap), gap <= max_gap_s, nearest <= max_gap_s / 2)
    filled[~is_bridged] = np.nan
    return filled
