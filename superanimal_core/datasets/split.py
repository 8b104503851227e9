"""Which labels are held out: by group, or by time within one video.

Frames of one recording look alike, so a random split measures memory. A split by group never tears
a video (or an animal) apart; a split by time holds out the end of it. Both are functions of names
alone: the same labels give the same split on every machine and in every order of rows.

Animals that have a split already keep it; only those with '' are divided.
"""

import hashlib
import re
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Shaped
from numpy import ndarray

from superanimal_core.pose.labels import Labels


def split_by_group(labels: Labels, test_fraction: float, seed: int) -> Labels:
    """Labels with `split` 'train' or 'test', whole groups at a time.

    Groups are ordered by a hash of source, group and seed; as many of the first ones are held out
    as come nearest to `test_fraction` of the animals: at least one group, never all. A set with a
    single group is split by time instead (`split_by_time`).
    """
    is_open = labels.split == ""
    keys = [f"{s}\0{g}" for s, g in zip(labels.source, labels.group, strict=True)]
    groups, inverse = np.unique(np.array(keys, dtype=object)[is_open], return_inverse=True)
    if len(groups) < 2:
        return split_by_time(labels, test_fraction)
    order = np.argsort([stable_hash(key, seed) for key in groups])
    if test_fraction <= 0:
        return _with_test(labels, np.zeros(len(labels), dtype=bool))
    animals = np.cumsum(np.bincount(inverse, minlength=len(groups))[order])
    target = test_fraction * animals[-1]
    held_out = 1 + int(np.argmin(np.abs(animals[:-1] - target)))
    is_test = np.zeros(len(labels), dtype=bool)
    is_test[is_open] = np.isin(inverse, order[:held_out])
    return _with_test(labels, is_test)


def split_by_time(labels: Labels, test_fraction: float) -> Labels:
    """Labels with the last images of every group held out, in the natural order of their names.

    `img9` comes before `img10`. All animals of an image are on one side; a group of one image is
    trained on.
    """
    is_test = np.zeros(len(labels), dtype=bool)
    is_open = labels.split == ""
    keys = np.array(
        [f"{s}\0{g}" for s, g in zip(labels.source, labels.group, strict=True)], dtype=object
    ).reshape(len(labels))
    for key in np.unique(keys[is_open]):
        rows = np.flatnonzero((keys == key) & is_open)
        images = sorted(set(labels.image[rows]), key=natural_key)
        kept = len(images) - round(test_fraction * len(images))
        held_out = set(images[max(1, min(kept, len(images) - (test_fraction > 0))) :])
        is_test[rows] = [image in held_out for image in labels.image[rows]]
    return _with_test(labels, is_test)


def natural_key(name: str) -> tuple[tuple[str, int], ...]:
    """Sort key under which numbers inside a name count as numbers."""
    return tuple(
        (text, int(digits) if digits else -1)
        for text, digits in re.findall(r"([^0-9]*)([0-9]{0,18})", name)
    )


def _with_test(labels: Labels, is_test: Bool[ndarray, "animal"]) -> Labels:
    """Labels in which every open split is closed."""
    divided: Shaped[ndarray, "animal"] = np.where(is_test, "test", "train").astype(object)
    return replace(labels, split=np.where(labels.split == "", divided, labels.split))


def stable_hash(key: str, seed: int) -> int:
    """A number from a text, the same on every machine, unlike Python's own hash."""
    digest = hashlib.blake2b(f"{seed}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def _by_time(labels: Labels, test_fraction: float, seed: int) -> Labels:
    del seed  # time has one order
    return split_by_time(labels, test_fraction)


SPLITS = {"group": split_by_group, "time": _by_time}
