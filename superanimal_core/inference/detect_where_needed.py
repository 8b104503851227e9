"""Where the animals of a video are, from a detector that looks only where it must (see looks)."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.box_gaps import assign_slots
from superanimal_core.inference.detect import (
    STAGE,
    BoxedFrame,
    Boxes,
    DetectedBoxes,
    Found,
    Image,
)
from superanimal_core.inference.looks import WHERE_NEEDED, gaps_to_halve, next_gap, next_look
from superanimal_core.network.detector import DetectorBundle


def detected_boxes(
    detector: DetectorBundle,
    time_s: Float[ndarray, "frame"],
    *,
    every_frames: int | Literal["auto"],
    **how: Any,
) -> DetectedBoxes:
    """The boxes of a video, looked for in every n-th frame or where needed (`auto`).

    For `how` see `DetectedBoxes`.
    """
    if every_frames == WHERE_NEEDED:
        return SoughtBoxes(detector, time_s, every_frames=1, **how)
    return DetectedBoxes(detector, time_s, every_frames=every_frames, **how)


@dataclass
class SoughtBoxes(DetectedBoxes):
    """Boxes as from a detector that looks at every frame, which it does where it must.

    Frames wait for the next look, and those between are looked at if their boxes are not told by
    the looks around. A box that is told counts as known: gaps are those of every-frame detection.
    What is decided depends on the frames alone, neither on `batch` nor on where a job was killed.
    """

    _done: tuple[int, int] = field(init=False, default=(-1, 1))  # last look; distance to the next
    _looks: list[int] = field(init=False, default_factory=list)  # the last two

    def boxed(self, images: Iterable[Image], start: int) -> Iterator[BoxedFrame]:
        """The frames from `start` on with their boxes. VideoError when no frame shows an animal."""
        waiting: deque[Image] = deque()
        first, frame, coming = start, start - 1, -1
        for frame, image in zip(range(start, len(self.time_s)), images, strict=False):
            waiting.append(image)
            coming = self._next_look(image) if coming < 0 else coming
            if frame == coming > self._done[0]:
                self._settle(frame, waiting, first)
                first, coming = (yield from self._decided(waiting, first)), -1
        if frame > self._done[0]:  # a video that ends before its time
            self._settle(frame, waiting, first)
        self._looked = len(self.time_s)
        if (self._last_known < 0).all():
            raise VideoError(STAGE, self._nothing_found())
        yield from self._decided(waiting, first)

    def _next_look(self, image: Image) -> int:
        last, gap = self._done
        if last < 0:
            return 0
        is_complete = bool(np.isfinite(self._boxes[last]).all())
        return next_look(last, gap, self.time_s, image.nbytes, is_complete=is_complete)

    def _settle(self, frame: int, waiting: deque[Image], first: int) -> None:
        """Look at a frame, and at those since the last look whose boxes are not told."""
        last, _ = self._done
        found: dict[int, Found] = {}
        missing = [frame]
        while missing:
            for begin in range(0, len(missing), self.batch):
                part = missing[begin : begin + self.batch]
                found |= zip(part, self._found([waiting[i - first] for i in part]), strict=True)
            boxes, scores = self._assigned(found)
            looks = [*self._looks, *boxes]
            known = np.stack([*self._boxes[self._looks], *boxes.values()])
            missing = gaps_to_halve(looks, known, last)
        for at, of_look in boxes.items():
            self._boxes[at], self.scores[at], self.is_looked_at[at] = of_look, scores[at], True
            self._last_known[np.isfinite(of_look[:, 0])] = at
        self._tell_between([look for look in looks if look >= last])
        self._looks, self._looked = looks[-2:], frame + 1
        self._done = frame, next_gap(frame - last, len(found) == 1) if last >= 0 else 1

    def _assigned(
        self, found: Mapping[int, Found]
    ) -> tuple[dict[int, Boxes], dict[int, Float[ndarray, "individual"]]]:
        """Of each look, in their order, the box and the score of each individual."""
        before, boxes, scores = self._previous(), {}, {}
        for frame in sorted(found):
            new, score = found[frame]
            slots = assign_slots(before, new)
            boxes[frame], scores[frame] = np.full_like(before, np.nan), np.full(len(before), np.nan)
            boxes[frame][slots], scores[frame][slots] = new, score
            before = np.where(np.isfinite(boxes[frame]), boxes[frame], before)
        return boxes, scores

    def _tell_between(self, looks: list[int]) -> None:
        """The boxes between looks, on the line from one to the next."""
        for a, b in pairwise(looks):
            time_s = self.time_s[a + 1 : b]
            part = (time_s - self.time_s[a]) / (self.time_s[b] - self.time_s[a])
            told = self._boxes[a] + part[:, None, None] * (self._boxes[b] - self._boxes[a])
            self._boxes[a + 1 : b] = told

    def saved(self, start: int) -> dict[str, ndarray]:
        """What is settled of the frames from `start` on."""
        done = self._done  # once: the frames are looked at by a thread
        return self._saved_part(slice(start, done[0] + 1)) | {"done": np.array(done)}

    def restore(self, start: int, saved: dict[str, ndarray]) -> None:
        """Know again what was saved with the same `start`; parts in their order."""
        super().restore(start, saved)
        last, gap = saved["done"].tolist()
        self._done = last, gap
        self._looks = np.flatnonzero(self.is_looked_at[: last + 1])[-2:].tolist()
