"""Where the animals of a video are, frame by frame, while it is decoded.

A box between detections depends on the next detection, so a few frames wait for it in memory.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.box_gaps import (
    ROUNDING_S,
    assign_slots,
    decided_until,
    interpolate_boxes,
)
from superanimal_core.network.detector import DetectorBundle, detect, ready_detector
from superanimal_core.pose.boxes import clip_boxes
from superanimal_core.pose.frame_rate import frames_per_second

STAGE = "predict_poses"
Image = UInt8[ndarray, "_height _width 3"]
Boxes = Float[ndarray, "individual 4"]
Found = tuple[Float[ndarray, "box 4"], Float[ndarray, "box"]]  # of one image; scores
DetectAgain = Callable[[Sequence[Image], Sequence[Boxes]], list[Boxes]]


class BoxedFrame(NamedTuple):
    """A frame, the box of each individual (px; NaN: none), and whether the detector gave it."""

    image: Image
    boxes_xyxy_px: Boxes
    is_detected: Bool[ndarray, "individual"]


@runtime_checkable
class BoxSource(Protocol):
    """Where the boxes of a video come from; what it knows lets a killed job go on.

    `scores` (frame, individual) are the detector's, NaN where a box is not its own; `is_looked_at`
    are the frames that it was shown.
    """

    scores: Float[ndarray, "frame individual"]

    @property
    def is_looked_at(self) -> Bool[ndarray, "frame"]:
        """See above."""
        ...

    def boxed(self, images: Iterable[Image], start: int) -> Iterator[BoxedFrame]:
        """The frames from number `start` on with their boxes."""
        ...

    def saved(self, start: int) -> dict[str, ndarray]:
        """What is known of the frames from `start` on."""
        ...

    def restore(self, start: int, saved: dict[str, ndarray]) -> None:
        """Know again what was saved with the same `start`."""
        ...


@dataclass
class GivenBoxes:
    """Boxes that are known before the video is read."""

    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    scores: Float[ndarray, "frame individual"]

    @property
    def is_looked_at(self) -> Bool[ndarray, "frame"]:
        """None: no detector is asked."""
        return np.zeros(len(self.scores), bool)

    def boxed(self, images: Iterable[Image], start: int) -> Iterator[BoxedFrame]:
        """The frames with their boxes; those beyond the boxes are not read."""
        rest = zip(self.boxes_xyxy_px[start:], np.isfinite(self.scores[start:]), strict=True)
        for (boxes, is_detected), image in zip(rest, images, strict=False):
            yield BoxedFrame(image, boxes, is_detected)

    def saved(self, start: int) -> dict[str, ndarray]:
        """Nothing: the boxes are given again."""
        return {}

    def restore(self, start: int, saved: dict[str, ndarray]) -> None:
        """Nothing."""


def whole_frames(frames: int, width_px: int, height_px: int) -> GivenBoxes:
    """Boxes of a video with one animal and no detector: every frame is its box, with score 1."""
    box = np.array([0.0, 0.0, width_px, height_px])
    return GivenBoxes(np.tile(box, (frames, 1, 1)), np.ones((frames, 1)))


@dataclass
class DetectedBoxes:
    """Boxes from a detector that looks at every `every_frames`-th frame of a video.

    Between detections they are interpolated over at most `max_gap_s` (see box_gaps); frames that
    were not looked at are no gap. `batch` images go through the network at once, in a `precision`.
    """

    detector: DetectorBundle
    time_s: Float[ndarray, "frame"]
    max_individuals: int
    min_score: float
    every_frames: int
    max_gap_s: float
    batch: int
    device: torch.device
    precision: str = "float32"
    scores: Float[ndarray, "frame individual"] = field(init=False)
    is_looked_at: Bool[ndarray, "frame"] = field(init=False)
    _boxes: Float[ndarray, "frame individual 4"] = field(init=False)
    _last_known: Int[ndarray, "individual"] = field(init=False)  # frames; -1: not seen yet
    _looked: int = field(init=False, default=0)  # the detector is done with the frames before it
    _best_score: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        shape = (len(self.time_s), self.max_individuals)
        self._boxes, self.scores = np.full((*shape, 4), np.nan), np.full(shape, np.nan)
        self.is_looked_at = np.zeros(len(self.time_s), bool)
        self._last_known = np.full(self.max_individuals, -1)
        ready_detector(self.detector, self.device)
        if self.every_frames > 1 and len(self.time_s) > 1:
            step_s = self.every_frames / frames_per_second(self.time_s)
            self.max_gap_s = max(self.max_gap_s, 2 * step_s)

    def boxed(self, images: Iterable[Image], start: int) -> Iterator[BoxedFrame]:
        """The frames from `start` on with their boxes. VideoError when no frame shows an animal."""
        waiting: deque[Image] = deque()
        unseen: list[tuple[int, Image]] = []
        at_once = max(self.batch // self.every_frames, 1)
        first = start  # of the waiting frames
        for frame, image in zip(range(start, len(self.time_s)), images, strict=False):
            waiting.append(image)
            if frame % self.every_frames == 0 and frame >= self._looked:
                unseen.append((frame, image))
            if len(unseen) == at_once:
                self._look_at(unseen)
                unseen = []
                first = yield from self._decided(waiting, first)
        if unseen:
            self._look_at(unseen)
        self._looked = len(self.time_s)
        if (self._last_known < 0).all():
            raise VideoError(STAGE, self._nothing_found())
        yield from self._decided(waiting, first)

    def _look_at(self, some: Sequence[tuple[int, Image]]) -> None:
        """Detect the animals of some frames; each box goes on with the nearest one before."""
        found = self._found([image for _, image in some])
        for (frame, _), (new, score) in zip(some, found, strict=True):
            slots = assign_slots(self._previous(), new)
            self._boxes[frame, slots] = new
            self.scores[frame, slots] = score
            self._last_known[slots] = frame
            self.is_looked_at[frame] = True
        self._looked = min(some[-1][0] + self.every_frames, len(self.time_s))

    def _found(self, images: Sequence[Image]) -> list[Found]:
        """Of each image the boxes that count, with their scores: of the best individuals."""
        kept = []
        found = detect(self.detector, images, self.device, self.precision)
        for image, (boxes, score) in zip(images, found, strict=True):
            self._best_score = max(self._best_score, float(score.max(initial=0.0)))
            keep = np.flatnonzero(score >= self.min_score)[: self.max_individuals]
            kept.append((clip_boxes(boxes[keep], image.shape[1], image.shape[0]), score[keep]))
        return kept

    def _previous(self) -> Boxes:
        """The last box of each individual; NaN for one that was not seen yet."""
        last = self._boxes[self._last_known, np.arange(self.max_individuals)]
        return np.where(self._last_known[:, None] < 0, np.nan, last)

    def _decided(self, waiting: deque[Image], first: int) -> Generator[BoxedFrame, None, int]:
        """The waiting frames whose boxes are decided; returns the first that still waits."""
        stop = first + len(waiting)
        for last in self._last_known.tolist():
            stop = min(stop, decided_until(last, self.time_s, self._looked, self.max_gap_s))
        for frame, boxes in enumerate(self._filled(first, stop), start=first):
            yield BoxedFrame(waiting.popleft(), boxes, np.isfinite(self.scores[frame]))
        return max(first, stop)

    def _filled(self, first: int, stop: int) -> Float[ndarray, "frame individual 4"]:
        """The boxes of frames that are decided, those between detections interpolated."""
        if stop <= first:
            return np.empty((0, self.max_individuals, 4))
        earliest_s = self.time_s[first] - self.max_gap_s - 2 * ROUNDING_S
        low = int(np.searchsorted(self.time_s, earliest_s))
        part, ends = slice(low, self._looked), self._looked == len(self.time_s)
        filled = [
            interpolate_boxes(
                self._boxes[part, individual],
                self.time_s[part],
                self.max_gap_s,
                is_start=low == 0,
                is_end=ends,
            )
            for individual in range(self.max_individuals)
        ]
        boxes = np.stack(filled, axis=1)[first - low : stop - low]
        return boxes.astype(np.float32).astype(np.float64)  # as tables hold them

    def _nothing_found(self) -> str:
        return (
            f"no animal was found in any of {self.is_looked_at.sum()} frames looked at (best score "
            f"{self._best_score:.2f}, needed {self.min_score}); wrong model for this video, or "
            "detector.min_score is too high"
        )

    def saved(self, start: int) -> dict[str, ndarray]:
        """What the detector has said of the frames from `start` on."""
        return self._saved_part(slice(start, self._looked))

    def _saved_part(self, part: slice) -> dict[str, ndarray]:
        said = {"boxes": self._boxes, "scores": self.scores, "is_looked_at": self.is_looked_at}
        best = {"best_score": np.array(self._best_score)}
        return {name: of_all[part] for name, of_all in said.items()} | best

    def restore(self, start: int, saved: dict[str, ndarray]) -> None:
        """Know again what was saved with the same `start`; parts in their order."""
        part = slice(start, start + len(saved["scores"]))
        self._boxes[part], self.scores[part] = saved["boxes"], saved["scores"]
        self.is_looked_at[part] = saved["is_looked_at"]
        self._looked, self._best_score = part.stop, float(saved["best_score"])
        for individual, seen in enumerate(np.isfinite(self._boxes[: part.stop, :, 0]).T):
            self._last_known[individual] = np.flatnonzero(seen)[-1] if seen.any() else -1

    def detect_again(self, images: Sequence[Image], before: Sequence[Boxes]) -> list[Boxes]:
        """The boxes of some images anew, each individual nearest to its box before.

        An individual keeps NaN where the detector finds none for it.
        """
        boxes = [np.full_like(known, np.nan) for known in before]
        for new, known, (kept, _) in zip(boxes, before, self._found(images), strict=True):
            new[assign_slots(known, kept)] = kept
        return boxes
