"""What speaks against an adapted network, keypoint by keypoint: a mean over all hides a few.

Before and after are compared on the same frames, several stretches of a video. A keypoint's noise
is what its second differences say, which a steady motion does not enter; its body is the box around
the confident keypoints.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.errors import first_of
from superanimal_core.pose.boxes import boxes_from_keypoints
from superanimal_core.pose.poses import Poses

MIN_FRAMES, MIN_PART = 3, 0.1  # with fewer frames, or parts of them, nothing is said of a keypoint
NOTICEABLE = 3.0  # times the noise: what is less could be noise
PART_OF_BODY = 0.1  # of the body's diagonal: so far no keypoint may move
COLLAPSED = 0.5  # of the distance from the body's center before
FROZEN = 0.2  # of the spread over the frames before
EXCHANGED = 0.25  # of the frames
LAGGING = 0.5  # of the displacement: so much less would it be with the frames shifted
MAX_LAG_FRAMES = 30
NAMED = 3  # in a complaint


@dataclass(frozen=True)
class Track:
    """One keypoint of one individual before and after; `both` is true where both are sure of it.

    `frame` are the numbers of the frames, of which some are missing.
    """

    before_px: Float[ndarray, "frame 2"]
    after_px: Float[ndarray, "frame 2"]
    both: Bool[ndarray, "frame"]
    center_px: Float[ndarray, "frame 2"]
    body_px: float
    frame: Int[ndarray, "frame"]

    @property
    def noise_px(self) -> float:
        """Distance by which the keypoint was off from frame to frame, before."""
        bend = np.diff(self.before_px, n=2, axis=0) / np.sqrt(6)  # of independent errors
        is_whole = self.frame[2:] - self.frame[:-2] == 2
        size = length_px(bend)[self.both[2:] & self.both[1:-1] & self.both[:-2] & is_whole]
        return float(np.median(size)) if len(size) else 0.0

    @property
    def displacement_px(self) -> float:
        """Median distance between before and after."""
        return float(np.median(length_px(self.after_px - self.before_px)[self.both]))


def keypoint_complaints(
    before: Poses,
    after: Poses,
    both: Bool[ndarray, "frame individual keypoint"],
    frame: Int[ndarray, "frame"],
    max_displacement_ratio: float | None,
) -> list[str]:
    """A sentence per kind of fault, with the keypoints that show it; none speaks for the network.

    `both` is true where both networks are sure of a keypoint, `frame` the numbers of the frames.
    Without a `max_displacement_ratio` nobody asks how far keypoints moved.
    """
    tracks = _tracks(before, after, both, frame)
    found: dict[str, list[str]] = {}
    for (_, keypoint), track in tracks.items():
        for kind, has_it in KINDS.items():
            if has_it(track):
                found.setdefault(kind, []).append(before.space.keypoints[keypoint])
        if max_displacement_ratio is None:
            continue
        limit_px = max(max_displacement_ratio * track.noise_px, PART_OF_BODY * track.body_px)
        if track.displacement_px > limit_px:
            found.setdefault("moved away", []).append(before.space.keypoints[keypoint])
    for individual, name in enumerate(before.individuals):
        own = [track for (animal, _), track in tracks.items() if animal == individual]
        if own and _is_lagging(own):
            found.setdefault("lags behind or runs ahead", []).append(name)
    for pair in before.space.mirror_pairs:
        sides = [before.space.index(name) for name in pair]
        for individual in range(len(before.individuals)):
            of_pair = [tracks.get((individual, side)) for side in sides]
            if of_pair[0] and of_pair[1] and _is_exchanged(of_pair[0], of_pair[1]):
                found.setdefault("exchanged sides", []).extend(pair)
    return [f"{named(names)} {kind}" for kind, names in found.items()]


def is_told(both: Bool[ndarray, "frame *shape"]) -> Bool[ndarray, "*shape"]:
    """Whether both are sure in so many frames that something can be said of a keypoint."""
    return np.asarray(both.sum(axis=0) >= max(MIN_FRAMES, MIN_PART * len(both)))


def _tracks(
    before: Poses, after: Poses, both: ndarray, frame: ndarray
) -> Mapping[tuple[int, int], Track]:
    """Every keypoint that has been seen often enough, by individual and keypoint."""
    tracks = {}
    for individual in range(len(before.individuals)):
        sure = np.where(both[:, individual, :, None], before.xy_px[:, individual], np.nan)
        boxes = boxes_from_keypoints(sure, 0.0)
        center = (boxes[:, :2] + boxes[:, 2:]) / 2
        size = length_px(boxes[:, 2:] - boxes[:, :2])
        known = size[np.isfinite(size)]
        body_px = float(np.median(known)) if len(known) else 0.0
        for keypoint in np.flatnonzero(is_told(both[:, individual])):
            tracks[individual, int(keypoint)] = Track(
                before.xy_px[:, individual, keypoint],
                after.xy_px[:, individual, keypoint],
                both[:, individual, keypoint],
                center,
                body_px,
                frame,
            )
    return tracks


def _is_collapsed(track: Track) -> bool:
    """Whether a keypoint went from its place in the body to the body's center."""
    then, now = (
        float(np.median(length_px(xy_px - track.center_px)[track.both]))
        for xy_px in (track.before_px, track.after_px)
    )
    return then > PART_OF_BODY * track.body_px and now < COLLAPSED * then


