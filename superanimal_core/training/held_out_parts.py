"""Which frames of labeled behavior are held out together: animals, or blocks of one animal's time.

Neighboring frames are copies of each other, so that single frames say nothing about new ones.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError

BLOCKS_PER_FOLD = 1  # of one animal: more blocks lose more frames at their edges


def parts_of(
    animals: Sequence[str], time_s: Sequence[Float[ndarray, "_frame"]], folds: int
) -> tuple[list[Int[ndarray, "_frame"]], str]:
    """The part that each frame of each recording belongs to, and what the parts are.

    Of several animals each part is some whole animals, at most `folds` parts. Of one animal it is
    blocks of time.
    """
    names = list(dict.fromkeys(animals))
    if len(names) > 1:
        place = {name: i % folds for i, name in enumerate(names)}
        parts = [np.full(len(t), place[a]) for a, t in zip(animals, time_s, strict=True)]
        return parts, "animals"
    parts = [np.arange(len(t)) * BLOCKS_PER_FOLD * folds // max(len(t), 1) % folds for t in time_s]
    return parts, "blocks of time"


def to_learn_from(part: Int[ndarray, "frame"], held_out: int, margin: int) -> Int[ndarray, "some"]:
    """Frames of a recording outside a part, and further than `margin` frames from it."""
    inside = np.concatenate([[0], np.cumsum(part == held_out)])
    first = np.maximum(np.arange(len(part)) - margin, 0)
    stop = np.minimum(np.arange(len(part)) + margin + 1, len(part))
    return np.flatnonzero(inside[stop] == inside[first])


def check_bouts(behavior: str, bouts_in_part: Int[ndarray, "part"], what: str, fewest: int) -> None:
    """SuperAnimalError where a behavior has too few bouts to be learned and judged."""
    total = int(bouts_in_part.sum())
    if total < fewest:
        raise SuperAnimalError(
            f"the behavior '{behavior}' has {total} bouts in all labels; at least {fewest} are "
            "needed (classifiers: min_bouts): mark more, or take it out of 'behaviors'"
        )
    if (bouts_in_part > 0).sum() < 2:
        raise SuperAnimalError(
            f"all {total} bouts of the behavior '{behavior}' are in one part of the labels "
            f"({what}), so that nothing is left to judge it by: mark it in another one, too"
        )


def check_classes(label: Int[ndarray, "frame"], behaviors: Sequence[str]) -> None:
    """SuperAnimalError where a class has no frame to learn from; class 0 is none of the behaviors.

    Frames beside a part that is left out are not learned, and neither are all neighbors of a frame.
    """
    for number, behavior in enumerate(("", *behaviors)):
        if not (label == number).any():
            what = f"'{behavior}'" if behavior else "none of the behaviors"
            raise SuperAnimalError(
                f"where one part of the labels is left out, no frame that shows {what} is left to "
                "learn from: mark more of it, in several animals or at several times"
            )
