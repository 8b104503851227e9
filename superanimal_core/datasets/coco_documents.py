"""Which COCO documents of a folder are read, which pictures they mean, which belong together."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from superanimal_core.datasets.folder import (
    PICTURES,
    DatasetFolder,
    Written,
    candidates,
    ends_of,
    find_images,
    joined,
    locate,
    parent,
    posix_name,
)
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.errors import DatasetError

_VIDEO_KEYS = ("video", "video_id", "video_name", "vid_id")
MAX_SIDE_PX = 1_000_000
MOST = 0.9  # a file name's prefix that covers more pictures than that tells nothing apart
_SPLIT_WORD = re.compile(r"(?<![a-z])(train|test|val)", re.IGNORECASE)


@dataclass(frozen=True)
class CocoDocument:
    """One COCO keypoint document: its name, what messages call it, its split, and its content."""

    name: str
    where: str
    split: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class WrittenImage:
    """An image as a document has it: its entry, and its file name with forward slashes."""

    entry: Mapping[str, Any]
    name: str


@dataclass(frozen=True)
class CocoImage:
    """One picture of a document: its path in the data set, (width, height), group and split."""

    name: str
    size_px: tuple[int, int]
    group: str
    split: str


def read_coco_documents(folder: DatasetFolder) -> list[CocoDocument]:
    """The COCO documents of a data set with the split that their names say.

    Looks in `annotations/`, else in the root. Other JSON files (no images, annotations and
    categories) are passed over unless nothing else is there.
    """
    names = folder.names("annotations/*.json") or [
        n for n in folder.names("*.json") if "/" not in n
    ]
    if not names:
        raise DatasetError(f"{folder.where('')}: no COCO document (*.json or annotations/*.json)")
    contents = {name: folder.json(name) for name in names}
    coco = {name: c for name, c in contents.items() if isinstance(c, dict) and _has_parts(c)}
    if not coco:
        raise DatasetError(
            f"{folder.where(names[0])}: not a COCO keypoint document; it needs the lists 'images', "
            "'annotations' and 'categories'"
        )
    splits = {next(iter(coco)): ""} if len(coco) == 1 else _splits(list(coco), folder.where(""))
    return [CocoDocument(n, folder.where(n), splits[n], c) for n, c in coco.items()]


def _has_parts(content: dict[str, Any]) -> bool:
    return all(isinstance(content.get(k), list) for k in ("images", "annotations", "categories"))


def _splits(names: list[str], where: str) -> dict[str, str]:
    """Split of each of several documents. DatasetError when the names do not say it."""
    words = {}
    for name in names:
        found = {w.lower() for w in _SPLIT_WORD.findall(name.rsplit("/", 1)[-1])}
        words[name] = found.pop() if len(found) == 1 else ""
    said = list(words.values())
    if "" in said or len(set(said)) < len(said):
        raise DatasetError(
            f"{where}: {len(names)} COCO documents ({', '.join(names[:6])}); one of each train, "
            "val and test can be read together, otherwise name one file in `path`"
        )
    validation = "train" if "test" in said else "test"
    return {n: {"train": "train", "test": "test", "val": validation}[w] for n, w in words.items()}


def value_of(entry: Mapping[str, Any], key: str) -> Any:
    """A value as it was meant: documents that went through pandas have ids such as 3.0, and NaN
    where there is nothing."""
    value = entry.get(key)
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    return value


def number_of(entry: Mapping[str, Any], key: str, place: str) -> float | None:
    """A number, also one that is written as text; None where there is nothing.

    DatasetError, with `place`, for what is no number.
    """
    value = value_of(entry, key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise DatasetError(f"{place}: {key} is {value!r:.40}; expected a number")
    return number


def id_of(entry: Mapping[str, Any], key: str) -> str | None:
    """An id as text, whether it is written as 3, 3.0 or "3"; None where there is none."""
    value = value_of(entry, key)
    return str(value) if isinstance(value, int | str) else None


def images_of(
    documents: Sequence[CocoDocument], used: Sequence[Set[str]], folder: DatasetFolder
) -> list[dict[str, CocoImage]]:
    """For each document: image id -> picture, for the images that carry a label (`used`).

    A set without any of its pictures is read as labels only, in the sizes that the document says;
    a set that lacks some is an error. DatasetError for an image without id or name, a name that
    leaves, two names that lead to one picture, or a picture of another size than the document's.
    """
    every = [_written_images(document) for document in documents]
    wanted: dict[Written, list[str]] = {}
    for document, written, ids in zip(documents, every, used, strict=True):
        for name in (image.name for key, image in written.items() if key in ids):
            wanted[document.name, name] = candidates(name, _places(document.name))
    where = documents[0].where if len(documents) == 1 else folder.where("")
    found = locate(folder, wanted, where)
    has_pictures = any(found.values()) or any(
        name.lower().endswith(PICTURES) for name in folder.files("*")
    )
    names = find_images(folder, wanted, where) if has_pictures else {}
    return [
        {
            key: _image(document, folder, written[key], group, names)
            for key, group in _groups(written).items()
            if key in ids
        }
        for document, written, ids in zip(documents, every, used, strict=True)
    ]


def _image(
    document: CocoDocument,
    folder: DatasetFolder,
    written: WrittenImage,
    group: str,
    names: Mapping[Written, str],
) -> CocoImage:
    """One picture; `names` is empty for a set of labels only."""
    entry, name = written.entry, written.name
    split = entry.get("split")
    split = split if split in ("train", "test") else document.split
    size = _written_size(entry, f"{document.where}: image '{name}'")
    if names:
        found = names[document.name, name]
        size = checked_size_px(folder, found, size, f"{document.where}: '{name}'")
        return CocoImage(found, size, group, split)
    invented = joined(parent(document.name), ends_of(name)[0])
    return CocoImage(invented, size or folder.image_size_px(invented), group, split)


def _written_size(entry: Mapping[str, Any], place: str) -> tuple[int, int] | None:
    """(width, height) as the document has it; None when it is missing or no size."""
    width, height = (number_of(entry, key, place) or 0 for key in ("width", "height"))
    is_size = 1 <= width < MAX_SIDE_PX and 1 <= height < MAX_SIDE_PX
    return (int(width), int(height)) if is_size else None


def _written_images(document: CocoDocument) -> dict[str, WrittenImage]:
    """Image id -> what the document says of it."""
    written: dict[str, WrittenImage] = {}
    for position, entry in enumerate(document.content["images"]):
        place = f"{document.where}: images[{position}]"
        entry = entry if isinstance(entry, dict) else {}
        key, name = id_of(entry, "id"), entry.get("file_name")
        if key is None or not isinstance(name, str) or not name.strip():
            raise DatasetError(f"{place}: needs an 'id' (a number) and a 'file_name'")
        name = posix_name(name)
        if ".." in name.split("/") or not ends_of(name):
            raise DatasetError(f"{place}: file_name '{name}' leaves the data set's folder")
        if key in written and written[key].name != name:
            raise DatasetError(
                f"{place}: id {key} stands for '{written[key].name}' and for '{name}'; "
                "ids must be unique"
            )
        written[key] = WrittenImage(entry, name)
    return written


def _places(document: str) -> list[str]:
    """Folders in which a picture may lie: the document's, the root, or their `images/`."""
    beside = parent(document)
    stem = document.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return list(dict.fromkeys([beside, joined(beside, "images"), "", "images", f"images/{stem}"]))


