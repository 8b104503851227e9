"""Animals one by one -> `Labels`: for formats that list points instead of arrays."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, string_array

Point = tuple[float, float, LabelState]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Animal:
    """One labeled animal: its image (a name in the data set), and its points by keypoint.

    Positions and the box (x0, y0, x1, y1) are continuous pixels. A keypoint of the data set that
    has no point is NOT_LABELED. `group` and `split` as in `Labels`.
    """

    image: str
    size_px: tuple[int, int]
    individual: str
    points: Mapping[str, Point]
    group: str
    box_xyxy_px: Box | None = None
    split: str = ""


def labels_from_animals(
    dataset: str, keypoints: Sequence[str], animals: Sequence[Animal], where: str
) -> Labels:
    """Labels in the keypoints given, in the order of the animals.

    DatasetError without a point, or when the same animal of a picture stands there twice.
    """
    space = KeypointSpace(dataset, tuple(keypoints))
    place = {keypoint: i for i, keypoint in enumerate(space.keypoints)}
    _refuse_twice(animals, where)
    n = len(animals)
    xy = np.full((n, len(space), 2), np.nan)
    state = np.full((n, len(space)), LabelState.NOT_LABELED, dtype=np.int64)
    boxes = np.full((n, 4), np.nan)
    for row, animal in enumerate(animals):
        boxes[row] = animal.box_xyxy_px or np.nan
        for keypoint, (x, y, seen) in animal.points.items():
            state[row, place[keypoint]] = seen
            if seen >= LabelState.OCCLUDED:
                xy[row, place[keypoint]] = x, y
    if not (state >= LabelState.OCCLUDED).any():
        raise DatasetError(f"{where}: not one labeled keypoint")
    strange = np.isinf(xy).any(axis=(1, 2))
    if strange.any():
        raise DatasetError(f"{where}: {animals[int(strange.argmax())].image}: infinite position")
    return Labels(
        space=space,
        source=string_array([dataset] * n),
        image=string_array([a.image for a in animals]),
        image_size_px=np.array([a.size_px for a in animals], dtype=np.int64).reshape(n, 2),
        individual=string_array([a.individual for a in animals]),
        group=string_array([a.group for a in animals]),
        split=string_array([a.split for a in animals]),
        box_xyxy_px=boxes,
        xy_px=xy,
        state=state,
        score=np.ones((n, len(space))),
    )


def _refuse_twice(animals: Sequence[Animal], where: str) -> None:
    """DatasetError when an animal of a picture comes from two places (two documents, two tasks)."""
    count = Counter((animal.image, animal.individual) for animal in animals)
    twice = next((key for key, times in count.items() if times > 1), None)
    if twice:
        raise DatasetError(
            f"{where}: '{twice[0]}', {twice[1]}: labeled in two places (two documents, or two "
            "entries of one); keep one"
        )
