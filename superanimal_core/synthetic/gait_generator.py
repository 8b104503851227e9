"""When each limb is lifted and set down, and how far the body has come: all of it analytic.

Terms as in the field: a strike begins a stance, a lift ends it; the duty factor is the fraction of
a stride that a limb stands; the phase of a limb is its strike after the reference limb's strike, in
strides. Lengths are in body lengths (bl), nose to tail base of the animal standing straight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy import ndarray

LIMBS = ("front_left_paw", "front_right_paw", "back_left_paw", "back_right_paw")
FRONT_LIMBS = LIMBS[:2]
ENGAGE_S = 0.3  # a rearing or sniffing animal needs this long to get into the posture, and out

# Lateral sequence: left hind, left front, right hind, right front, a quarter stride apart
# (Hildebrand's walk); in the trot the diagonal limbs strike together.
WALK_PHASES = (0.25, 0.75, 0.0, 0.5)
TROT_PHASES = (0.5, 0.0, 0.0, 0.5)


@dataclass(frozen=True)
class Gait:
    """A steady gait. `phases` in the order of LIMBS, in strides after the left hind strike."""

    stride_frequency_hz: float
    duty_factor: float
    stride_length_bl: float
    phases: tuple[float, float, float, float] = WALK_PHASES

    @property
    def speed_bl_per_s(self) -> float:
        """Steady speed of the body."""
        return self.stride_length_bl * self.stride_frequency_hz

    def lift_offset_strides(self, limb: str) -> float:
        """When in the first stride of a walk the limb is lifted; the first limb's is 0."""
        offsets = [(phase + self.duty_factor) % 1 for phase in self.phases]
        return offsets[LIMBS.index(limb)] - min(offsets)


@dataclass(frozen=True)
class Bout:
    """One stretch of one behavior: pause, walk, rear or sniff."""

    behavior: str
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class Progress:
    """Times, the way of the body until then, and its speed as a fraction of the steady speed."""

    time_s: Float[ndarray, "time"]
    way_bl: Float[ndarray, "time"]
    speed: Float[ndarray, "time"]


@dataclass(frozen=True)
class Timeline:
    """What an animal does when. Bouts follow one another without a gap, from 0 s on."""

    gait: Gait
    bouts: tuple[Bout, ...]

    @property
    def duration_s(self) -> float:
        """End of the last bout."""
        return self.bouts[-1].stop_s

    def bouts_of(self, behavior: str) -> list[Bout]:
        """The bouts of one behavior, in order."""
        return [bout for bout in self.bouts if bout.behavior == behavior]

    def distance_bl(self, time_s: Float[ndarray, "time"]) -> Float[ndarray, "time"]:
        """Way of the body since 0 s; speed rises and falls as a raised cosine in one stride."""
        way = np.zeros_like(time_s, dtype=np.float64)
        ramp_s = 1 / self.gait.stride_frequency_hz
        for bout in self.bouts_of("walk"):
            length_s = bout.stop_s - bout.start_s
            elapsed_s = np.clip(time_s - bout.start_s, 0, length_s)
            rise = _ramped(elapsed_s, ramp_s)
            fall = _ramped(elapsed_s - (length_s - ramp_s), ramp_s)
            way += self.gait.speed_bl_per_s * (rise - fall)
        return way

    def speed_fraction(self, time_s: Float[ndarray, "time"]) -> Float[ndarray, "time"]:
        """Speed as a fraction of the steady speed, 0-1."""
        step_s = 1e-4
        way = self.distance_bl(time_s + step_s) - self.distance_bl(time_s - step_s)
        return np.clip(way / (2 * step_s * self.gait.speed_bl_per_s), 0, 1)

    def progress(self, time_s: Float[ndarray, "time"]) -> Progress:
        """Way and speed at the given times."""
        return Progress(time_s, self.distance_bl(time_s), self.speed_fraction(time_s))

    def engagement(self, time_s: Float[ndarray, "time"], behavior: str) -> Float[ndarray, "time"]:
        """How far the animal is in the posture of a behavior: 0 outside its bouts, 1 within."""
        level = np.zeros_like(time_s, dtype=np.float64)
        for bout in self.bouts_of(behavior):
            margin_s = np.minimum(time_s - bout.start_s, bout.stop_s - time_s)
            level += (1 - np.cos(np.pi * np.clip(margin_s / ENGAGE_S, 0, 1))) / 2
        return level


