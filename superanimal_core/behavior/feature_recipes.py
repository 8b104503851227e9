"""Features that others classify behavior from, under their names, in physical units.

`sturman_`: the open field set of Sturman et al. 2020 (DLCAnalyzer, OFT v3, and the two flags of the
publication). `simba_`: the one-animal set of SimBA (Goodwin et al. 2024). Unlike both, derivatives
are per second and windows in seconds, so that a classifier is not bound to a frame rate. Keypoints
are found by their own names or by those of SuperAnimal-TopViewMouse; what a space lacks is NaN.
"""

from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.animal import Animal
from superanimal_core.behavior.arena import border_distance_px, is_inside
from superanimal_core.behavior.kinematics import (
    acceleration_px_per_s2,
    angle_between_rad,
    hull_area_px2,
    magnitude,
    moving_mean,
    velocity_px_per_s,
)

Columns = dict[str, Float[ndarray, "frame"]]

KEYPOINTS = {  # DLCAnalyzer's name: the same elsewhere
    "nose": ("nose",),
    "headcentre": ("headcentre", "head_midpoint"),
    "neck": ("neck",),
    "earr": ("earr", "right_ear"),
    "earl": ("earl", "left_ear"),
    "bodycentre": ("bodycentre", "mouse_center"),
    "bcl": ("bcl", "left_midside"),
    "bcr": ("bcr", "right_midside"),
    "hipl": ("hipl", "left_hip"),
    "hipr": ("hipr", "right_hip"),
    "tailbase": ("tailbase", "tail_base"),
    "tailcentre": ("tailcentre", "tail3"),
    "tailtip": ("tailtip", "tail_end"),
}
ACCELERATED = tuple(KEYPOINTS)[:11]
SEGMENTS = (
    ("nose", "headcentre"),
    ("headcentre", "neck"),
    ("neck", "bodycentre"),
    ("bodycentre", "tailbase"),
    ("bodycentre", "bcr"),
    ("bodycentre", "bcl"),
    ("tailbase", "hipr"),
    ("tailbase", "hipl"),
    ("tailbase", "tailcentre"),
    ("tailcentre", "tailtip"),
)
ANGLES = (  # between the vectors second -> first and fourth -> third
    ("tailbase", "tailcentre", "tailcentre", "tailtip"),
    ("hipr", "tailbase", "tailbase", "hipl"),
    ("tailbase", "bodycentre", "bodycentre", "neck"),
    ("bcr", "bodycentre", "bodycentre", "bcl"),
    ("bodycentre", "neck", "neck", "headcentre"),
    ("tailbase", "bodycentre", "neck", "headcentre"),
)
AREAS = (
    ("tailbase", "hipr", "hipl"),
    ("hipr", "hipl", "bcl", "bcr"),
    ("bcr", "earr", "earl", "bcl"),
    ("earr", "nose", "earl"),
)
TO_BORDER = ("nose", "neck", "bodycentre", "tailbase")
INSIDE = ("nose", "headcentre")
SIMBA_WINDOWS_S = (1 / 2, 1 / 5, 1 / 6, 1 / 7.5, 1 / 15)  # its fps / k frames


def sturman_features(animal: Animal) -> Columns:
    """11 accelerations, 10 lengths, 6 angles, 4 areas, 4 distances to the border, 2 flags."""
    at = {name: animal.point(*names) for name, names in KEYPOINTS.items()}
    columns = {}
    for name in ACCELERATED:
        columns[f"sturman_acceleration_{name}_px_per_s2"] = acceleration_px_per_s2(
            at[name], animal.time_s, animal.window_s
        )
    for a, b in SEGMENTS:
        columns[f"sturman_distance_{a}_{b}_px"] = magnitude(at[a] - at[b])
    for a, b, c, d in ANGLES:
        angle = angle_between_rad(at[a] - at[b], at[c] - at[d])
        columns[f"sturman_angle_{a}_{b}_{c}_{d}_rad"] = np.abs(angle)
    for corners in AREAS:
        polygon = np.stack([at[name] for name in corners])
        columns[f"sturman_area_{'_'.join(corners)}_px2"] = _polygon_area_px2(polygon)
    outline = np.empty((0, 2)) if animal.arena is None else animal.arena.outline_px
    unknown = np.full(len(animal.time_s), np.nan)
    for name in TO_BORDER:
        found = np.abs(border_distance_px(at[name], outline)) if len(outline) else unknown
        columns[f"sturman_border_{name}_px"] = found
    for name in INSIDE:
        columns[f"sturman_inside_{name}"] = (
            is_inside(at[name], outline) if len(outline) else unknown
        )
    return columns