def _is_frozen(track: Track) -> bool:
    """Whether a keypoint that moved through the image does so no more."""
    then, now = (_spread_px(xy_px[track.both]) for xy_px in (track.before_px, track.after_px))
    return then > NOTICEABLE * track.noise_px and now < FROZEN * then


def _is_lagging(tracks: Sequence[Track]) -> bool:
    """Whether an animal's keypoints lie where they were, or will be, some frames away.

    They are looked at together: one alone that is seen a little before its old place, on a body
    that moves that way, looks the same.
    """
    pairs = [(track.before_px, track.after_px) for track in tracks]
    before, after = (np.stack(xy) for xy in zip(*pairs, strict=True))
    both, frame = np.stack([track.both for track in tracks]), tracks[0].frame
    limit_px = LAGGING * float(np.median(length_px(after - before)[both]))
    longest = min(MAX_LAG_FRAMES, both.shape[1] - MIN_FRAMES)
    for lag, is_behind in product(range(1, longest + 1), (True, False)):
        early, late = slice(None, -lag), slice(lag, None)
        then, now = (early, late) if is_behind else (late, early)
        is_lag = frame[late] - frame[early] == lag
        counts = both[:, then] & both[:, now] & is_lag
        apart = length_px(after[:, now] - before[:, then])[counts]
        if len(apart) >= MIN_FRAMES and float(np.median(apart)) < limit_px:
            return True
    return False


def _is_exchanged(left: Track, right: Track) -> bool:
    """Whether two sides lie nearer to each other's place than to their own, in many frames."""
    noise_px = max(left.noise_px, right.noise_px)
    apart = length_px(left.before_px - right.before_px) > NOTICEABLE * noise_px
    counts = left.both & right.both & apart
    if counts.sum() < MIN_FRAMES:
        return False
    own = length_px(left.after_px - left.before_px) + length_px(right.after_px - right.before_px)
    other = length_px(left.after_px - right.before_px) + length_px(right.after_px - left.before_px)
    return bool((other < own / 2)[counts].mean() > EXCHANGED)


KINDS: Mapping[str, Callable[[Track], bool]] = {
    "collapsed onto the body's center": _is_collapsed,
    "standing still in the image": _is_frozen,
}


def _spread_px(xy_px: Float[ndarray, "frame 2"]) -> float:
    return float(np.sqrt(np.square(xy_px - np.median(xy_px, axis=0)).sum(axis=1).mean()))


def length_px(vector: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape"]:
    """Lengths of vectors (px)."""
    return np.hypot(vector[..., 0], vector[..., 1])


def named(keypoints: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    return first_of(list(dict.fromkeys(keypoints)), NAMED)
