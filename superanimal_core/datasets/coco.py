"""COCO keypoint documents -> `Labels` (the way back: `write_coco`).

Lin et al. 2014 and cocodataset.org, "Data format": `images`, `annotations` with `keypoints` as
x, y, v triples, `categories` with the keypoint names. What real documents add to that, and what is
done with it:

* v: 0 NOT_LABELED (whatever x and y say), 1 OCCLUDED, 2 VISIBLE; -1 NOT_IN_DATASET, as merged
  SuperAnimal sets write it. A keypoint at x = 0 with v > 0 is a keypoint.
* Positions have pixel centers at whole numbers, so 0.5 is added; boxes (x, y, width, height) are
  continuous already. A box without area is unknown. Boxes are taken as they come: `audit` finds
  those that do not fit their points.
* Categories with the same names share them (AP-10K: 54 species). Categories with different names
  give the union, in order of first appearance; what a category lacks is NOT_IN_DATASET.
* Numbers may be text (`iscrowd` "0", `width` "640"); what is no number is an error.
* `iscrowd` annotations and those of categories without keypoints are no animals with keypoints.
* An annotation of an unknown category is accepted when all categories have the same keypoints
  (Animal Kingdom); otherwise nobody can name its keypoints.
* Names are stripped of blanks at both ends. Ids may be written as 3, 3.0 or "3"; NaN is nothing.
* Pictures without labels need not be there. Where not one labeled keypoint is in a document, that
  is an error.
* A folder may hold several documents when their names say train, test or val; then they give the
  split (val is 'train' beside a test document, else 'test').
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.datasets.coco_documents import (
    CocoDocument,
    CocoImage,
    id_of,
    images_of,
    number_of,
    read_coco_documents,
    value_of,
)
from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels, string_array

Names = tuple[str, ...]


class Animal(NamedTuple):
    """An annotation, its place in the document, and the names of its keypoints."""

    position: int
    entry: Mapping[str, Any]
    names: Names


_STATE_OF_V = np.array(
    [LabelState.NOT_IN_DATASET, LabelState.NOT_LABELED, LabelState.OCCLUDED, LabelState.VISIBLE],
    dtype=np.int64,
)  # at v + 1


def parse_coco(dataset: str, folder: DatasetFolder) -> Labels:
    """All animals of a COCO data set (folder or one document) in its own keypoints.

    `group` is the video where the document names one, else the folder of the file name, else the
    file name without the digits at its end, else the picture itself. DatasetError names the
    document and the annotation.
    """
    documents = read_coco_documents(folder)
    categories = [_categories(document) for document in documents]
    names = dict.fromkeys(k for part in categories for names in part.values() for k in names)
    if not names:
        raise DatasetError(f"{documents[0].where}: no category has 'keypoints' (their names)")
    space = KeypointSpace(dataset, tuple(names))
    animals = [_animals(*both) for both in zip(documents, categories, strict=True)]
    used = [{str(id_of(animal.entry, "image_id")) for animal in own} for own in animals]
    images = images_of(documents, used, folder)
    labels = concatenate_labels(
        [
            _labels_of_document(space, dataset, *parts)
            for parts in zip(documents, animals, images, strict=True)
        ]
    )
    if not labels.is_located.any():
        raise DatasetError(
            f"{documents[0].where}: not one labeled keypoint in {len(labels)} annotations (v above "
            "0 in 'keypoints')"
        )
    return labels


def _categories(document: CocoDocument) -> dict[str, Names]:
    """Category id -> keypoint names, for the categories that have any."""
    found: dict[str, Names] = {}
    first: dict[str, int] = {}
    for position, category in enumerate(document.content["categories"]):
        place = f"{document.where}: categories[{position}]"
        key = id_of(category, "id") if isinstance(category, dict) else None
        if key is None:
            raise DatasetError(f"{place}: needs an 'id'")
        names = value_of(category, "keypoints") or []
        if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
            raise DatasetError(f"{place}: 'keypoints' must be a list of names")
        names = tuple(name.strip() for name in names)
        if len(set(names)) < len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise DatasetError(f"{place}: the keypoint '{twice}' stands twice; names are unique")
        earlier = first.setdefault(key, position)
        if earlier != position and names != found.get(key, ()):
            raise DatasetError(
                f"{place}: id {key} is that of categories[{earlier}], which has other 'keypoints', "
                "or in another order; ids must be unique"
            )
        if names:
            found[key] = names
    return found


def _labels_of_document(
    space: KeypointSpace,
    dataset: str,
    document: CocoDocument,
    animals: Sequence[Animal],
    images: Mapping[str, CocoImage],
) -> Labels:
    n = len(animals)
    image = [images[str(id_of(a.entry, "image_id"))] for a in animals]
    triples = np.full((n, len(space), 3), [np.nan, np.nan, -1.0])
    for names in dict.fromkeys(a.names for a in animals):
        rows = [i for i, a in enumerate(animals) if a.names == names]
        columns = [space.index(name) for name in names]
        triples[np.ix_(rows, columns)] = _triples([animals[i] for i in rows], names, document.where)
    state = _STATE_OF_V[triples[..., 2].astype(np.int64) + 1]
    xy = triples[..., :2] + 0.5
    xy[state < LabelState.OCCLUDED] = np.nan
    return Labels(
        space=space,
        source=string_array([dataset] * n),
        image=string_array([i.name for i in image]),
        image_size_px=np.array([i.size_px for i in image], dtype=np.int64).reshape(n, 2),
        individual=string_array(_individuals([i.name for i in image], [a.entry for a in animals])),
        group=string_array([i.group for i in image]),
        split=string_array([i.split for i in image]),
        box_xyxy_px=_boxes(animals, document.where),
        xy_px=xy,
        state=state,
        score=_scores(space, animals, document.where),
    )


def _animals(document: CocoDocument, categories: Mapping[str, Names]) -> list[Animal]:
    """(position, annotation, keypoint names) of the annotations that are animals with keypoints."""
    shared = set(categories.values())
    known = {id_of(c, "id") for c in document.content["categories"]}
    images = {id_of(i, "id") for i in document.content["images"] if isinstance(i, dict)}
    animals: list[Animal] = []
    for position, entry in enumerate(document.content["annotations"]):
        place = f"{document.where}: annotations[{position}]"
        if not isinstance(entry, dict):
            raise DatasetError(f"{place}: not an object")
        image, category = id_of(entry, "image_id"), id_of(entry, "category_id")
        if image is None or image not in images:
            raise DatasetError(
                f"{place}: image_id {_short(entry.get('image_id'))} is not among the images"
            )
        if number_of(entry, "iscrowd", place):
            continue
        names = categories.get(category) if category is not None else None
        if names is None and category is not None and category in known:
            continue
        if names is None and len(shared) != 1:
            raise DatasetError(
                f"{place}: category_id {_short(entry.get('category_id'))} is not among the "
                f"categories, which have {len(shared)} different lists of keypoints"
            )
        animals.append(Animal(position, entry, names or next(iter(shared))))
    return animals


def _triples(
    animals: Sequence[Animal], names: Names, where: str
) -> Float[ndarray, "animal keypoint 3"]:
    """x, y, v of annotations that share their keypoint names. DatasetError names the annotation."""
    flat = [value_of(a.entry, "keypoints") or [0] * (3 * len(names)) for a in animals]
    try:
        triples = np.array(flat, dtype=np.float64).reshape(len(animals), len(names), 3)
    except (ValueError, TypeError, OverflowError):
        triples = np.stack(
            [_triple(row, names, where, a.position) for row, a in zip(flat, animals, strict=True)]
        )
    v = triples[..., 2]
    bad = ~np.isin(v, (-1, 0, 1, 2)) | ((v > 0) & ~np.isfinite(triples).all(axis=2))
    if bad.any():
        row, keypoint = np.argwhere(bad)[0]
        x, y, v = triples[row, keypoint]
        raise DatasetError(
            f"{where}: annotations[{animals[row].position}]: keypoint '{names[keypoint]}' is "
            f"({x:g}, {y:g}, {v:g}); expected finite x and y, and v one of -1, 0, 1, 2"
        )
    return triples


def _triple(row: object, names: Names, where: str, position: int) -> Float[ndarray, "keypoint 3"]:
    try:
        return np.array(row, dtype=np.float64).reshape(len(names), 3)
    except (ValueError, TypeError, OverflowError):
        found = f"{len(row)} values" if isinstance(row, list) else f"{_short(row)}"
        raise DatasetError(
            f"{where}: annotations[{position}]: 'keypoints' has {found}; expected "
            f"{3 * len(names)} numbers (x, y, v for each of {len(names)} keypoints)"
        ) from None


def _boxes(animals: Sequence[Animal], where: str) -> Float[ndarray, "animal 4"]:
    """xyxy boxes; NaN where an annotation has none, one without area, or a derived one."""
    boxes = np.full((len(animals), 4), np.nan)
    for row, (position, entry, _) in enumerate(animals):
        written = value_of(entry, "bbox")
        if not written or entry.get("bbox_from_keypoints"):
            continue
        try:
            box = np.array(written, dtype=np.float64).reshape(4)
        except (ValueError, TypeError, OverflowError):
            raise DatasetError(
                f"{where}: annotations[{position}]: bbox {_short(written)}; expected four numbers "
                "(x, y, width, height)"
            ) from None
        if np.isfinite(box).all() and (box[2:] > 0).all():
            boxes[row] = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
    return boxes


def _scores(
    space: KeypointSpace, animals: Sequence[Animal], where: str
) -> Float[ndarray, "animal keypoint"]:
    """1 for hand labels; otherwise what `write_coco` wrote."""
    score = np.ones((len(animals), len(space)))
    for row, (position, entry, names) in enumerate(animals):
        written = value_of(entry, "label_scores")
        if written is None:
            continue
        try:
            own = np.array(written, dtype=np.float64).reshape(len(names))
        except (ValueError, TypeError, OverflowError):
            own = np.full(1, np.nan)
        if not ((own >= 0) & (own <= 1)).all():
            raise DatasetError(
                f"{where}: annotations[{position}]: label_scores must be {len(names)} numbers "
                "between 0 and 1"
            )
        score[row, [space.index(name) for name in names]] = own
    return score


def _individuals(images: Sequence[str], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """animal0, animal1, … in each picture, or the name that `write_coco` wrote."""
    count: Counter[str] = Counter()
    names = []
    for image, entry in zip(images, entries, strict=True):
        written = entry.get("individual")
        names.append(written if isinstance(written, str) else f"animal{count[image]}")
        count[image] += 1
    return names


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"