def simba_features(animal: Animal) -> Columns:
    """Movements, distances, hull and its statistics, their rolling means, and the scores."""
    time_s, xy = animal.time_s, animal.xy_px
    speed = magnitude(velocity_px_per_s(xy, time_s, animal.window_s))
    columns = {
        f"simba_movement_{name}_px_per_s": speed[:, k] for k, name in enumerate(animal.keypoints)
    }
    anatomy = animal.anatomy
    columns["simba_nose_to_tail_px"] = magnitude(
        animal.point(anatomy.front) - animal.point(anatomy.rear)
    )
    columns["simba_ear_distance_px"] = magnitude(
        animal.point(*KEYPOINTS["earl"]) - animal.point(*KEYPOINTS["earr"])
    )
    columns["simba_width_px"] = magnitude(
        animal.point("lat_left", *KEYPOINTS["bcl"]) - animal.point("lat_right", *KEYPOINTS["bcr"])
    )
    area = hull_area_px2(xy)
    columns["simba_hull_px2"] = area
    columns["simba_hull_change_px2_per_s"] = velocity_px_per_s(area, time_s, animal.window_s)
    columns |= _pair_statistics(xy)
    movement = np.where(np.isfinite(speed), speed, 0).sum(axis=1)
    columns["simba_movement_all_px_per_s"] = np.where(
        np.isfinite(speed).any(axis=1), movement, np.nan
    )
    for name in ("movement_all_px_per_s", "largest_distance_px", "mean_distance_px", "hull_px2"):
        stem, unit = name.split("_px", 1)
        for window_s in SIMBA_WINDOWS_S:
            rolled = moving_mean(columns[f"simba_{name}"], time_s, window_s)
            columns[f"simba_mean_{1000 * window_s:.0f}ms_{stem}_px{unit}"] = rolled
    for k, name in enumerate(animal.keypoints):
        columns[f"simba_score_{name}"] = animal.score[:, k]
    return columns


def _pair_statistics(xy_px: Float[ndarray, "frame keypoint 2"]) -> Columns:
    """Largest, smallest, mean and sum of the distances between known keypoints."""
    frames = len(xy_px)
    largest, smallest = np.full(frames, -np.inf), np.full(frames, np.inf)
    total, count = np.zeros(frames), np.zeros(frames)
    for a, b in combinations(range(xy_px.shape[1]), 2):
        apart = magnitude(xy_px[:, a] - xy_px[:, b])
        known = np.isfinite(apart)
        largest, smallest = np.fmax(largest, apart), np.fmin(smallest, apart)
        total += np.where(known, apart, 0)
        count += known
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    return {
        "simba_largest_distance_px": np.where(count > 0, largest, np.nan),
        "simba_smallest_distance_px": np.where(count > 0, smallest, np.nan),
        "simba_mean_distance_px": mean,
        "simba_sum_distance_px": np.where(count > 0, total, np.nan),
    }


def _polygon_area_px2(corners: Float[ndarray, "corner frame 2"]) -> Float[ndarray, "frame"]:
    following = np.roll(corners, -1, axis=0)
    cross = corners[..., 0] * following[..., 1] - corners[..., 1] * following[..., 0]
    return np.abs(cross.sum(axis=0)) / 2
