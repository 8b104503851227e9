"""The feature table: what a pose looks like and how it moves, frame by frame.

Names end in their unit: `_px`, `_px_per_s`, `_px2`, `_rad`, `_rad_per_s`, `_bl_per_s` (body lengths
per second; the body length is the individual's median); with a scale every `_px` has its `_cm`
beside it. `_sd` is the standard deviation that the expected error of the positions implies, to
first order, errors of different keypoints taken as independent, those of different frames as
lasting as they do; NaN without a calibration. A keypoint that the space lacks, or
that is absent, makes NaN, never an error and never zero.

Velocities are slopes of least-squares lines on the time stamps: of a window w they let pass half of
the power at 0.58 / w Hz, at any frame rate whose frames are shorter than w / 2. Single positions
that no animal makes are bridged before (`animal.without_jumps`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.animal import animal_of, without_jumps
from superanimal_core.behavior.arena import Arena, arena_features
from superanimal_core.behavior.feature_groups import (
    GROUPS,
    WINDOWS,
    windowed,
)
from superanimal_core.behavior.kinematics import (
    acceleration_px_per_s2,
    angle_between_rad,
    angular_velocity_rad_per_s,
    direction_rad,
    elevation_rad,
    elongation,
    hull_area_px2,
    magnitude,
    velocity_px_per_s,
    velocity_sd_px_per_s,
)
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.behavior import AnatomySettings

SLOW_WINDOW_S = 0.28  # Gabriel et al. 2022 smooth over 14 frames at 50 per second
MIDDLE_HALF = 0.25  # of the keypoints' speeds, left out at either end


@dataclass(frozen=True)
class FeatureTable:
    """One row per frame and individual, sorted by frame; `columns` maps feature names to values."""

    frame: Int[ndarray, "row"]
    time_s: Float[ndarray, "row"]
    individual: Shaped[ndarray, "row"]
    columns: Mapping[str, Float[ndarray, "row"]]

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True)
class Point:
    """One keypoint of one individual over time; see ExpectedError for the other two."""

    xy_px: Float[ndarray, "frame 2"]
    sd_px: Float[ndarray, "frame"]
    correlation_time_s: float


def frame_features(
    poses: Poses,
    expected: ExpectedError,
    anatomy: AnatomySettings,
    *,
    window_s: float,
    cm_per_px: float | None,
    groups: Sequence[str] = (),
    arena: Arena | None = None,
    only: Collection[str] | None = None,
) -> FeatureTable:
    """Features of every frame and individual; where `only` some are asked for, at least those.

    `anatomy` names the front, neck, center and rear (nose, neck, mid-back, tail base). Velocities
    are slopes over +-`window_s`/2 (`kinematics.velocity_px_per_s`). Columns:

    * `center_x_px`, `center_y_px`, `speed_px_per_s`, `speed_bl_per_s`: the center;
    * `acceleration_px_per_s2`: slope of the center's speed;
    * `motion_px_per_s`, `motion_bl_per_s`: mean of the middle half of all known keypoints' speeds,
      so that a few that err do not count;
    * `slow_speed_px_per_s`, `slow_speed_bl_per_s`, `slow_head_speed_rad_per_s`: speed of the center
      and of the direction neck to front, over 0.28 s: of an animal that hardly moves;
    * `elongation`: 1 - minor / major axis of the keypoints' spread: 0 round, 1 a line;
    * `body_length_ratio`: of the animal's median: low where it rears below a camera;
    * `bridged_keypoints`: how many positions were jumps;
    * `body_length_px` front to rear, `trunk_length_px` neck to rear, `hull_area_px2`;
    * `heading_rad`, `turn_rate_rad_per_s`, `turn_speed_rad_per_s` (its size): the trunk, rear to
      neck, counterclockwise on the screen;
    * `body_pitch_rad`, `head_pitch_rad`: elevation of trunk and head above the image's horizontal;
    * `head_angle_rad`, `head_turn_speed_rad_per_s`: the head against the trunk;
    * `head_height_px`: how much higher in the image the front is than the rear;
    * `nearest_other_px`: distance of the center to the nearest other individual's;
    * `speed_<keypoint>_px_per_s`;
    * with an `arena`, what `arena.arena_features` says of the center;
    * those of the `groups` (`feature_groups.GROUPS`, and `windows`).
    """
    time_s = poses.time_s
    names = anatomy.model_dump()

    def is_asked(*starts: str) -> bool:
        return only is None or WINDOWS in groups or any(name.startswith(starts) for name in only)

    poses, bridged = without_jumps(poses, anatomy, window_s)
    per_individual = []
    for i in range(len(poses.individuals)):
        points = {role: _point(poses, expected, i, name) for role, name in names.items()}
        columns = _place_and_motion(points["center"], time_s, window_s)
        if is_asked("motion_", *(f"speed_{name}_" for name in poses.space.keypoints)):
            columns |= _motion(poses, i, window_s)
        if is_asked("hull_"):
            columns["hull_area_px2"] = hull_area_px2(poses.xy_px[:, i])
        columns["bridged_keypoints"] = bridged[i]
        if is_asked("slow_"):
            columns |= _slow(points, time_s)
        columns |= _shape(points)
        if is_asked("border_", "zone_"):
            columns |= arena_features(points["center"].xy_px, arena)
        if is_asked("heading_", "turn_", "body_pitch_", "head_"):
            columns |= _orientation(points, time_s, window_s)
        columns["nearest_other_px"] = _nearest_other_px(poses, i, anatomy.center)
        columns |= _body_lengths(columns)
        animal = animal_of(poses, i, anatomy, window_s, arena)
        if is_asked("acceleration_"):
            columns["acceleration_px_per_s2"] = acceleration_px_per_s2(
                points["center"].xy_px, time_s, window_s
            )
        if is_asked("elongation"):
            columns["elongation"] = elongation(animal.xy_px)
        for group in groups:
            columns |= windowed(columns, time_s) if group == WINDOWS else GROUPS[group](animal)
        if cm_per_px is not None:
            columns |= _in_cm(columns, cm_per_px)
        per_individual.append(columns)
    return _table(poses, per_individual)


def _slow(points: Mapping[str, Point], time_s: ndarray) -> dict[str, ndarray]:
    """Motion of an animal that hardly moves."""
    velocity = velocity_px_per_s(points["center"].xy_px, time_s, SLOW_WINDOW_S)
    head = direction_rad(points["front"].xy_px - points["neck"].xy_px)
    turning = angular_velocity_rad_per_s(head, time_s, SLOW_WINDOW_S)
    return {
        "slow_speed_px_per_s": magnitude(velocity),
        "slow_head_speed_rad_per_s": np.abs(turning),
    }


def _point(poses: Poses, expected: ExpectedError, individual: int, name: str) -> Point:
    """A keypoint's track; all NaN when the space lacks it."""
    if name not in poses.space.keypoints:
        unknown = np.full((len(poses), 2), np.nan)
        return Point(unknown, unknown[:, 0], float("nan"))
    k = poses.space.keypoints.index(name)
    return Point(
        poses.xy_px[:, individual, k].astype(np.float64),
        expected.sd_px[:, individual, k].astype(np.float64),
        float(expected.correlation_time_s[individual, k]),
    )