@dataclass(frozen=True)
class Footfalls:
    """Lifts of one limb and the strikes that follow them, in order."""

    limb: str
    lift_s: Float[ndarray, "step"]
    strike_s: Float[ndarray, "step"]

    def stances(self) -> list[tuple[float, float]]:
        """(strike, lift) of every stance that a strike begins; lift is NaN when none follows."""
        return list(zip(self.strike_s, np.append(self.lift_s[1:], np.nan), strict=True))


def plan_timeline(gait: Gait, program: Sequence[tuple[str, float]]) -> Timeline:
    """Bouts from (behavior, amount): strides for a walk, seconds for everything else.

    ValueError for a walk beside a rear: a front limb would strike and be lifted at once.
    """
    names = [behavior for behavior, _ in program]
    if any({*pair} == {"walk", "rear"} for pair in pairwise(names)):
        raise ValueError(f"program {names}: put a pause between 'walk' and 'rear'")
    bouts, now_s = [], 0.0
    for behavior, amount in program:
        length_s = _walk_duration_s(gait, round(amount)) if behavior == "walk" else amount
        bouts.append(Bout(behavior, now_s, now_s + length_s))
        now_s += length_s
    return Timeline(gait, tuple(bouts))


def footfalls_of(timeline: Timeline, limb: str) -> Footfalls:
    """Every step of a limb. A rearing animal lifts its front limbs for the whole bout."""
    gait = timeline.gait
    lift_s: list[float] = []
    strike_s: list[float] = []
    for bout in timeline.bouts:
        if bout.behavior == "walk":
            first_s = bout.start_s + gait.lift_offset_strides(limb) / gait.stride_frequency_hz
            lifts = first_s + np.arange(_strides_in(gait, bout)) / gait.stride_frequency_hz
            lift_s += lifts.tolist()
            strike_s += (lifts + (1 - gait.duty_factor) / gait.stride_frequency_hz).tolist()
        elif bout.behavior == "rear" and limb in FRONT_LIMBS:
            lift_s.append(bout.start_s)
            strike_s.append(bout.stop_s)
    return Footfalls(limb, np.array(lift_s), np.array(strike_s))


def foothold_distances_bl(timeline: Timeline, steps: Footfalls) -> Float[ndarray, "foothold"]:
    """Way of the body at the middle of each stance: the foot stands below its joint just then."""
    half_stance_s = timeline.gait.duty_factor / timeline.gait.stride_frequency_hz / 2
    middles_s = np.concatenate([[0.0], steps.strike_s + half_stance_s])
    return timeline.distance_bl(middles_s)


def paw_track(
    time_s: Float[ndarray, "time"], steps: Footfalls, footholds: Float[ndarray, "foothold 2"]
) -> tuple[Float[ndarray, "time 2"], Float[ndarray, "time"]]:
    """Place of a paw on the ground, and its height in units of the swing's height (0-1).

    In stance the place is exactly its foothold; in swing it goes to the next one, at rest at both
    ends.
    """
    step = np.searchsorted(steps.lift_s, time_s, side="right")
    if len(steps.lift_s) == 0:
        return np.repeat(footholds[:1], len(time_s), axis=0), np.zeros(len(time_s))
    latest = np.maximum(step - 1, 0)
    swing_s = steps.strike_s[latest] - steps.lift_s[latest]
    progress = np.where(step > 0, (time_s - steps.lift_s[latest]) / swing_s, 0)
    is_swing = (progress > 0) & (progress < 1)
    eased = np.where(is_swing, progress**2 * (3 - 2 * progress), 0)
    standing = footholds[np.where(progress >= 1, latest + 1, latest)]
    moving = footholds[latest] + eased[:, None] * (footholds[latest + 1] - footholds[latest])
    height = np.where(is_swing, np.sin(np.pi * progress) ** 2, 0)
    return np.where(is_swing[:, None], moving, standing), height


def _ramped(elapsed_s: Float[ndarray, "time"], ramp_s: float) -> Float[ndarray, "time"]:
    """Integral of a speed that rises from 0 to 1 as a raised cosine in `ramp_s`, then stays."""
    part = np.clip(elapsed_s / ramp_s, 0, 1)
    rising = ramp_s * (part / 2 - np.sin(np.pi * part) / (2 * np.pi))
    return rising + np.maximum(elapsed_s - ramp_s, 0)


def _walk_duration_s(gait: Gait, strides: int) -> float:
    last = max(gait.lift_offset_strides(limb) for limb in LIMBS)
    return (strides + last - gait.duty_factor) / gait.stride_frequency_hz


def _strides_in(gait: Gait, bout: Bout) -> int:
    one = _walk_duration_s(gait, 1)
    return 1 + round((bout.stop_s - bout.start_s - one) * gait.stride_frequency_hz)
