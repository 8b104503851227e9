"""Keypoint spaces: ordered names, and what is known about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from superanimal_core.errors import DatasetError, first_of

MOST_TOLD = 40  # names in a sentence


@dataclass(frozen=True)
class KeypointSpace:
    """An ordered vocabulary of keypoints.

    `mirror_pairs` are (left, right) names that a mirror image exchanges, `bones` are drawn lines,
    `oks_sigmas` one value per keypoint (COCO's sigma; empty when unknown). Names are unique, pairs
    and bones use known names, and no keypoint is in two pairs; otherwise DatasetError.
    """

    name: str
    keypoints: tuple[str, ...]
    mirror_pairs: tuple[tuple[str, str], ...] = ()
    bones: tuple[tuple[str, str], ...] = ()
    oks_sigmas: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        repeated = sorted({k for k in self.keypoints if self.keypoints.count(k) > 1})
        if repeated:
            raise DatasetError(
                f"keypoint space '{self.name}': {repeated} stand more than once; "
                "names must be unique"
            )
        for first, second in (*self.mirror_pairs, *self.bones):
            self.index(first)
            self.index(second)
        paired = [k for pair in self.mirror_pairs for k in pair]
        if len(set(paired)) != len(paired):
            raise DatasetError(f"keypoint space '{self.name}': a keypoint is in two mirror pairs")
        if self.oks_sigmas and len(self.oks_sigmas) != len(self.keypoints):
            raise DatasetError(
                f"keypoint space '{self.name}': {len(self.oks_sigmas)} oks_sigmas for "
                f"{len(self.keypoints)} keypoints; give one per keypoint or none"
            )

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, keypoint: str) -> int:
        """Position of a keypoint. DatasetError with the nearest known name when there is none."""
        try:
            return self.keypoints.index(keypoint)
        except ValueError:
            raise DatasetError(
                f"keypoint space '{self.name}' has no keypoint '{keypoint}'"
                + did_you_mean(keypoint, self.keypoints)
            ) from None

    def mirror_permutation(self) -> Int[ndarray, "keypoint"]:
        """Index p such that `xy[p]` renames left and right; applied twice it is the identity."""
        permutation = np.arange(len(self))
        for left, right in self.mirror_pairs:
            i, j = self.index(left), self.index(right)
            permutation[i], permutation[j] = j, i
        return permutation


def extend_space(
    base: KeypointSpace,
    name: str,
    keypoints: tuple[str, ...],
    mirror_pairs: tuple[tuple[str, str], ...] = (),
    bones: tuple[tuple[str, str], ...] = (),
    oks_sigmas: tuple[float, ...] = (),
) -> KeypointSpace:
    """A space with the keypoints of another one first, then its own.

    `oks_sigmas` are those of its own keypoints; unless they are known of all, none is. DatasetError
    for a keypoint that the other one has.
    """
    if twice := [keypoint for keypoint in keypoints if keypoint in base.keypoints]:
        raise DatasetError(
            f"'{base.name}' has the keypoint '{twice[0]}' already; a space that extends it lists "
            "its own keypoints only"
        )
    if oks_sigmas and len(oks_sigmas) != len(keypoints):
        raise DatasetError(
            f"{len(oks_sigmas)} oks_sigmas for {len(keypoints)} keypoints of its own"
        )
    is_known = bool(base.oks_sigmas) and len(oks_sigmas) == len(keypoints)
    return KeypointSpace(
        name,
        base.keypoints + keypoints,
        base.mirror_pairs + mirror_pairs,
        base.bones + bones,
        base.oks_sigmas + oks_sigmas if is_known else (),
    )


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that is most like another one, whatever their case; None: none is like it."""
    folded = {each.casefold(): each for each in reversed(known)}
    near = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return word if word in known else folded[near[0]] if near else None


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """'; did you mean X?' for the nearest known word, or a list of known ones when none is near."""
    near = nearest(word, known)
    if near is not None:
        return f"; did you mean '{near}'?"
    return f"; known are {first_of(known, MOST_TOLD)}" if known else ""


def shared_stems(keypoints: Sequence[str], views: Sequence[str]) -> tuple[str, ...]:
    """Those names that exist as `<name>_<view>` for every one of `views` (mirrors in one frame)."""
    first = f"_{views[0]}"
    stems = [name.removesuffix(first) for name in keypoints if name.endswith(first)]
    return tuple(stem for stem in stems if all(f"{stem}_{view}" in keypoints for view in views))
