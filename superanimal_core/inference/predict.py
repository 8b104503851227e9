"""Frames and boxes -> poses, streaming: memory does not grow with the length of the video."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.inference.detect import BoxedFrame, Boxes, DetectAgain, GivenBoxes, Image
from superanimal_core.inference.doubt import is_doubtful
from superanimal_core.inference.out_of_view import is_out_of_view
from superanimal_core.inference.passes import Ensemble, Features, Pose
from superanimal_core.inference.seen import SeenFrames, nothing_seen
from superanimal_core.inference.surroundings import Carried, window_around
from superanimal_core.network.ahead import ahead
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.context import REACH
from superanimal_core.network.crops import Crop, apply_affine
from superanimal_core.network.engines import TORCH
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

BATCHES_AHEAD = 2
RECENT_POSES = 100  # detected poses whose mean score says what is usual


@dataclass(frozen=True)
class Redetection:
    """How to look again for animals that an interpolated box has lost.

    A box that the detector gave is not doubted. `recent_scores` are the mean scores of the last
    poses in such boxes.
    """

    detect_again: DetectAgain
    recent_scores: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT_POSES))

    def usual_score(self) -> float:
        """Mean score of the last poses in detected boxes; NaN before the first."""
        return float(np.mean(self.recent_scores)) if self.recent_scores else float("nan")


@dataclass
class _Batch:
    """Some frames of a video, and the views of every animal in them that has a box."""

    frames: list[BoxedFrame] = field(default_factory=list)
    slots: list[tuple[int, int]] = field(default_factory=list)  # frame of the batch, individual
    views: list[list[Crop]] = field(default_factory=list)


@dataclass
class _Looked:
    """A batch after the first look: what was seen, and of each slot its views and features.

    `recent_scores` are those at its end, when the batches behind it are not looked at yet.
    """

    seen: SeenFrames
    frames: list[BoxedFrame]
    views: dict[tuple[int, int], list[Crop]]
    features: list[dict[tuple[int, int], Features]]
    recent_scores: Sequence[float] = ()


def predict_batches(
    bundles: Sequence[ModelBundle],
    frames: Iterable[BoxedFrame],
    *,
    batch: int,
    precision: str,
    device: torch.device,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    compiled: bool = False,
    engine: str = TORCH,
    redetection: Redetection | None = None,
    carried: Carried | None = None,
) -> Iterator[SeenFrames]:
    """What each network sees in the boxes of the frames, a batch at a time.

    A batch is whole frames, until they are, or hold, `batch` animals: where a video is cut between
    two batches, both parts have the batches of the whole. Every batch of crops goes through all
    networks, which must share space and crop geometry (members of one ensemble). `scales` and
    `flip`: see inference.views; `compiled`: by torch.compile; `engine`: network.engines. With
    `redetection`, boxes that lost their animal are looked for again. Keypoints out of view
    (inference.out_of_view) are absent.

    Networks that look at neighboring frames say what they see when those behind a batch have been
    looked at; boxes are doubted by what is seen in the frame alone. `carried` has what the frames
    before these have left, and after each batch what that leaves.
    """
    ensemble = Ensemble(bundles, batch, precision, device, scales, flip, compiled, engine)
    carried = carried or Carried()
    if redetection:
        redetection.recent_scores.extend(carried.recent_scores)
    waiting: deque[_Looked] = deque()
    for part in ahead(_batches(frames, batch, ensemble.views_of), BATCHES_AHEAD):
        waiting.append(_first_look(ensemble, part, redetection))
        reach = REACH if ensemble.in_context else 0
        while waiting and sum(len(later.seen) for later in [*waiting][1:]) >= reach:
            yield _finished(ensemble, carried, waiting)
    while waiting:
        yield _finished(ensemble, carried, waiting)


def _first_look(ensemble: Ensemble, part: _Batch, redetection: Redetection | None) -> _Looked:
    """What is seen in each frame alone, in the boxes that are left after doubt."""
    boxes = np.stack([frame.boxes_xyxy_px for frame in part.frames])
    seen = nothing_seen(len(ensemble.bundles), len(ensemble.bundles[0].space), boxes)
    looked = _Looked(seen, part.frames, {}, [{} for _ in part.frames])
    _look(ensemble, looked, part.slots, part.views)
    if redetection is not None:
        lost = _lost_animals(seen, part, redetection, ensemble.bundles[0].crop.size_px)
        _find_again(seen, part, lost, redetection.detect_again)
        boxed = [(part.frames[f].image, seen.boxes_xyxy_px[f, i]) for f, i in lost]
        _look(ensemble, looked, lost, [ensemble.views_of(*each) for each in boxed])
        looked.recent_scores = (*redetection.recent_scores,)
    return looked


def _finished(ensemble: Ensemble, carried: Carried, waiting: deque[_Looked]) -> SeenFrames:
    """The first batch that waits, with what is seen in context; what it leaves into `carried`."""
    looked, before = waiting.popleft(), carried.features
    frames = [*before, *looked.features, *(f for later in waiting for f in later.features)]
    slots = list(looked.views)
    for member in ensemble.in_context:
        windows = [window_around(frames, len(before) + f, (member, i)) for f, i in slots]
        poses = ensemble.poses_in_context(member, [*looked.views.values()], windows)
        _put(looked.seen, member, slots, poses)
    _leave_out_of_view(looked.seen, looked.frames)
    carried.features = [*before, *looked.features][-REACH:]
    carried.recent_scores = looked.recent_scores
    return looked.seen


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
    engine: str = TORCH,
) -> list[Poses]:
    """The poses that each network sees in known boxes of each frame; NaN where a box is NaN.

    Frames beyond the boxes are not read. For the other arguments see `predict_batches`.
    """
    boxes = GivenBoxes(boxes_xyxy_px, np.ones(boxes_xyxy_px.shape[:2]))
    parts = predict_batches(
        bundles,
        boxes.boxed(frames, 0),
        batch=batch,
        precision=precision,
        device=device,
        scales=scales,
        flip=flip,
        compiled=compiled,
        engine=engine,
    )
    shape = (len(bundles), *boxes_xyxy_px.shape[:2], len(bundles[0].space))
    xy_px, score, done = np.full((*shape, 2), np.nan), np.zeros(shape), 0
    for part in parts:
        xy_px[:, done : done + len(part)] = part.xy_px
        score[:, done : done + len(part)] = part.score
        done += len(part)
    return member_poses(bundles[0].space, time_s, xy_px, score)


def member_poses(
    space: KeypointSpace,
    time_s: Float[ndarray, "frame"],
    xy_px: Float[ndarray, "member frame individual keypoint 2"],
    score: Float[ndarray, "member frame individual keypoint"],
) -> list[Poses]:
    """The arrays of all members as the poses of each."""
    individuals = tuple(f"animal{i}" for i in range(xy_px.shape[2]))
    return [Poses(space, individuals, time_s, xy, s) for xy, s in zip(xy_px, score, strict=True)]


def _look(
    ensemble: Ensemble,
    looked: _Looked,
    slots: Sequence[tuple[int, int]],
    views: Sequence[list[Crop]],
) -> None:
    """What each network sees in some slots (frame, individual) alone, into `looked`."""
    looked.views.update(zip(slots, views, strict=True))
    for member in range(len(ensemble.bundles)):
        poses, features = ensemble.first_look(member, views)
        _put(looked.seen, member, slots, poses)
        for (frame, individual), of_animal in zip(slots, features, strict=False):
            looked.features[frame][member, individual] = of_animal


def _put(
    seen: SeenFrames, member: int, slots: Sequence[tuple[int, int]], poses: Sequence[Pose]
) -> None:
    """The poses of a network in some slots, into `seen`."""
    for (frame, individual), (xy_px, score) in zip(slots, poses, strict=True):
        seen.xy_px[member, frame, individual] = xy_px
        seen.score[member, frame, individual] = score


def _leave_out_of_view(seen: SeenFrames, frames: Sequence[BoxedFrame]) -> None:
    """Keypoints beyond the picture become absent in `seen`: NaN, with score 0."""
    size_px = np.array([frame.image.shape[1::-1] for frame in frames])[:, None]
    is_out = is_out_of_view(seen.xy_px, seen.score, seen.boxes_xyxy_px, size_px)
    seen.xy_px[is_out], seen.score[is_out] = np.nan, 0.0


def _batches(
    frames: Iterable[BoxedFrame],
    batch: int,
    view_of: Callable[[Image, Float[ndarray, "4"]], list[Crop]],
) -> Iterator[_Batch]:
    """The frames in batches, with the views of their animals."""
    part = _Batch()
    for frame in frames:
        for individual in np.flatnonzero(np.isfinite(frame.boxes_xyxy_px).all(axis=1)).tolist():
            part.slots.append((len(part.frames), individual))
            part.views.append(view_of(frame.image, frame.boxes_xyxy_px[individual]))
        part.frames.append(frame)
        if len(part.slots) >= batch or len(part.frames) >= batch:
            yield part
            part = _Batch()
    if part.frames:
        yield part


def _lost_animals(
    seen: SeenFrames, part: _Batch, redetection: Redetection, size_px: tuple[int, int]
) -> list[tuple[int, int]]:
    """Slots to look at again; the first network's scores in detected boxes set what is usual."""
    lost = []
    for (frame, individual), views in zip(part.slots, part.views, strict=True):
        xy_px, score = seen.xy_px[0, frame, individual], seen.score[0, frame, individual]
        if part.frames[frame].is_detected[individual]:
            redetection.recent_scores.append(float(score.mean()))
            continue
        box, window = seen.boxes_xyxy_px[frame, individual], _window(views[0], size_px)
        if is_doubtful(xy_px, score, box, window, redetection.usual_score()):
            lost.append((frame, individual))
    return lost


def _find_again(
    seen: SeenFrames, part: _Batch, lost: Sequence[tuple[int, int]], detect_again: DetectAgain
) -> None:
    """New boxes of lost animals, as far as the detector finds any, into `seen`."""
    frames = sorted({frame for frame, _ in lost})
    if not frames:
        return
    images: list[Image] = [part.frames[frame].image for frame in frames]
    before: list[Boxes] = [seen.boxes_xyxy_px[frame].copy() for frame in frames]
    found = dict(zip(frames, detect_again(images, before), strict=True))
    seen.is_looked_again[frames] = True
    for frame, individual in lost:
        box = found[frame][individual].astype(np.float32)  # as tables hold them
        if np.isfinite(box).all():
            seen.boxes_xyxy_px[frame, individual] = box
            seen.is_found_again[frame, individual] = True


def _window(view: Crop, size_px: tuple[int, int]) -> Float[ndarray, "4"]:
    """The part of the image that a view shows."""
    corners = apply_affine(view.to_image, np.array([[0.0, 0.0], size_px]))
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])
