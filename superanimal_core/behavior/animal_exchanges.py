"""Animals taken for each other: moments at which the tracks of two animals change places.

What says it is the way from one animal to the other, keypoint by keypoint. However fast both go,
and side by side, it turns slowly; when the tracks change places it is suddenly the opposite.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

OPPOSITE = 0.25  # of the change of the way, squared: so near the new way lies to the opposite one
APART = 0.1  # body lengths from one animal to the other; so near they may walk past each other
MIN_KEYPOINTS = 3  # that say so


@dataclass(frozen=True)
class AnimalExchanges:
    """Exchanges of one animal with others, in order: the last frame before, the first one after.

    `step_px` is how far its track stepped, without what the animals themselves moved.
    """

    before: Int[ndarray, "exchange"]
    after: Int[ndarray, "exchange"]
    step_px: Float[ndarray, "exchange 2"]

    def lie_within(
        self,
        start_s: Float[ndarray, "stride"],
        stop_s: Float[ndarray, "stride"],
        time_s: Float[ndarray, "frame"],
    ) -> Bool[ndarray, "stride"]:
        """Whether there is one between each start and stop."""
        begins, is_over = time_s[self.before], time_s[self.after]
        within = (start_s[:, None] < is_over) & (stop_s[:, None] > begins)
        return np.asarray(within.any(axis=1))

    def without_steps(
        self, xy_px: Float[ndarray, "frame keypoint 2"]
    ) -> Float[ndarray, "frame keypoint 2"]:
        """The animal's track as if the other one had gone on where it was: the body does not step.

        Its limbs do: they are those of another animal.
        """
        step = np.zeros((len(xy_px), 1, 2))
        np.add.at(step[:, 0], self.after, self.step_px)
        return xy_px - np.cumsum(step, axis=0)


def find_animal_exchanges(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    individual: int,
    time_s: Float[ndarray, "frame"],
    *,
    body_length_px: float,
    most_apart_s: float,
) -> AnimalExchanges:
    """When the track of this animal and that of another one change places.

    Unsmoothed positions; NaN where unknown. A keypoint that was not known for longer than
    `most_apart_s` says nothing: in that time animals do change places.
    """
    found: dict[int, tuple[int, ndarray]] = {}
    for other in range(xy_px.shape[1]):
        if other != individual:
            way_px = xy_px[:, individual] - xy_px[:, other]
            found |= _exchanges(way_px, time_s, body_length_px, most_apart_s)
    after = np.array(sorted(found), dtype=np.int64)
    before = np.array([found[frame][0] for frame in after], dtype=np.int64)
    steps = [found[frame][1] for frame in after]
    return AnimalExchanges(before, after, np.array(steps, dtype=np.float64).reshape(-1, 2))


def _exchanges(
    way_px: Float[ndarray, "frame keypoint 2"],
    time_s: Float[ndarray, "frame"],
    body_length_px: float,
    most_apart_s: float,
) -> dict[int, tuple[int, Float[ndarray, "2"]]]:
    """By first frame after it: the last frame before, and half of how the ways change.

    An exchange is where most of the ways between two animals are suddenly the opposite.
    """
    known = np.asarray(np.isfinite(way_px).all(axis=2))
    last = np.maximum.accumulate(np.where(known, np.arange(len(known))[:, None], -1), axis=0)
    ago = np.concatenate([np.full((1, known.shape[1]), -1), last[:-1]])
    was_px = np.take_along_axis(way_px, np.maximum(ago, 0)[..., None], axis=0)
    says = known & (ago >= 0) & (time_s[:, None] - time_s[ago] <= most_apart_s)
    with np.errstate(invalid="ignore"):
        change = np.square(way_px - was_px).sum(axis=2)
        is_opposite = np.square(way_px + was_px).sum(axis=2) < OPPOSITE * change
        is_opposite &= says & (change > np.square(2 * APART * body_length_px))
    many = np.maximum(says.sum(axis=1) / 2, MIN_KEYPOINTS - 1)
    return {
        int(at): (
            int(ago[at, is_opposite[at]].max()),
            np.median((way_px - was_px)[at, is_opposite[at]], axis=0) / 2,
        )
        for at in np.flatnonzero(is_opposite.sum(axis=1) > many)
    }
