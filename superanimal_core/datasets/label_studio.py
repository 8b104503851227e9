"""Label Studio's JSON export (full, not JSON-MIN) -> `Labels`.

A list of tasks; each has `data` (the picture's address) and `annotations`, whose `result` is a list
of items. What is used, and how:

* `keypointlabels`: x and y in percent of `original_width` and `original_height`, so positions are
  continuous already. The first of its labels is the keypoint.
* `rectanglelabels`: the animal that its keypoints belong to. They name it by `parentID` or by a
  relation; in a picture with one rectangle, or with none, all keypoints are one animal's.
* A cancelled annotation counts as none; a task that two people annotated is an error, because
  nobody can say who is right. Predictions of a model are not read.
* The picture is looked for by the end of its address, with and without the eight characters that
  an upload puts before the name.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from superanimal_core.datasets.animals import Animal, Box, Point, labels_from_animals
from superanimal_core.datasets.folder import (
    DatasetFolder,
    candidates,
    ends_of,
    find_images,
    joined,
    json_entries,
    parent,
    posix_name,
)
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import Labels, LabelState

_PICTURE = re.compile(r"\.(png|jpe?g|bmp|tiff?|webp)$", re.IGNORECASE)
Item = Mapping[str, Any]


def parse_label_studio(dataset: str, folder: DatasetFolder) -> Labels:
    """All annotated pictures of the exports in a data set. `group` is the folder of the address."""
    listed = json_entries(folder, "task", _is_annotated)
    if not listed:
        raise DatasetError(f"{folder.where('')}: no export of Label Studio (JSON, a list of tasks)")
    tasks = [(place, above, task) for place, above, task in listed if _results(place, task)]
    written = {place: (above, _address(place, task)) for place, above, task in tasks}
    images = find_images(
        folder, {key: _candidates(*key) for key in written.values()}, folder.where("")
    )
    animals = [
        animal
        for place, _, task in tasks
        for animal in _animals(place, _results(place, task), images[written[place]], folder)
    ]
    keypoints = dict.fromkeys(k for animal in animals for k in animal.points)
    return labels_from_animals(dataset, list(keypoints), animals, folder.where(""))


def _is_annotated(task: object) -> bool:
    return isinstance(task, dict) and isinstance(task.get("annotations"), list)


def _results(place: str, task: object) -> list[Item]:
    """The items of the one annotation that counts; empty for a task without keypoints."""
    annotations = task.get("annotations") if isinstance(task, dict) else None
    annotations = annotations if isinstance(annotations, list) else []
    kept = [
        a["result"]
        for a in annotations
        if isinstance(a, dict) and isinstance(a.get("result"), list) and not a.get("was_cancelled")
    ]
    kept = [result for result in kept if any(_kind(item) == "keypointlabels" for item in result)]
    if len(kept) > 1:
        raise DatasetError(f"{place}: annotated {len(kept)} times; keep one annotation")
    return [item for item in kept[0] if isinstance(item, dict)] if kept else []


def _kind(item: object) -> str:
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else ""


def _address(place: str, task: Item) -> str:
    """Where the picture lay: the first value of `data` that names a picture."""
    content = task.get("data")
    values = content.values() if isinstance(content, dict) else []
    for value in values:
        for written in _names_in(value) if isinstance(value, str) else ():
            address = posix_name(written)
            if _PICTURE.search(address) and "\0" not in address:
                return address
    raise DatasetError(f"{place}: 'data' names no picture")


def _names_in(value: str) -> Iterator[str]:
    """What an address may mean: a cloud's or a disk's file in its query, itself, or its path.

    Pictures in a cloud are `/tasks/1/presign/?fileuri=<base64>`, on a disk `?d=<path>`; a signed
    address has its signature behind the name.
    """
    try:
        parts = urlsplit(value)
        query = parse_qs(parts.query)
    except ValueError:  # an address that is none
        parts, query = urlsplit(""), {}
    for uri in query.get("fileuri", []):
        yield uri
        padded = uri.replace(" ", "+") + "=" * (-len(uri) % 4)
        with suppress(ValueError):  # not base64, or no text
            yield base64.b64decode(padded.replace("-", "+").replace("_", "/")).decode()
    yield unquote(value.rpartition("?d=")[2])
    yield unquote(parts.path)


def _candidates(above: str, address: str) -> list[str]:
    """Longer ends of the address first; then without the upload's prefix."""
    folders = [above, joined(above, "images")]
    bare = [re.sub(r"^[0-9a-f]{8}-", "", end) for end in ends_of(address)[-1:]]
    return [*candidates(address, folders), *(joined(f, end) for end in bare for f in folders)]


