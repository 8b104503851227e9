"""A student beside its teacher: on labels that neither saw, on frames that were not taught."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.evaluation.students import Row, row_of_frames, row_of_labels
from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.inference.predict import predict_video
from superanimal_core.media.images import read_image
from superanimal_core.models.watched_folder import read_held_out_stretch
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.members import middle_poses
from superanimal_core.tables.calibration_files import read_check
from superanimal_core.tables.held_out_files import read_held_out

Positions = Float[ndarray, "animal keypoint 2"]


def on_labels(held_out: Sequence[str], calibrations: Sequence[str]) -> list[Row]:
    """A row per data set; paths are of the student, then of its teacher.

    Both saw the same labels in the boxes of the same detector.
    """
    (student, labels, dataset), (ensemble, _, _) = map(_found, held_out)
    within = [_within_90(path) for path in calibrations]
    return [
        row_of_labels(
            name,
            student[dataset == name],
            ensemble[dataset == name],
            labels[dataset == name],
            (within[0].get(name, np.nan), within[1].get(name, np.nan)),
        )
        for name in np.unique(dataset).tolist()
    ]


def on_frames(
    bundles: Sequence[ModelBundle],
    watched: Sequence[str],
    smoothing: EnsembleSmoothing,
    inference: Mapping[str, Any],
) -> Iterator[Row]:
    """A row per video whose stretch that was held out shows an animal; others are passed over."""
    for folder in watched:
        try:
            stretch = read_held_out_stretch(folder)
        except VideoError:  # choose_lessons has told it
            continue
        if stretch is None:
            continue
        images = [read_image(name) for name in stretch.pictures]
        where = stretch.boxes_xyxy_px, stretch.ensemble.time_s
        seen = predict_video(bundles, images, *where, **inference)
        own = smoothing.of(seen)[0].poses
        yield row_of_frames(Path(folder).name, own.xy_px, stretch.ensemble.xy_px)


def _found(path: str) -> tuple[Positions, Positions, Shaped[ndarray, "animal"]]:
    """Middle of the members, labels and data set of the animals in pictures as they are."""
    held_out = read_held_out(path)
    animals = held_out.animals
    rows = ~animals.is_disturbed
    middle = middle_poses(held_out.members).xy_px[0]
    return middle[rows], animals.label_xy_px[rows], animals.dataset[rows].astype(str)


def _within_90(path: str) -> dict[str, float]:
    found = read_check(path)
    return {} if found is None else found[0].by_dataset
