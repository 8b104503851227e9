"""What one step of a training and one frame of a video cost on this machine, by doing some."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.inference.passes import Ensemble
from superanimal_core.jobs.member_training import new_member
from superanimal_core.media.video import read_frames
from superanimal_core.models.foreign_models import read_detector_model, read_pose_model
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Crop
from superanimal_core.network.detector import (
    WHOLE_IMAGE,
    DetectorBundle,
    detect,
    new_detector,
    ready_detector,
)
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import INT8, AugmentSettings, InferenceSettings, TrainingSettings
from superanimal_core.study.study_settings import WHOLE_FRAME
from superanimal_core.training.detector_loop import fit_detector
from superanimal_core.training.label_training import fit_labels

ANIMALS, PICTURES = 32, 4
SIZE_PX = (480, 640)
MANY = 1_000_000  # steps: more than any probe takes


class _TimeIsUpError(Exception):
    """The time of a probe is up."""


class Watch:
    """Counts what is done until a time is up; the first one, which prepares much, does not count.

    The pace is that of all that was done together.
    """

    def __init__(self, limit_s: float):
        self._limit_s, self._count = limit_s, -1
        self._begin = self._now = (0.0, 0.0)

    def tell(self, *_: object) -> None:
        """One more is done. _TimeIsUpError when the time is up."""
        self._now = time.process_time(), time.monotonic()
        self._count += 1
        if not self._count:
            self._begin = self._now
        elif self._now[1] - self._begin[1] > self._limit_s:
            raise _TimeIsUpError

    @property
    def pace_s(self) -> float:
        """Seconds of processors, all of them together, for one; 0 where not even two were done."""
        cpu_s = self._now[0] - self._begin[0]
        return cpu_s / self._count if self._count > 0 else 0.0


@contextmanager
def watched(limit_s: float) -> Iterator[Watch]:
    """A watch whose end is no error."""
    watch = Watch(limit_s)
    with suppress(_TimeIsUpError):
        yield watch


def repeated(work: Callable[[], object], limit_s: float) -> float:
    """The pace of some work, done again and again."""
    with watched(limit_s) as watch:
        for _ in range(MANY):
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()  # a GPU answers before it has worked
            watch.tell()
    return watch.pace_s


def peak_mb() -> float:
    """The most memory that this process has taken so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def pace_of_decoding(
    video: str | None, limit_s: float
) -> tuple[float, UInt8[ndarray, "height width 3"]]:
    """The pace of one frame of a video (s), and a frame; 0 where there is no video."""
    frame = np.zeros((*SIZE_PX, 3), dtype=np.uint8)
    with watched(limit_s) as watch:
        for frame in read_frames(video) if video else ():  # noqa: B007 -- the last is given
            watch.tell()
    return watch.pace_s, frame


def drawn_labels(space: KeypointSpace, height_px: int, width_px: int) -> Labels:
    """Animals on one picture with keypoints anywhere: as much work as true ones."""
    rng = np.random.default_rng(0)
    box = np.array([0.2, 0.2, 0.8, 0.8]) * [width_px, height_px, width_px, height_px]
    xy = rng.uniform(box[:2], box[2:], (ANIMALS, len(space), 2))

    def same(word: str) -> ndarray:
        return np.full(ANIMALS, word, dtype=object)

    numbered = np.array([f"{i}" for i in range(ANIMALS)], dtype=object)
    return Labels(
        space, same("probe"), numbered, np.tile([width_px, height_px], (ANIMALS, 1)),
        same("animal0"), numbered, same("train"), np.tile(box, (ANIMALS, 1)), xy,
        np.full((ANIMALS, len(space)), LabelState.VISIBLE), np.ones((ANIMALS, len(space))),
    )  # fmt: skip


def _weights_mb(network: torch.nn.Module) -> float:
    return sum(each.numel() * each.element_size() for each in network.state_dict().values()) / 1e6