def _place_and_motion(center: Point, time_s: ndarray, window_s: float) -> dict[str, ndarray]:
    """Where the center is and how fast it moves."""
    velocity = velocity_px_per_s(center.xy_px, time_s, window_s)
    velocity_sd = velocity_sd_px_per_s(center.sd_px, center.correlation_time_s, time_s, window_s)
    return {
        "center_x_px": center.xy_px[:, 0],
        "center_y_px": center.xy_px[:, 1],
        "center_x_px_sd": center.sd_px,
        "center_y_px_sd": center.sd_px,
        "speed_px_per_s": magnitude(velocity),
        "speed_px_per_s_sd": np.where(np.isfinite(velocity[:, 0]), velocity_sd, np.nan),
    }


def _motion(poses: Poses, individual: int, window_s: float) -> dict[str, ndarray]:
    """How fast all keypoints move, and each."""
    each = magnitude(velocity_px_per_s(poses.xy_px[:, individual], poses.time_s, window_s))
    names = (f"speed_{name}_px_per_s" for name in poses.space.keypoints)
    return {"motion_px_per_s": _mean_of_middle(each), **dict(zip(names, each.T, strict=True))}


def _shape(points: Mapping[str, Point]) -> dict[str, ndarray]:
    """Lengths and heights of the body."""
    columns = {}
    for name, (start, end) in {
        "body_length_px": ("rear", "front"),
        "trunk_length_px": ("rear", "neck"),
    }.items():
        vector, sd_px = _difference(points[start], points[end])
        columns[name], columns[f"{name}_sd"] = magnitude(vector), sd_px
    upward, sd_px = _difference(points["front"], points["rear"])
    columns["head_height_px"], columns["head_height_px_sd"] = upward[:, 1], sd_px
    return columns


