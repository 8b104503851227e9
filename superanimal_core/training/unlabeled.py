"""Batches of video that nobody labeled: windows of consecutive frames, by lot, as whole frames."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.errors import TrainingError, VideoError
from superanimal_core.network.context import window_of
from superanimal_core.network.crops import Crop, CropChange, CropGeometry
from superanimal_core.pose.labels import LabelState
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import change_light, random_change
from superanimal_core.training.batches import Batch, Stream
from superanimal_core.training.processes import Processes

Window = list[UInt8[ndarray, "_height _width 3"]]
ReadWindow = Callable[[str, float, int], Window]  # video, place in it (0-1), number of frames
OTHER_NUMBERS = 1  # beside those that labeled batches are drawn with


def window_stream(
    videos: Sequence[str],
    read_window: ReadWindow,
    crop: CropGeometry,
    augment: AugmentSettings,
    *,
    keypoints: int,
    frames: int,
    windows: int,
    seed: int,
    processes: Processes,
    has_context: bool = False,
) -> Stream:
    """Windows of consecutive frames of videos; of each batch, this process's windows.

    Videos are drawn alike, and the place in each. As in `labeled_stream` all follows from the seed
    and the step. All frames of a window are changed in the same way, and never mirrored. A network
    that has context is told which frames lie around each. A video that cannot be read is told once,
    and another takes its place. TrainingError when none is left, and for fewer windows than
    processes.
    """
    if windows < processes.count:
        raise TrainingError(
            f"unlabeled.windows is {windows}, but {processes.count} processes share them"
        )
    read = _Readable(videos, read_window, frames)

    def at(step: int) -> Batch:
        generator = np.random.default_rng([seed, step, OTHER_NUMBERS])
        own = generator.spawn(windows)[processes.part()]
        drawn = [read.draw(one) for one in own]
        cut = [
            crop_of
            for (_, window), one in zip(drawn, own, strict=True)
            for crop_of in cut_window(window, crop, augment, one)
        ]
        state = torch.full((len(cut), keypoints), int(LabelState.NOT_IN_DATASET))
        return Batch(
            torch.from_numpy(np.stack([one.pixels for one in cut])),
            torch.from_numpy(np.stack([one.to_image for one in cut]).astype(np.float32)),
            torch.full((len(cut), keypoints, 2), torch.nan),
            state,
            tuple(video for video, _ in drawn),
            frames_around(len(own), frames) if has_context else None,
        )

    return at


def frames_around(sequences: int, frames: int) -> Int[Tensor, "frame window"]:
    """The places, in sequences of so many frames laid end to end, of the frames around each.

    At the ends of a sequence the frame there stands for what lies beyond.
    """

    def around(first: int, frame: int) -> list[int]:
        inside = range(first, first + frames)
        return window_of(frame, lambda by: frame + by if frame + by in inside else None)

    firsts = range(0, sequences * frames, frames)
    windows = [around(first, first + n) for first in firsts for n in range(frames)]
    return torch.tensor(windows)


def cut_window(
    window: Window, crop: CropGeometry, augment: AugmentSettings, generator: np.random.Generator
) -> list[Crop]:
    """Crops of the whole frames of a window: one turn, size, place and light for all of them."""
    change = random_change(augment.model_copy(update={"flip": 0.0}), generator)
    light = int(generator.integers(2**62))
    return [_cut(frame, crop, change, augment, light) for frame in window]


def _cut(
    frame: UInt8[ndarray, "height width 3"],
    crop: CropGeometry,
    change: CropChange,
    augment: AugmentSettings,
    light: int,
) -> Crop:
    height, width = frame.shape[:2]
    cut = crop.cut(frame, np.array([0.0, 0.0, width, height]), change)
    pixels = change_light(cut.pixels, augment, np.random.default_rng(light))
    return Crop(pixels, cut.to_network)


class _Readable:
    """The videos that can be read, as far as is known; a broken one is told once."""

    def __init__(self, videos: Sequence[str], read_window: ReadWindow, frames: int):
        self.videos, self.read_window, self.frames = list(videos), read_window, frames
        self.broken: set[str] = set()

    def draw(self, generator: np.random.Generator) -> tuple[str, Window]:
        """A video by lot and a window of it.

        What is drawn depends on which videos can be read, and not on when that was found out.
        """
        place = float(generator.random())
        for video in (self.videos[n] for n in generator.permutation(len(self.videos))):
            if video in self.broken:
                continue
            try:
                return video, self.read_window(video, place, self.frames)
            except VideoError as error:
                self.broken.add(video)
                print(f"nothing is learned from a video: {error}", flush=True)
        raise TrainingError(
            f"none of {len(self.videos)} unlabeled videos can be read; mend them, or write "
            "unlabeled.enabled: false"
        )