def _animals(place: str, result: Sequence[Item], image: str, folder: DatasetFolder) -> list[Animal]:
    """The animals of one picture, in the order of their rectangles."""
    boxes = {str(i.get("id")): _box(place, i) for i in result if _kind(i) == "rectanglelabels"}
    owner = {child: box for box, child in _links(result, set(boxes))}
    only = next(iter(boxes)) if len(boxes) == 1 else ""
    points: dict[str, dict[str, Point]] = {box: {} for box in boxes}
    for item in result:
        if _kind(item) != "keypointlabels":
            continue
        parent_id = str(item.get("parentID"))
        of = parent_id if parent_id in boxes else owner.get(str(item.get("id")), only)
        name, point = _point(place, item)
        own = points.setdefault(of, {})
        if name in own:
            raise DatasetError(
                f"{place}: '{name}' stands twice in one animal; draw a rectangle around each "
                "animal and make it the parent of its keypoints"
            )
        own[name] = point
    size = checked_size_px(folder, image, _written_size(place, result), place)
    labeled = [(box, own) for box, own in points.items() if own]
    return [
        Animal(image, size, f"animal{i}", own, parent(image) or image, boxes.get(box))
        for i, (box, own) in enumerate(labeled)
    ]


def _written_size(place: str, result: Sequence[Item]) -> tuple[int, int]:
    """(width, height) of the picture as the items have it. DatasetError for one that was turned."""
    items = [item for item in result if _kind(item) in ("keypointlabels", "rectanglelabels")]
    turned = [item for item in items if item.get("image_rotation")]
    if turned:
        raise DatasetError(
            f"{place}: the picture was turned by {turned[0]['image_rotation']} degrees in the "
            "tool; turn it back there, or turn the picture itself and label it again"
        )
    sizes = {tuple(_size(place, item)) for item in items}
    if len(sizes) > 1:
        raise DatasetError(f"{place}: its items say {len(sizes)} different sizes of the picture")
    width, height = sizes.pop()
    return round(width), round(height)


def _links(result: Sequence[Item], boxes: set[str]) -> list[tuple[str, str]]:
    """(rectangle, keypoint) of every relation, whichever way it was drawn."""
    ends = [(str(i.get("from_id")), str(i.get("to_id"))) for i in result if _kind(i) == "relation"]
    return [(a, b) if a in boxes else (b, a) for a, b in ends if (a in boxes) != (b in boxes)]


def _point(place: str, item: Item) -> tuple[str, Point]:
    (x, y), (width, height) = _numbers(place, item, "x", "y"), _size(place, item)
    names = item["value"].get("keypointlabels")
    name = (
        names[0].strip() if isinstance(names, list) and names and isinstance(names[0], str) else ""
    )
    if not name:
        raise DatasetError(f"{place}: a keypoint has no label")
    return name, (x / 100 * width, y / 100 * height, LabelState.VISIBLE)


def _box(place: str, item: Item) -> Box | None:
    x, y, w, h = _numbers(place, item, "x", "y", "width", "height")
    width, height = _size(place, item)
    box = x / 100 * width, y / 100 * height, (x + w) / 100 * width, (y + h) / 100 * height
    return box if w > 0 and h > 0 else None


def _size(place: str, item: Item) -> list[float]:
    return _plain_numbers(place, item, "original_width", "original_height")


def _numbers(place: str, item: Item, *keys: str) -> list[float]:
    value = item.get("value")
    return _plain_numbers(place, value if isinstance(value, dict) else {}, *keys)


def _plain_numbers(place: str, mapping: Item, *keys: str) -> list[float]:
    values = [mapping.get(key) for key in keys]
    for key, value in zip(keys, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e7:
            raise DatasetError(f"{place}: '{key}' is {str(value)[:40]}; expected a number")
    return [float(v) for v in values if isinstance(v, int | float)]