@dataclass(frozen=True)
class Networks:
    """The networks of a model as it would train them, or has them, and what they are probed on."""

    pose: ModelBundle
    detector: DetectorBundle | None
    picture: UInt8[ndarray, "height width 3"]
    device: torch.device

    @classmethod
    def new(
        cls,
        space: KeypointSpace,
        network: dict[str, Any],
        detector: dict[str, Any],
        picture: UInt8[ndarray, "height width 3"],
        device: torch.device,
    ) -> "Networks":
        """Networks that have learned nothing, as settings describe them."""
        labels = drawn_labels(space, *picture.shape[:2])
        mean, std = tuple(detector["mean"]), tuple(detector["std"])
        finder = new_detector(detector["backbone"], detector["detector_size_px"], mean, std, ())
        return cls(new_member(labels, network, None, space.keypoints), finder, picture, device)

    def begun_with(
        self,
        pose: str,
        detector: str,
        space: KeypointSpace,
        *,
        is_subpixel: bool,
        normalize_twice: bool,
    ) -> "Networks":
        """The same with weights from files where there are some; `space` is the pose network's.

        SuperAnimalError for files that cannot be used.
        """
        finder = None if detector == WHOLE_FRAME else self.detector
        if detector and finder:
            finder = read_detector_model(detector, normalize_twice)
        known = read_pose_model(pose, space, is_subpixel) if pose else self.pose
        return replace(self, pose=known, detector=finder)

    def sizes_mb(self) -> tuple[float, float]:
        """What the weights of the pose network and of the detector take on the disk."""
        both = self.pose.network, self.detector.network if self.detector else None
        pose, detector = (_weights_mb(network) if network else 0.0 for network in both)
        return pose, detector

    def training(
        self, training: TrainingSettings, augment: AugmentSettings, limit_s: float
    ) -> float:
        """The pace of one step of the pose network's training."""
        labels = drawn_labels(self.pose.space, *self.picture.shape[:2])
        steps = training.model_copy(
            update={"steps": MANY, "early_stopping": None, "bagging": False}
        )
        with watched(limit_s) as watch:
            how = {"seed": 0, "device": self.device, "tell": watch.tell}
            fit_labels(self.pose, labels, lambda _: self.picture, steps, augment, **how)
        return watch.pace_s

    def detector_training(self, batch: int, augment: AugmentSettings, limit_s: float) -> float:
        """The pace of one step of the detector's training."""
        if self.detector is None:
            return 0.0
        labels = drawn_labels(self.pose.space, *self.picture.shape[:2])
        with watched(limit_s) as watch:
            fit_detector(
                self.detector, labels, lambda _: self.picture, augment, steps=MANY, batch=batch,
                learning_rate=1e-4, seed=0, device=self.device, tell=watch.tell,
            )  # fmt: skip
        return watch.pace_s

    def prediction(self, how: InferenceSettings, limit_s: float) -> tuple[float, float]:
        """The paces of finding the animals in a frame, and of an animal's pose by one network.

        What an engine, or the compiler of torch, takes to begin is left out. What shall be
        computed in int8 is tried in float32, as before it is calibrated.
        """
        found_s = 0.0
        if self.detector is not None:
            finder, pictures = self.detector, [self.picture] * PICTURES
            ready_detector(finder, self.device)
            looked_s = repeated(lambda: detect(finder, pictures, self.device), limit_s / 2)
            found_s = looked_s / PICTURES
        bundles, batch = [self.pose], how.batch
        precision = "float32" if how.precision == INT8 else how.precision
        ensemble = Ensemble(bundles, batch, precision, self.device, engine=how.engine)
        width, height = self.pose.crop.size_px
        pixels = np.zeros((height, width, 3), dtype=np.uint8)
        views = [[Crop(pixels, WHOLE_IMAGE)]] * batch
        posed_s = repeated(lambda: list(ensemble.poses(views)), limit_s / 2)
        return found_s, posed_s / batch
