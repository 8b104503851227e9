"""StanfordExtra (Biggs et al. 2020, ECCV): `StanfordExtra*.json` -> `Labels`.

A list of dogs with `img_path`, `img_width`, `img_height`, `joints` (24 triples x, y, v with v 0 or
1) and `img_bbox` (x, y, width, height). What a reader must know:

* The names are not in the file; they are those of the authors' keypoint_definitions.csv, in its
  order. Eyes, withers and throat are never labeled (the authors predict them elsewhere), so they
  are NOT_IN_DATASET: nobody looked for them.
* Positions have pixel centers at whole numbers, so 0.5 is added; boxes are continuous.
* Pictures lie in `images/` or `Images/` beside the document, or beside it.
"""

from collections import Counter
from typing import Any

import numpy as np

from superanimal_core.datasets.animals import Animal, labels_from_animals
from superanimal_core.datasets.folder import (
    DatasetFolder,
    find_beside,
    json_entries,
    posix_name,
)
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import Labels, LabelState

_LEGS = [
    f"{side}_{leg}_{part}"
    for side, leg in (("left", "front"), ("left", "rear"), ("right", "front"), ("right", "rear"))
    for part in ("paw", "middle_joint", "top")
]
_HEAD = ("left_ear_base", "right_ear_base", "nose", "chin", "left_ear_tip", "right_ear_tip")
_NEVER = ("left_eye", "right_eye", "withers", "throat")
KEYPOINTS = (*_LEGS, "tail_start", "tail_end", *_HEAD, *_NEVER)


def parse_stanford_extra(dataset: str, folder: DatasetFolder) -> Labels:
    """All dogs of all documents in the data set; every photograph is a group of its own."""
    entries = json_entries(folder, "entry", _is_dog)
    if not entries:
        raise DatasetError(f"{folder.where('')}: no StanfordExtra*.json (a list of dogs)")
    written = [(above, _image(place, entry)) for place, above, entry in entries]
    images = find_beside(folder, written, folder.where(""), ("images", "Images", ""))
    count: Counter[str] = Counter()
    dogs = []
    for (place, _, entry), key in zip(entries, written, strict=True):
        dogs.append(_dog(place, entry, images[key], f"animal{count[images[key]]}", folder))
        count[images[key]] += 1
    labels = labels_from_animals(dataset, KEYPOINTS, dogs, folder.where(""))
    labels.state[:, len(KEYPOINTS) - len(_NEVER) :] = LabelState.NOT_IN_DATASET
    return labels


def _is_dog(entry: object) -> bool:
    return isinstance(entry, dict) and "joints" in entry


def _image(place: str, entry: Any) -> str:
    name = entry.get("img_path") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise DatasetError(f"{place}: needs an 'img_path'")
    name = posix_name(name)
    if name.startswith("/") or ".." in name.split("/") or "\0" in name:
        raise DatasetError(f"{place}: img_path '{name}' leaves the data set's folder")
    return name


def _dog(place: str, entry: Any, image: str, individual: str, folder: DatasetFolder) -> Animal:
    try:
        joints = np.array(entry["joints"], dtype=np.float64).reshape(len(KEYPOINTS), 3)
        box = np.array(entry["img_bbox"], dtype=np.float64).reshape(4)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise DatasetError(
            f"{place}: needs 'joints' ({len(KEYPOINTS)} triples x, y, v) and 'img_bbox' (x, y, "
            "width, height)"
        ) from None
    labeled = joints[: len(KEYPOINTS) - len(_NEVER)]
    is_bad = ~np.isin(labeled[:, 2], (0, 1)) | ~np.isfinite(labeled).all(axis=1)
    if is_bad.any():
        x, y, v = labeled[is_bad][0]
        raise DatasetError(
            f"{place}: '{KEYPOINTS[int(is_bad.argmax())]}' is ({x:g}, {y:g}, {v:g}); expected "
            "finite x and y, and v 0 or 1"
        )
    has_box = bool(np.isfinite(box).all() and (box[2:] > 0).all())
    return Animal(
        image=image,
        size_px=checked_size_px(folder, image, _written_size(entry), place),
        individual=individual,
        points={
            name: (float(x + 0.5), float(y + 0.5), LabelState.VISIBLE)
            for name, (x, y, v) in zip(KEYPOINTS, labeled, strict=False)
            if v > 0
        },
        group=image,
        box_xyxy_px=(*box[:2], *(box[:2] + box[2:])) if has_box else None,
    )


def _written_size(entry: Any) -> tuple[int, int] | None:
    """(width, height) as the document has it."""
    sides = [entry.get(side) for side in ("img_width", "img_height")]
    known = [int(side) for side in sides if isinstance(side, int | float) and 1 <= side < 1e6]
    return (known[0], known[1]) if len(known) == 2 else None
