"""Groups of features beside those that every table has; `features.groups` chooses them.

Each function gives the columns of one animal, lengths in px, time in s; docs/reference/tables.md
lists them. Derivatives are slopes over `window_s`, on the time stamps.
"""

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.animal import Animal
from superanimal_core.behavior.feature_recipes import simba_features, sturman_features
from superanimal_core.behavior.kinematics import (
    acceleration_px_per_s2,
    angle_between_rad,
    direction_rad,
    magnitude,
    moving_mean,
    velocity_px_per_s,
)

WINDOWS_S = (0.2, 0.5, 1.0, 2.0)
ROLLED = ("speed_px_per_s", "motion_px_per_s", "turn_speed_rad_per_s", "hull_area_px2")

Columns = dict[str, Float[ndarray, "frame"]]


def distances(animal: Animal) -> Columns:
    """Lengths of the bones, and distances between front, neck, center and rear."""
    parts = list(dict.fromkeys(animal.anatomy.model_dump().values()))
    pairs = dict.fromkeys([*animal.bones, *combinations(parts, 2)])
    return {f"distance_{a}_{b}_px": magnitude(animal.point(a) - animal.point(b)) for a, b in pairs}


def angles(animal: Animal) -> Columns:
    """Of each bone against the trunk, and at each keypoint between two bones that meet there.

    Against the trunk -pi to pi, counterclockwise on the screen; of a joint 0 to pi, pi straight.
    """
    trunk = animal.point(animal.anatomy.neck) - animal.point(animal.anatomy.rear)
    columns = {
        f"segment_{a}_{b}_rad": angle_between_rad(animal.point(b) - animal.point(a), trunk)
        for a, b in animal.bones
    }
    for first, second in combinations(animal.bones, 2):
        for joint in {*first} & {*second}:
            a, b = ({*bone} - {joint} for bone in (first, second))
            if len(a) == len(b) == 1:
                ends = [animal.point(*end) - animal.point(joint) for end in (a, b)]
                name = f"joint_{'_'.join(sorted([*a, *b]))}_at_{joint}_rad"
                columns[name] = np.abs(angle_between_rad(ends[0], ends[1]))
    return columns


def accelerations(animal: Animal) -> Columns:
    """Slope of each keypoint's speed: positive where it gets faster."""
    return {
        f"acceleration_{name}_px_per_s2": acceleration_px_per_s2(
            animal.point(name), animal.time_s, animal.window_s
        )
        for name in animal.keypoints
    }


def egocentric(animal: Animal) -> Columns:
    """Where each keypoint is as the animal sees it: ahead of its center, and to its left."""
    ahead, left = _axes(animal)
    center, columns = animal.point(animal.anatomy.center), {}
    for name in animal.keypoints:
        apart = animal.point(name) - center
        columns[f"ego_{name}_ahead_px"] = (apart * ahead).sum(axis=1)
        columns[f"ego_{name}_left_px"] = (apart * left).sum(axis=1)
    return columns


def social(animal: Animal) -> Columns:
    """The nearest other animal (by the centers), as this one has it.

    Distances of the own front to its front, center and rear; the direction to it from the own
    heading, and its heading against the own one (counterclockwise, -pi to pi); how fast its center
    comes nearer.
    """
    anatomy, time_s = animal.anatomy, animal.time_s
    if not len(animal.others_px):
        nothing = np.full(len(time_s), np.nan)
        return dict.fromkeys(SOCIAL, nothing)
    center, front = animal.point(anatomy.center), animal.point(anatomy.front)
    apart = magnitude(animal.other_point(anatomy.center) - center)
    nearest = np.where(np.isfinite(apart), apart, np.inf).argmin(axis=0)
    its = {
        part: animal.other_point(name)[nearest, np.arange(len(time_s))]
        for part, name in anatomy.model_dump().items()
    }
    ahead, _ = _axes(animal)
    its_ahead = its["neck"] - its["rear"]
    each = -velocity_px_per_s(apart.T, time_s, animal.window_s).T
    return {
        "social_front_to_front_px": magnitude(its["front"] - front),
        "social_front_to_center_px": magnitude(its["center"] - front),
        "social_front_to_rear_px": magnitude(its["rear"] - front),
        "social_direction_rad": angle_between_rad(its["center"] - center, ahead),
        "social_heading_rad": angle_between_rad(its_ahead, ahead),
        "social_approach_px_per_s": each[nearest, np.arange(len(time_s))],
    }


SOCIAL = (
    *("social_front_to_front_px", "social_front_to_center_px", "social_front_to_rear_px"),
    *("social_direction_rad", "social_heading_rad", "social_approach_px_per_s"),
)

GROUPS: dict[str, Callable[[Animal], Columns]] = {
    "distances": distances,
    "angles": angles,
    "accelerations": accelerations,
    "egocentric": egocentric,
    "social": social,
    "sturman": sturman_features,
    "simba": simba_features,
}
WINDOWS = "windows"  # of the columns of a table, not of an animal


def windowed(columns: Mapping[str, ndarray], time_s: Float[ndarray, "frame"]) -> Columns:
    """Mean and standard deviation of some features over windows of 0.2 to 2 s around each frame."""
    rolled = {}
    for name in ROLLED:
        stem, unit = _unit(name)
        for window_s in WINDOWS_S:
            mean = moving_mean(columns[name], time_s, window_s)
            square = moving_mean(np.square(columns[name] - mean), time_s, window_s)
            of = f"{1000 * window_s:.0f}ms"
            rolled[f"mean_{of}_{stem}{unit}"] = mean
            rolled[f"spread_{of}_{stem}{unit}"] = np.sqrt(square)
    return rolled


def _unit(name: str) -> tuple[str, str]:
    place = min(name.index(unit) for unit in ("_px", "_rad") if unit in name)
    return name[:place], name[place:]


def _axes(animal: Animal) -> tuple[ndarray, ndarray]:
    """Unit vectors ahead along the trunk, and to the animal's left as seen on the screen."""
    trunk = animal.point(animal.anatomy.neck) - animal.point(animal.anatomy.rear)
    heading = direction_rad(trunk)
    ahead = np.stack([np.cos(heading), -np.sin(heading)], axis=1)
    return ahead, np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
