"""Which COCO documents of a folder are read, which pictures they mean, which belong together."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from superanimal_core.datasets.folder import (
    DatasetFolder,
    find_images,
    joined,
    parent,
    posix_name,
)
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


def images_of(document: CocoDocument, folder: DatasetFolder) -> dict[Any, CocoImage]:
    """Image id -> picture. DatasetError for an image without id or name, or a name that leaves.

    A set without any of its pictures is read as labels only; a set that lacks some is an error.
    A missing width or height is read from the picture.
    """
    written = _written_names(document)
    candidates = {name: _candidates(document.name, name) for _, name in written.values()}
    first = {n: next((c for c in where if folder.has(c)), None) for n, where in candidates.items()}
    if any(first.values()):
        names = find_images(folder, candidates, document.where)
    else:
        names = {name: where[0] for name, where in candidates.items()}
    groups = _groups(written)
    found = {}
    for key, (entry, name) in written.items():
        size = _written_size(entry) or folder.image_size_px(names[name])
        split = entry.get("split")
        split = split if split in ("train", "test") else document.split
        found[key] = CocoImage(names[name], size, groups[key], split)
    return found


def _written_size(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    """(width, height) as the document has it; None when it is missing or no size."""
    sides = [s for s in (entry.get("width"), entry.get("height")) if isinstance(s, int | float)]
    if len(sides) < 2 or not all(1 <= side < MAX_SIDE_PX for side in sides):
        return None
    return int(sides[0]), int(sides[1])


def _written_names(document: CocoDocument) -> dict[Any, tuple[Mapping[str, Any], str]]:
    """Image id -> (entry, file name with forward slashes)."""
    written: dict[Any, tuple[Mapping[str, Any], str]] = {}
    for position, entry in enumerate(document.content["images"]):
        place = f"{document.where}: images[{position}]"
        key, name = (entry.get(k) if isinstance(entry, dict) else None for k in ("id", "file_name"))
        if not isinstance(key, int | str) or not isinstance(name, str) or not name.strip():
            raise DatasetError(f"{place}: needs an 'id' (a number) and a 'file_name'")
        name = posix_name(name)
        if ".." in name.split("/") or "\0" in name:
            raise DatasetError(f"{place}: file_name '{name}' leaves the data set's folder")
        if key in written and written[key][1] != name:
            raise DatasetError(
                f"{place}: id {key} stands for '{written[key][1]}' and for '{name}'; "
                "ids must be unique"
            )
        written[key] = (entry, name)
    return written


def _candidates(document: str, written: str) -> list[str]:
    """Where a picture may lie: beside the document, in the root, or in their `images/`."""
    if written.startswith("/") or re.match(r"^[A-Za-z]:/", written):  # somebody's own computer
        parts = written.split("/")
        written = "/".join(parts[parts.index("images") :] if "images" in parts else parts[-1:])
    beside = parent(document)
    stem = document.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    above = [beside, joined(beside, "images"), "", "images", f"images/{stem}"]
    return list(dict.fromkeys(joined(folder, written) for folder in above))


def _groups(written: Mapping[Any, tuple[Mapping[str, Any], str]]) -> dict[Any, str]:
    """What a split must not tear apart: image id -> group.

    The video where the document names one; else the folder of the file name; else, when all
    pictures lie in one folder, the name without the digits at its end (`mouse3_0042.png` ->
    `mouse3`), unless one such prefix covers more than `MOST` of the pictures. Where none of these
    tells pictures apart, each is its own group.
    """
    videos = {key: _video(entry) for key, (entry, _) in written.items()}
    folders = {key: parent(name) for key, (_, name) in written.items()}
    prefixes = {key: _prefix(name) for key, (_, name) in written.items()}
    if written and None not in videos.values():
        return {key: str(video) for key, video in videos.items()}
    if len(set(folders.values())) > 1:
        return folders
    count = Counter(prefixes.values())
    if None not in count and max(count.values(), default=0) <= MOST * len(written):
        return {key: str(prefix) for key, prefix in prefixes.items()}
    return {key: name for key, (_, name) in written.items()}


def _video(entry: Mapping[str, Any]) -> str | None:
    value = next((entry[k] for k in _VIDEO_KEYS if k in entry), None)
    return str(value) if isinstance(value, int | str) else None


def _prefix(name: str) -> str | None:
    """File name without its suffix and the digits at its end; None when nothing is left."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"[\s_.\-]*(frame|img|image)?[\s_.\-]*[0-9]+$", "", stem) or None
