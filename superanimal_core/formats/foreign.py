"""A foreign data set on disk -> labels whose images can be opened from the study's directory."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.folder import frame_name, package_of
from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.embedded_pictures import read_embedded
from superanimal_core.formats.listing import root_of
from superanimal_core.media.images import write_image
from superanimal_core.media.video import read_frames
from superanimal_core.pose.labels import Labels
from superanimal_core.tables.atomic import replacing


def read_foreign(dataset: str, path: str, format: str) -> Labels:
    """Parse a data set; `image` becomes a path beside `path`.

    DatasetError when it cannot be, or when two labeled names are one file by a link.
    """
    folder = DiskFolder(path)
    labels = PARSERS[format](dataset, folder)
    located = {str(name): _located(folder, str(name)) for name in np.unique(labels.image)}
    name_of: dict[str, str] = {}
    for name, place in located.items():
        if name_of.setdefault(place, name) != name:
            raise DatasetError(
                f"{folder.where('')}: '{name_of[place]}' and '{name}' are one file by a link, and "
                "both are labeled; remove the labels of one"
            )
    images = np.array([located[str(name)] for name in labels.image], dtype=object)
    return replace(labels, image=images)


def extract_frames(labels: Labels, folder: str | Path) -> Labels:
    """Labels whose video frames (`video#frame=12`) have become pictures in `folder`.

    Every video is decoded once, front to back. Labels of pictures stay as they are; the folder is
    written even when it stays empty. DatasetError when a label names a frame beyond a video's end,
    or when pictures are missing, as in a set of labels only: nothing could be learned from it.
    """
    parts = {str(name): split_frame_name(str(name)) for name in np.unique(labels.image)}
    if missing := missing_pictures(labels):
        raise DatasetError(
            f"{len(missing)} of {len(parts)} labeled pictures are missing: {missing[0]}"
            f"{', …' if len(missing) > 1 else ''}; put them there, or leave this data set out"
        )
    wanted: dict[str, dict[int, str]] = {}
    for name, (video, frame) in parts.items():
        if frame is not None:
            wanted.setdefault(video, {})[frame] = name
    written: dict[str, str] = {}
    with replacing(folder) as temporary:
        temporary.mkdir()
        for number, (video, frames) in enumerate(sorted(wanted.items())):
            for frame, image in _pictures_of(video, max(frames) + 1):
                if frame in frames:
                    picture = f"{number:03d}-{Path(video).stem}-{frame:06d}.jpg"
                    write_image(image, temporary / picture)
                    written[frames[frame]] = str(Path(folder) / picture)
            lost = sorted(frame for frame, name in frames.items() if name not in written)
            if lost:
                raise DatasetError(f"{video}: labels name frame {lost[0]}, beyond the video's end")
    images = np.array([written.get(str(name), str(name)) for name in labels.image], dtype=object)
    return replace(labels, image=images)


def missing_pictures(labels: Labels) -> list[str]:
    """The labeled pictures that are not there."""
    files = {str(name): split_frame_name(str(name)) for name in np.unique(labels.image)}
    return [n for n, (_, frame) in files.items() if frame is None and not Path(n).is_file()]


def name_images(labels: Labels, dataset: str, path: str, frames: str | Path) -> Labels:
    """Labels whose images have the names that tables use (`media.picture_names.picture_path`).

    `path` is the data set's, `frames` the folder into which its videos' frames were extracted. No
    name depends on where either lies.
    """
    root, taken = os.path.realpath(root_of(path)), f"{frames}{os.sep}"
    named = {
        str(image): f"{dataset}#{str(image).removeprefix(taken)}"
        if str(image).startswith(taken)
        else f"{dataset}/{os.path.relpath(str(image), root)}"
        for image in np.unique(labels.image.astype(str))
    }
    return replace(labels, image=np.array([named[str(i)] for i in labels.image], dtype=object))


def _pictures_of(video: str, stop: int) -> Iterator[tuple[int, UInt8[ndarray, "height width 3"]]]:
    """(number, picture) of the frames before `stop`, or of those that a package holds."""
    package = package_of(video)
    if package:
        yield from read_embedded(*package, package[0])
    else:
        yield from enumerate(read_frames(video, stop=stop))


def _located(folder: DiskFolder, name: str) -> str:
    file, frame = split_frame_name(name)
    path = str(folder.path(file))
    return path if frame is None else frame_name(path, frame)