def _groups(written: Mapping[str, WrittenImage]) -> dict[str, str]:
    """What a split must not tear apart: image id -> group.

    The video where the document names one; else the folder of the file name; else, when all
    pictures lie in one folder, the name without the digits at its end (`mouse3_0042.png` ->
    `mouse3`), unless one such prefix covers more than `MOST` of the pictures. Where none of these
    tells pictures apart, each is its own group.
    """
    videos = {key: _video(image.entry) for key, image in written.items()}
    folders = {key: parent(image.name) for key, image in written.items()}
    prefixes = {key: _prefix(image.name) for key, image in written.items()}
    if written and None not in videos.values():
        return {key: str(video) for key, video in videos.items()}
    if len(set(folders.values())) > 1:
        return folders
    count = Counter(prefixes.values())
    if None not in count and max(count.values(), default=0) <= MOST * len(written):
        return {key: str(prefix) for key, prefix in prefixes.items()}
    return {key: image.name for key, image in written.items()}


def _video(entry: Mapping[str, Any]) -> str | None:
    return next((found for k in _VIDEO_KEYS if (found := id_of(entry, k)) is not None), None)


def _prefix(name: str) -> str | None:
    """File name without its suffix and the digits at its end; None when nothing is left."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"[\s_.\-]*(frame|img|image)?[\s_.\-]*[0-9]+$", "", stem) or None
