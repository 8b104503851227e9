"""Limbs taken for each other: where a paw's track follows the paw on the body's other side.

Three signs, weighed along the video by the Viterbi algorithm. Where two tracks jump at once to
where the other one was, they change places. The left paw lies to the left of the right one: in a
top view by the width of the body, in a side view by the little that the far side stands higher. And
exchanged stretches are the shorter ones.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.behavior.kinematics import runs_of

LOOKS = 8.0  # moments of a stride that count as independent
CHANGE_COST = 6.0  # nats for each change of places
STRIDE_COST = 2.0  # nats for each stride time that two limbs are exchanged
MOST_PER_CHANGE = 30.0  # nats that one jump can say
TOGETHER = 0.1  # of the paws' usual distance (its upper quartile in a walk): tracks in one place
MIN_TOGETHER = 0.1  # of a stride; paws that pass each other are so near for less
MIN_TOGETHER_FRAMES = 3
LONGER_STEP = 2.0  # times the other track's: the other one is right
JUMP = 0.3  # of the paws' usual distance: a step that brings one track onto the other
TAIL = 4.0  # degrees of freedom of Student's t of the distance across


def pairs_of(limbs: list[str]) -> list[tuple[int, int]]:
    """Places of the (left, right) limbs that bear the same name otherwise."""
    return [
        (place, limbs.index(name.replace("left", "right")))
        for place, name in enumerate(limbs)
        if "left" in name and name.replace("left", "right") in limbs
    ]


def is_exchanged(
    left_px: Float[ndarray, "frame 2"],
    right_px: Float[ndarray, "frame 2"],
    direction: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
    stride_time_s: float,
    new_animal: Int[ndarray, "exchange"],
) -> Bool[ndarray, "frame"]:
    """True where the two tracks have most likely changed places.

    Unsmoothed positions; NaN where unknown. `direction` is that of travel, NaN where there is none.
    How tracks step to the frames of `new_animal`, where they become another animal's, says nothing.
    """
    if len(time_s) < 2:
        return np.zeros(len(time_s), bool)
    frame_s = float(np.median(np.diff(time_s)))
    is_walking = np.asarray(np.isfinite(direction).all(axis=1))
    share = min(LOOKS * frame_s / stride_time_s, 1.0)
    exchanged = share * _across_nats(left_px - right_px, direction)
    exchanged -= STRIDE_COST * frame_s / stride_time_s
    change = _change_nats(left_px, right_px, is_walking)
    change[new_animal] = 0.0
    return _viterbi(exchanged, change - CHANGE_COST)


def is_same_place(
    left_px: Float[ndarray, "frame 2"],
    right_px: Float[ndarray, "frame 2"],
    is_walking: Bool[ndarray, "frame"],
    time_s: Float[ndarray, "frame"],
    stride_time_s: float,
) -> tuple[Bool[ndarray, "frame"], Bool[ndarray, "frame"]]:
    """Where the left track lies on the right paw, and where the right one lies on the left paw.

    Paws that pass each other are in one place for a moment, tracks of one paw for longer. The track
    that came or left with a long step is the wrong one; both are, where both did. Paws that came
    side by side as paws do are not told.
    """
    apart = np.hypot(*(left_px - right_px).T)
    taken = np.zeros((2, len(time_s)), bool)
    known = apart[np.isfinite(apart) & is_walking]
    if not len(known):
        return taken[0], taken[1]
    usual = float(np.quantile(known, 0.75))
    for start, stop in runs_of(apart < TOGETHER * usual):
        lasting_s = time_s[stop - 1] - time_s[start]
        if stop - start < MIN_TOGETHER_FRAMES or lasting_s < MIN_TOGETHER * stride_time_s:
            continue
        left, right = (_steps_at(track, start, stop) for track in (left_px, right_px))
        taken[0, start:stop] = left > max(right / LONGER_STEP, JUMP * usual)
        taken[1, start:stop] = right > max(left / LONGER_STEP, JUMP * usual)
    return taken[0], taken[1]


def part_together(
    pairs_px: list[tuple[Float[ndarray, "frame 2"], Float[ndarray, "frame 2"]]],
) -> list[float]:
    """For each left and right track in which part of the frames both are in one place.

    In one place by the usual distance of the pair that is farthest apart: two tracks that follow
    one paw throughout have no distance of their own. NaN where they are never both known.
    """
    apart = [np.hypot(*(left - right).T) for left, right in pairs_px]
    known = [each[np.isfinite(each)] for each in apart]
    usual = max((float(np.quantile(each, 0.75)) for each in known if len(each)), default=0.0)
    return [float(np.mean(each < TOGETHER * usual)) if len(each) else np.nan for each in known]


def _steps_at(xy_px: Float[ndarray, "frame 2"], start: int, stop: int) -> float:
    """The longer one of the steps into and out of a stretch of frames."""
    ends = [edge for edge in (start, stop) if 0 < edge < len(xy_px)]
    return max((float(np.hypot(*(xy_px[e] - xy_px[e - 1]))) for e in ends), default=0.0)


def _across_nats(
    apart_px: Float[ndarray, "frame 2"], direction: Float[ndarray, "frame 2"]
) -> Float[ndarray, "frame"]:
    """Log-odds of an exchange from the side on which the left paw lies; 0 where unknown."""
    across = apart_px[:, 0] * direction[:, 1] - apart_px[:, 1] * direction[:, 0]
    known = across[np.isfinite(across)]
    if not len(known):
        return np.zeros(len(across))
    usual = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - usual))) + 1e-6
    straight, other = (np.square((across - side) / spread) for side in (usual, -usual))
    odds = (TAIL + 1) / 2 * (np.log1p(straight / TAIL) - np.log1p(other / TAIL))
    return np.where(np.isfinite(odds), odds, 0.0)


def _change_nats(
    left_px: Float[ndarray, "frame 2"],
    right_px: Float[ndarray, "frame 2"],
    is_walking: Bool[ndarray, "frame"],
) -> Float[ndarray, "frame"]:
    """Log-odds that the tracks change places before each frame, from how far they would move.

    Beside how far they move in a walk: at rest they hardly do, and every step would be a change.
    """
    (left_was, left_ago), (right_was, right_ago) = (_last_known(t) for t in (left_px, right_px))

    def way2(now_px: ndarray, was_px: ndarray) -> ndarray:
        return np.square(now_px[1:] - was_px[:-1]).sum(axis=1)

    stay = way2(left_px, left_was) + way2(right_px, right_was)
    change = way2(left_px, right_was) + way2(right_px, left_was)
    ago = np.maximum(left_ago, right_ago)[:-1]
    known = stay[np.isfinite(stay) & (ago == 1) & is_walking[1:]]
    odds = np.zeros(len(left_px))
    if len(known):
        usual = float(np.quantile(known, 0.9)) / 4 + 1e-6
        nats = (stay - change) / (2 * usual * np.square(ago))
        nats = np.clip(nats, -MOST_PER_CHANGE, MOST_PER_CHANGE)
        odds[1:] = np.where(np.isfinite(nats), nats, 0.0)
    return odds


def _last_known(xy_px: Float[ndarray, "frame 2"]) -> tuple[ndarray, ndarray]:
    """The last known position up to each frame, and how many frames before the next one it was."""
    frame = np.arange(len(xy_px))
    last = np.maximum.accumulate(np.where(np.isfinite(xy_px[:, 0]), frame, -1))
    known = xy_px[np.maximum(last, 0)]
    return np.where(last[:, None] >= 0, known, np.nan), frame - last + 1


def _viterbi(
    exchanged: Float[ndarray, "frame"], change: Float[ndarray, "frame"]
) -> Bool[ndarray, "frame"]:
    """The likeliest sequence of two states; odds of the second one, and of changes between them."""
    first, second = 0.0, float(exchanged[0]) - CHANGE_COST
    came = [(False, False)]  # whether the best way here changed the state
    for gain, odds in zip(change[1:].tolist(), exchanged[1:].tolist(), strict=True):
        came.append((second + gain > first, first + gain > second))
        to_first = second + gain if came[-1][0] else first
        first, second = to_first, (first + gain if came[-1][1] else second) + odds
    now = second > first
    state = []
    for changed in reversed(came):
        state.append(now)
        now ^= changed[now]
    return np.array(state[::-1])