def _orientation(
    points: Mapping[str, Point], time_s: ndarray, window_s: float
) -> dict[str, ndarray]:
    """Directions of trunk and head, and how fast they turn."""
    trunk, trunk_sd_px = _difference(points["rear"], points["neck"])
    head, head_sd_px = _difference(points["neck"], points["front"])
    heading, head_angle = direction_rad(trunk), angle_between_rad(head, trunk)
    turn_rate = angular_velocity_rad_per_s(heading, time_s, window_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        trunk_sd, head_sd = trunk_sd_px / magnitude(trunk), head_sd_px / magnitude(head)
    return {
        "heading_rad": heading,
        "heading_rad_sd": trunk_sd,
        "turn_rate_rad_per_s": turn_rate,
        "turn_speed_rad_per_s": np.abs(turn_rate),
        "body_pitch_rad": elevation_rad(trunk),
        "body_pitch_rad_sd": trunk_sd,
        "head_pitch_rad": elevation_rad(head),
        "head_pitch_rad_sd": head_sd,
        "head_angle_rad": head_angle,
        "head_angle_rad_sd": np.hypot(trunk_sd, head_sd),
        "head_turn_speed_rad_per_s": np.abs(
            angular_velocity_rad_per_s(head_angle, time_s, window_s)
        ),
    }


def _nearest_other_px(poses: Poses, individual: int, center: str) -> ndarray:
    """Distance of the center to the nearest other individual's center."""
    nearest = np.full(len(poses), np.nan)
    if center not in poses.space.keypoints:
        return nearest
    xy_px = poses.xy_px[:, :, poses.space.keypoints.index(center)].astype(np.float64)
    for other in range(len(poses.individuals)):
        if other != individual:
            nearest = np.fmin(nearest, magnitude(xy_px[:, other] - xy_px[:, individual]))
    return nearest


def _body_lengths(columns: Mapping[str, ndarray]) -> dict[str, ndarray]:
    """Speeds in body lengths per second."""
    length = columns["body_length_px"]
    median = median_length(length)
    in_px = ("speed_px_per_s", "speed_px_per_s_sd", "motion_px_per_s", "slow_speed_px_per_s")
    known = [name for name in in_px if name in columns]
    scaled = {name.replace("_px_", "_bl_"): columns[name] / median for name in known}
    return scaled | {"body_length_ratio": length / median}


def median_length(length: Float[ndarray, "frame"]) -> float:
    """The animal's body length: the median of what is known and above 0; NaN where nothing is."""
    known = length[np.isfinite(length) & (length > 0)]
    return float(np.median(known)) if len(known) else float("nan")


def _in_cm(columns: Mapping[str, ndarray], cm_per_px: float) -> dict[str, ndarray]:
    """Every length and speed in px once more in cm."""
    scaled = {}
    for name, values in columns.items():
        if "_px2" in name:
            scaled[name.replace("_px2", "_cm2")] = values * cm_per_px**2
        elif "_px" in name:
            scaled[name.replace("_px", "_cm")] = values * cm_per_px
    return scaled


def _table(poses: Poses, per_individual: list[dict[str, ndarray]]) -> FeatureTable:
    """Columns of all individuals, interleaved so that rows are sorted by frame."""
    frames, individuals = len(poses), len(poses.individuals)
    names = list(per_individual[0]) if per_individual else []
    return FeatureTable(
        frame=np.repeat(np.arange(frames), individuals),
        time_s=np.repeat(poses.time_s, individuals),
        individual=np.tile(np.array(poses.individuals, dtype=object), frames),
        columns={n: np.stack([c[n] for c in per_individual], axis=1).ravel() for n in names},
    )


def _difference(start: Point, end: Point) -> tuple[ndarray, ndarray]:
    """Vector from start to end, and the standard deviation of each coordinate."""
    return end.xy_px - start.xy_px, np.hypot(end.sd_px, start.sd_px)


def _mean_of_middle(values: ndarray) -> ndarray:
    """Mean over the last axis of the middle half of the known values; NaN where there is none."""
    ranked = np.sort(values, axis=-1)  # unknown ones last
    known = np.isfinite(ranked).sum(axis=-1, keepdims=True)
    left_out = np.floor(MIDDLE_HALF * known)
    rank = np.arange(values.shape[-1])
    chosen = (rank >= left_out) & (rank < known - left_out)
    with np.errstate(invalid="ignore"):
        return np.where(chosen, ranked, 0.0).sum(axis=-1) / chosen.sum(axis=-1)
