"""Figures of a GPU: training steps on several data sets, and with unlabeled video beside."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from gpu_measuring import WARM_UP, Figures, Given, Network
from gpu_video import write_clip
from training import SIZE, timed, write_project

from superanimal_core.media.images import cached_reader
from superanimal_core.media.windows import read_window
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.unlabeled import UnlabeledSettings
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.training import loop
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.unlabeled_training import fit_labels_and_videos

SETTINGS = read_config(Path(__file__).resolve().parents[1] / CONFIG)
DATA_SETS = 3
STEPS = 1_000_000  # more than there is time for


class EnoughError(Exception):
    """A training that has been timed."""


def training_rates(given: Given) -> Iterator[Figures]:
    """Steps per second of each network, without and with unlabeled video."""
    sizes = given.sizes
    if not given.has_time("training"):
        return
    labels = several_data_sets(write_project(given.folder, sizes.pictures))
    clip = write_clip(SIZE, 2 * sizes.window, given.folder / "unlabeled.mp4")
    for name in sizes.trained:
        for beside in ("", f" and {sizes.window} frames of unlabeled video"):
            case = f"{name}, training, {sizes.batch} animals of {DATA_SETS} data sets{beside}"
            for precision in sizes.precisions:
                if precision == "float16":
                    continue  # a training has no such precision
                told = f"{case}, {precision}"
                if not given.has_time(told):
                    return
                network, video = sizes.networks[name], str(clip) if beside else ""
                measure = partial(step_rate, given, network, labels, precision, video)
                values = given.fitting(told, measure)
                if values is not None:
                    yield Figures(case, precision, values)


def several_data_sets(labels: Labels) -> Labels:
    """The same animals as of several data sets, of which each lacks other keypoints."""
    number = np.arange(len(labels)) % DATA_SETS
    lacks = np.arange(len(labels.space)) % DATA_SETS == number[:, None]
    return replace(
        labels,
        source=np.array([f"lab{n}" for n in number], dtype=object),
        state=np.where(lacks, int(LabelState.NOT_IN_DATASET), labels.state),
        xy_px=np.where(lacks[..., None], np.nan, labels.xy_px),
    )


def step_rate(
    given: Given, network: Network, labels: Labels, precision: str, video: str
) -> dict[str, float]:
    """Steps per second, and the part of the time that they wait for pictures."""
    asked = {"steps": STEPS, "batch": given.sizes.batch, "precision": precision}
    training = TrainingSettings(**SETTINGS["training"] | asked)
    augment = AugmentSettings(**SETTINGS["augment"])
    ends, waits = list[float](), list[float]()

    def tell(*_: Any) -> None:
        """After a step, whose loss has come from the device."""
        ends.append(time.perf_counter())
        if len(ends) > WARM_UP:
            seconds = ends[-1] - ends[WARM_UP - 1]
            if seconds >= given.sizes.timed_s * 5 or ends[-1] >= given.until_s:
                raise EnoughError

    how: dict[str, Any] = {"seed": 0, "device": given.device, "tell": tell}
    what = network.bundle(labels.space), labels, cached_reader(), training, augment
    waited_for = timed(loop.batches_ahead, waits)
    with patch.object(loop, "batches_ahead", waited_for), suppress(EnoughError):
        if video:
            learned = {"unlabeled": unlabeled(given.sizes.window), "subspaces": {}}
            how |= learned | {"videos": [video], "read_window": read_window}
            fit_labels_and_videos(*what, **how)
        else:
            fit_labels(*what, **how)
    seconds = ends[-1] - ends[WARM_UP - 1]
    steps = len(ends) - WARM_UP
    waiting = sum(waits[WARM_UP : len(ends)]) / seconds
    return {"steps_per_s": steps / seconds, "waiting_fraction": waiting}


def unlabeled(frames: int) -> UnlabeledSettings:
    """Windows of video as shipped, for the temporal loss alone."""
    alone = {"pose_pca": None, "view_pca": None, "unimodal": None}
    asked = {"enabled": True, "frames": frames, "windows": 1}
    return UnlabeledSettings(**SETTINGS["unlabeled"] | alone | asked)
