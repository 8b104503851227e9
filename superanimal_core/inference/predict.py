"""Frames and boxes -> poses, streaming: memory does not grow with the length of the video."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray

from superanimal_core.inference.doubt import is_doubtful
from superanimal_core.inference.passes import poses_in
from superanimal_core.inference.views import cut_views as looks
from superanimal_core.network.ahead import ahead
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Crop as Look
from superanimal_core.network.crops import apply_affine
from superanimal_core.network.pose_network import ready_network
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses

Image = UInt8[ndarray, "_height _width 3"]
Boxes = Float[ndarray, "individual 4"]
BATCHES_AHEAD = 2
USUAL_POSES = 100  # detected poses whose mean score says what is usual


@dataclass(frozen=True)
class Redetection:
    """How to look again for animals that an interpolated box has lost.

    `detect_again` gives the boxes of images anew, each individual nearest to its box before; a box
    whose `is_detected` (frame, individual) is true is not doubted. `usual` holds the mean scores of
    the last poses in detected boxes: a video that is predicted in parts hands it from part to part.
    """

    detect_again: Callable[[Sequence[Image], Sequence[Boxes]], list[Boxes]]
    is_detected: Bool[ndarray, "frame individual"]
    usual: deque[float] = field(default_factory=lambda: deque(maxlen=USUAL_POSES))

    def usual_score(self) -> float:
        """Mean score of the last poses in detected boxes; NaN before the first."""
        return float(np.mean(self.usual)) if self.usual else float("nan")


@dataclass(frozen=True)
class _Batch:
    """Some frames of a video, and the looks at every animal in them that has a box."""

    frames: list[int]
    images: list[Image]
    slots: list[tuple[int, int]]  # frame, individual
    looks: list[list[Look]]


def predict_video(
    bundles: Sequence[ModelBundle],
    frames: Iterable[UInt8[ndarray, "height width 3"]],
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    time_s: Float[ndarray, "frame"],
    *,
    batch: int,
    precision: str,
    device: torch.device,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    compiled: bool = False,
    again: Redetection | None = None,
) -> list[Poses]:
    """The poses that each network sees in the boxes of each frame; NaN where a box is NaN.

    The frames are decoded once; every batch of crops goes through all networks, which must share
    space and crop geometry (members of one ensemble). Frames beyond the boxes are not read.
    `scales` and `flip`: see inference.views; `compiled`: by torch.compile. With `again`, boxes that
    lost their animal are found anew; `boxes_xyxy_px` then holds the new ones.
    """
    first = bundles[0]
    shape = (*boxes_xyxy_px.shape[:2], len(first.space))
    xy_px = np.full((len(bundles), *shape, 2), np.nan)
    score = np.zeros((len(bundles), *shape))
    networks = [ready_network(b.network, device, compiled) for b in bundles]
    how = {"batch": batch, "precision": precision, "device": device, "compiled": compiled}
    scales = tuple(scales)

    def look_at(image: Image, box: Float[ndarray, "4"]) -> list[Look]:
        return looks(first.crop, image, box, scales, flip)

    def see(slots: Sequence[tuple[int, int]], views: Sequence[list[Look]]) -> None:
        for member, network in enumerate(networks):
            found = poses_in(network, first, views, flip=flip, **how)
            for (frame, individual), pose in zip(slots, found, strict=True):
                xy_px[member, frame, individual], score[member, frame, individual] = pose

    def doubted(part: _Batch, again: Redetection) -> list[tuple[int, int]]:
        """Slots to look at again; scores in detected boxes set what is usual."""
        lost = []
        for (frame, individual), views in zip(part.slots, part.looks, strict=True):
            pose = xy_px[0, frame, individual], score[0, frame, individual]
            if again.is_detected[frame, individual]:
                again.usual.append(float(pose[1].mean()))
                continue
            box, window = boxes_xyxy_px[frame, individual], _window(views[0], first.crop.size_px)
            if is_doubtful(*pose, box, window, again.usual_score()):
                lost.append((frame, individual))
        return lost

    def redetect(part: _Batch, again: Redetection) -> None:
        lost = doubted(part, again)
        if not lost:
            return
        images = dict(zip(part.frames, part.images, strict=True))
        where = sorted({frame for frame, _ in lost})
        anew = again.detect_again([images[f] for f in where], [boxes_xyxy_px[f] for f in where])
        for frame, individual in lost:
            new = anew[where.index(frame)][individual].astype(np.float32)  # as tables hold them
            if np.isfinite(new).all():
                boxes_xyxy_px[frame, individual] = new
        see(lost, [look_at(images[f], boxes_xyxy_px[f, i]) for f, i in lost])

    parts = _batches(islice(frames, len(time_s)), boxes_xyxy_px, batch, look_at)
    for part in ahead(parts, BATCHES_AHEAD):
        see(part.slots, part.looks)
        if again is not None:
            redetect(part, again)
    individuals = tuple(f"animal{i}" for i in range(shape[1]))
    return [
        Poses(first.space, individuals, time_s, xy, s) for xy, s in zip(xy_px, score, strict=True)
    ]


def predict_frames(
    bundle: ModelBundle,
    frames: Sequence[UInt8[ndarray, "height width 3"]],
    boxes_xyxy_px: Float[ndarray, "frame individual 4"] | None = None,
    *,
    fps: float = 1.0,
    batch: int = 32,
    device: torch.device | None = None,
) -> Poses:
    """Poses in RGB frames that are in memory, for notebooks.

    Without boxes every whole frame is taken as the box of one animal: bottom-up use of a network,
    good where the animal fills much of the picture. The device is the CPU unless one is given.
    """
    if boxes_xyxy_px is None:
        sizes = [(0.0, 0.0, frame.shape[1], frame.shape[0]) for frame in frames]
        boxes_xyxy_px = np.array(sizes, dtype=np.float64).reshape(-1, 1, 4)
    return predict_video(
        [bundle],
        frames,
        boxes_xyxy_px,
        np.arange(len(frames)) / fps,
        batch=batch,
        precision="float32",
        device=device or torch.device("cpu"),
    )[0]


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
) -> tuple[Float[ndarray, "member animal keypoint 2"], Float[ndarray, "member animal keypoint"]]:
    """Where each network sees the keypoints of labeled animals, given their boxes (px); scores.

    An animal without a box is absent: NaN, with score 0. `scales` and `flip` as for videos.
    """
    first = bundles[0]
    networks = [ready_network(b.network, device) for b in bundles]
    found = np.full((len(bundles), len(labels), len(first.space), 2), np.nan)
    score = np.zeros(found.shape[:3])
    boxed, how = np.flatnonzero(labels.has_box), {"batch": batch, "precision": precision}
    for start in range(0, len(boxed), batch):
        rows = boxed[start : start + batch]
        views = [
            looks(
                first.crop,
                read_image(str(labels.image[row])),
                labels.box_xyxy_px[row],
                tuple(scales),
                flip,
            )
            for row in rows
        ]
        for member, network in enumerate(networks):
            poses = poses_in(network, first, views, flip=flip, device=device, **how)
            found[member, rows] = [xy for xy, _ in poses]
            score[member, rows] = [heights for _, heights in poses]
    return found, score


def batch_stops(has_box: Bool[ndarray, "frame individual"], batch: int) -> list[int]:
    """The frames before which batches end: whole frames, until they are or hold `batch` animals.

    Where a video is cut into parts at these frames, all of its batches are the same.
    """
    stops, first, animals = [], 0, 0
    for frame, found in enumerate(has_box.sum(axis=1).tolist(), start=1):
        animals += found
        if animals >= batch or frame - first >= batch:
            stops.append(frame)
            first, animals = frame, 0
    return stops if not len(has_box) or first == len(has_box) else [*stops, len(has_box)]


def _batches(
    frames: Iterable[Image],
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    batch: int,
    look_at: Callable[[Image, Float[ndarray, "4"]], list[Look]],
) -> Iterator[_Batch]:
    """The frames in batches, with the looks at their animals."""
    has_box = np.asarray(np.isfinite(boxes_xyxy_px).all(axis=2))
    stops = set(batch_stops(has_box, batch))
    part = _Batch([], [], [], [])
    for frame, image in enumerate(frames):
        part.frames.append(frame)
        part.images.append(image)
        for individual in np.flatnonzero(has_box[frame]).tolist():
            part.slots.append((frame, individual))
            part.looks.append(look_at(image, boxes_xyxy_px[frame, individual]))
        if frame + 1 in stops:
            yield part
            part = _Batch([], [], [], [])
    if part.frames:
        yield part


def _window(look: Look, size_px: tuple[int, int]) -> Float[ndarray, "4"]:
    """The part of the image that a look shows."""
    corners = apply_affine(look.to_image, np.array([[0.0, 0.0], size_px]))
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])
