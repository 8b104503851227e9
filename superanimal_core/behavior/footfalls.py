"""Footfalls: when each foot lifts and strikes.

Turns of the paw beside the body say which swings there are (`swings`), the animal's one stride time
which of them cannot be, and a model of the swing over the ground when it begins and ends
(`swing_fit`). Everything is in parts of a stride: no threshold in cm/s, none in frames, and the
same code for a mouse, a horse and either direction. Terms: Hildebrand; Bellardita & Kiehn 2015.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.behavior.animal_exchanges import AnimalExchanges
from superanimal_core.behavior.exchanges import pairs_of, part_together
from superanimal_core.behavior.swing_fit import SwingFit, Windows, fit_swings
from superanimal_core.behavior.swings import (
    Swings,
    drop_double_strikes,
    find_swings,
    stride_time_s,
)
from superanimal_core.behavior.tracks import (
    apart_from_others,
    find_exchanges,
    find_taken,
    mended_px,
    raw_xy_px,
    seen_xy_px,
)
from superanimal_core.behavior.travel import (
    MAX_GAP,
    Travel,
    body_length_px,
    bridged_px,
    known_columns,
    measure_travel,
)
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

FIRST_WINDOW_S = 0.3  # for the body's speed, until the animal's stride time is known
MARGIN = 0.5  # of a stride: so long before the body gets going a foot may lift, and after
TOO_LONG_TOGETHER = 0.5  # part of the frames: no two paws walk side by side for so long
TOLD = 0.01  # part of the frames from which on a limb is told to be taken for another
FLANKS = 1.6  # a swing lasts so many times as long as the middle eight tenths of its way
STANDS_BESIDE = 0.5  # of a stride: how far a swing's window reaches into the stances beside it


@dataclass(frozen=True)
class Footfalls:
    """Swings of one limb in order of time: lift-off and the strike that ends it.

    Times lie between frames. `run` numbers the uninterrupted walks: two swings belong to the same
    stride only within one. `way_px` is that from one foothold to the next, along the direction of
    travel, and `period_s` the animal's stride time around each. NaN where no time can be told.
    """

    lift_s: Float[ndarray, "swing"]
    strike_s: Float[ndarray, "swing"]
    run: Int[ndarray, "swing"]
    way_px: Float[ndarray, "swing"]
    period_s: Float[ndarray, "swing"]


@dataclass(frozen=True)
class Walk:
    """One animal's travel, its paws as they were used, and their footfalls, by limb.

    `xy_px` is NaN where a paw was not seen, or where its position is a jump that no animal makes.
    Where `is_exchanged`, it is what the track of the limb beside it said; where `is_taken`, the
    track lay on the paw beside it, and nothing is known. `animals` are the moments at which the
    whole track became another animal's; it is shifted from there on, so that the body goes on.
    """

    travel: Travel
    xy_px: Float[ndarray, "limb frame 2"]
    is_exchanged: Bool[ndarray, "limb frame"]
    is_taken: Bool[ndarray, "limb frame"]
    footfalls: list[Footfalls]
    animals: AnimalExchanges


def detect_footfalls(poses: SmoothedPoses, individual: int, settings: StrideSettings) -> Walk:
    """Travel and footfalls of all limbs of an animal that the space has, in the order of `limbs`.

    No strike or lift is told where the animal pauses, within a gap, or beside a gap of more than a
    quarter of a stride.
    """
    time_s = poses.poses.time_s
    names = poses.poses.space.keypoints
    limb_columns = known_columns(settings.limbs, names)
    limb_names = [names[k] for k in limb_columns]
    body_columns, always = known_columns(settings.body, names), np.ones(len(time_s), bool)
    body = seen_xy_px(poses, individual, body_columns, np.nan, always)
    length = body_length_px(body)
    columns = sorted({*limb_columns, *body_columns})
    poses, animals = apart_from_others(poses, individual, columns, length, FIRST_WINDOW_S)
    body = seen_xy_px(poses, individual, body_columns, np.nan, always)
    moving = _travel(body, time_s, settings, FIRST_WINDOW_S)
    body = seen_xy_px(poses, individual, body_columns, length, moving.is_walking)
    paws = seen_xy_px(poses, individual, limb_columns, length, moving.is_walking)
    paws = paws.transpose(1, 0, 2)
    travel = _travel(body, time_s, settings, FIRST_WINDOW_S)
    limbs = _swings(paws, time_s, travel)
    middle_s, period_s = stride_time_s(limbs, time_s)
    if not len(period_s):
        nowhere = np.zeros(paws.shape[:2], bool)
        none = [_no_footfalls() for _ in limbs]
        return Walk(travel, paws, nowhere, nowhere, none, animals)
    stride_s = float(np.median(period_s))
    travel = _travel(body, time_s, settings, stride_s)
    raw = raw_xy_px(poses, individual, limb_columns, length, moving.is_walking)
    exchanged = find_exchanges(raw, limb_names, travel, time_s, stride_s, animals)
    paws = mended_px(paws, limb_names, exchanged)
    put_back = mended_px(raw, limb_names, exchanged)
    taken = find_taken(put_back, limb_names, travel, time_s, stride_s)
    taken |= _on_one_paw(paws, limb_names, travel.is_walking)
    paws[taken] = np.nan
    limbs = _swings(paws, time_s, travel)
    middle_s, period_s = stride_time_s(limbs, time_s)
    if not len(period_s):
        none = [_no_footfalls() for _ in limbs]
        return Walk(travel, paws, exchanged, taken, none, animals)
    found = _timed(paws, time_s, travel, limbs, middle_s, period_s, animals)
    return Walk(travel, paws, exchanged, taken, found, animals)


def _on_one_paw(
    paws: Float[ndarray, "limb frame 2"], limbs: list[str], is_walking: Bool[ndarray, "frame"]
) -> ndarray:
    """Both limbs of a pair, throughout, whose tracks lie in one place for most of the walks.

    An animal that stands has its paws side by side, which is one place from the side.
    """
    found, pairs = np.zeros(paws.shape[:2], bool), pairs_of(limbs)
    walks = paws[:, is_walking]
    parts = part_together([(walks[left], walks[right]) for left, right in pairs])
    for pair, part in zip(pairs, parts, strict=True):
        found[list(pair)] = part > TOO_LONG_TOGETHER
    return found


def limb_flags(poses: SmoothedPoses, walks: Sequence[Walk], settings: StrideSettings) -> list[str]:
    """Sentences on animals and limbs whose tracks changed places, or lay on the paw beside."""
    flags = []
    names = [name for name in settings.limbs if name in poses.poses.space.keypoints]
    for individual, walk in zip(poses.poses.individuals, walks, strict=True):
        if times := len(walk.animals.after):
            flags.append(
                f"{individual}: its track and another animal's changed places, {times} times; "
                "strides there are left out"
            )
        for what, where in (
            ("exchanged with the limb beside, and put back", walk.is_exchanged),
            ("taken for the limb beside, and left out", walk.is_taken),
        ):
            parts = dict(zip(names, where.mean(axis=1), strict=True))
            told = {name: part for name, part in parts.items() if part > TOLD}
            if told:
                some = ", ".join(told)
                shares = f"{min(told.values()):.0%}", f"{max(told.values()):.0%}"
                often = " to ".join(dict.fromkeys(shares))
                flags.append(f"{individual}: {some} {what}, in {often} of the frames")
    return flags


def _travel(body: ndarray, time_s: ndarray, settings: StrideSettings, window_s: float) -> Travel:
    return measure_travel(
        body,
        time_s,
        belt_speed_px_per_s=settings.belt_speed_px_per_s,
        min_speed_bl_per_s=settings.min_body_speed_bl_per_s,
        window_s=window_s,
        margin_s=MARGIN * window_s,
    )


def _swings(paws: ndarray, time_s: ndarray, travel: Travel) -> list[Swings]:
    """Turns of each paw beside the body, over its gaps as if it went straight there."""
    beside = np.stack([bridged_px(paw, time_s) for paw in paws]) if len(paws) else paws
    with np.errstate(invalid="ignore"):
        way = ((beside - travel.center_px) * travel.direction).sum(axis=-1)
    known = np.isfinite(way).any(axis=0)
    return find_swings(way, travel.is_walking & known)


def _timed(
    paws: ndarray,
    time_s: ndarray,
    travel: Travel,
    limbs: list[Swings],
    middle_s: ndarray,
    period_s: ndarray,
    animals: AnimalExchanges,
) -> list[Footfalls]:
    """Lifts and strikes between frames, of the swings that can be."""
    kept, periods, windows = [], [], []
    for paw, swings in zip(paws, limbs, strict=True):
        period = np.interp(time_s[swings.strike], middle_s, period_s)
        way = ((bridged_px(paw, time_s) - travel.center_px) * travel.direction).sum(axis=1)
        rise = way[swings.strike] - way[swings.lift]
        is_dropped = drop_double_strikes(swings, rise, time_s, period)
        kept.append(swings.without(is_dropped))
        periods.append(period[~is_dropped])
        windows.append(_windows(paw, time_s, travel, kept[-1], periods[-1], animals))
    counts = [len(swings.lift) for swings in kept]
    group = np.repeat(np.arange(len(kept)), counts)
    guess = np.concatenate([_guess_s(time_s, swings)[1] for swings in kept])
    fits = fit_swings(_joined(windows, counts), guess, group)
    found = []
    for number, (swings, period) in enumerate(zip(kept, periods, strict=True)):
        mine = group == number
        fit = SwingFit(*(column[mine] for column in vars(fits).values()))
        found.append(_footfalls(paws[number], time_s, swings, period, fit))
    return found


def _guess_s(time_s: ndarray, swings: Swings) -> tuple[ndarray, ndarray]:
    """First guess of middle and duration (s)."""
    lift, strike = time_s[swings.lift], time_s[swings.strike]
    return (lift + strike) / 2, FLANKS * (strike - lift)


def _windows(
    paw: ndarray,
    time_s: ndarray,
    travel: Travel,
    swings: Swings,
    period_s: ndarray,
    animals: AnimalExchanges,
) -> Windows:
    """Frames from the middle of the stance before each swing to that of the stance after it.

    Of the animal alone whose swing it is.
    """
    middle, lasting = _guess_s(time_s, swings)
    reach = lasting / 2 + STANDS_BESIDE * np.maximum(period_s - lasting, 0)
    first = np.searchsorted(time_s, middle - reach)
    length = np.searchsorted(time_s, middle + reach, side="right") - first
    swing = np.repeat(np.arange(len(length)), length)
    frame = np.arange(len(swing)) + (first - np.cumsum(length) + length)[swing]
    ground = paw + travel.ground_shift_px
    at = (swings.lift + swings.strike) // 2
    way = np.einsum("vi,vi->v", ground[frame], travel.direction[at][swing])
    whose = np.searchsorted(animals.after, np.arange(len(time_s)), side="right")
    known = np.isfinite(way) & (whose[frame] == whose[at][swing])
    swing, frame, way = swing[known], frame[known], way[known]
    follows = (np.diff(swing, prepend=-1) == 0) & (np.diff(frame, prepend=-1) == 1)
    return Windows(swing, time_s[frame] - middle[swing], way, follows)


def _joined(windows: list[Windows], swings: list[int]) -> Windows:
    """Those of all limbs, which have so many swings."""
    before = np.cumsum([0, *swings[:-1]])
    swing = [own.swing + count for own, count in zip(windows, before, strict=True)]
    others = zip(*((w.time_s, w.way_px, w.follows) for w in windows), strict=True)
    return Windows(np.concatenate(swing), *(np.concatenate(parts) for parts in others))


def _footfalls(
    paw: ndarray, time_s: ndarray, swings: Swings, period_s: ndarray, fit: SwingFit
) -> Footfalls:
    middle, _ = _guess_s(time_s, swings)
    lift = middle + fit.middle_s - fit.duration_s / 2
    strike = lift + fit.duration_s
    unseen_s = _unseen_s(paw, time_s)
    lift = np.where(_is_in_gap(lift, time_s, unseen_s, period_s), np.nan, lift)
    strike = np.where(_is_in_gap(strike, time_s, unseen_s, period_s), np.nan, strike)
    return Footfalls(lift, strike, swings.run, fit.length_px, period_s)


def _unseen_s(paw: ndarray, time_s: ndarray) -> list[tuple[float, float]]:
    """From the last seen frame to the next one, where frames lie between."""
    seen = np.flatnonzero(np.isfinite(paw).all(axis=1))
    if not len(seen):
        return [(-np.inf, np.inf)]
    gaps = np.flatnonzero(np.diff(seen) > 1)
    ends = [(-np.inf, float(time_s[seen[0]])), (float(time_s[seen[-1]]), np.inf)]
    return ends + [(float(time_s[seen[g]]), float(time_s[seen[g + 1]])) for g in gaps]


def _is_in_gap(
    when_s: ndarray, time_s: ndarray, unseen_s: list[tuple[float, float]], period_s: ndarray
) -> Bool[ndarray, "swing"]:
    """True where an event lies within a gap that is longer than a part of its stride."""
    starts, stops = (np.array(side) for side in zip(*sorted(unseen_s), strict=True))
    gap = np.searchsorted(starts, when_s, side="right") - 1
    gap = np.maximum(gap, 0)
    inside = (when_s > starts[gap]) & (when_s < stops[gap])
    return inside & (stops[gap] - starts[gap] > MAX_GAP * period_s)


def _no_footfalls() -> Footfalls:
    return Footfalls(np.empty(0), np.empty(0), np.empty(0, int), np.empty(0), np.empty(0))
