"""Calibrations of cameras: the TOML files that Anipose writes.

One table per camera with `name`, `matrix`, `distortions` (none are zeros), `rotation` (axis times
angle) and `translation`, and the `size` of the pictures that it was calibrated with. There the
center of the top-left pixel is (0, 0), so 0.5 px are added to the principal point.
"""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.cameras import Camera, camera_from_rotation_vector

PIXEL_CENTER = 0.5
SHAPES = {"matrix": (3, 3), "distortions": None, "rotation": (3,), "translation": (3,)}
NO_DISTORTION = [0.0] * 5
MOST_DISTORTIONS = 8  # what a Camera knows; OpenCV's others are of thin prisms and tilted sensors
WANTED = (
    "wanted is calibration.toml as `anipose calibrate` writes it, with a table for each camera: "
    "name, size, matrix, distortions, rotation, translation"
)


def read_cameras(path: str | Path) -> dict[str, Camera]:
    """The cameras of a calibration by name. SuperAnimalError names the file and what is wrong."""
    cameras = [_camera(path, entry) for entry in _entries(path)]
    if not cameras:
        raise SuperAnimalError(f"{path}: holds no camera; expected tables such as [cam_0]")
    by_name = {camera.name: camera for camera in cameras}
    if len(by_name) < len(cameras):
        names = [camera.name for camera in cameras]
        twice = next(name for name in names if names.count(name) > 1)
        raise SuperAnimalError(f"{path}: two cameras are named '{twice}'; names are unique")
    return by_name


def read_picture_sizes(path: str | Path) -> dict[str, tuple[int, int]]:
    """Width and height (px) of the pictures of each camera whose calibration says so."""
    sizes = {_name(entry): entry.get("size") for entry in _entries(path)}
    return {
        name: (size[0], size[1])
        for name, size in sizes.items()
        if isinstance(size, list) and [type(side) for side in size] == [int, int]
    }


def _entries(path: str | Path) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))  # Notepad's mark
    except OSError as error:
        raise SuperAnimalError(f"{path}: no calibration of cameras: {error}") from None
    except ValueError as error:
        told = f"{path}: no calibration of cameras that can be read ({error}); {WANTED}"
        raise SuperAnimalError(told) from None
    return [e for e in document.values() if isinstance(e, dict) and "matrix" in e]


def _name(entry: dict[str, Any]) -> str:
    return str(entry.get("name", "without a name"))


def _camera(path: str | Path, entry: dict[str, Any]) -> Camera:
    name = _name(entry)
    where = f"{path}: camera '{name}'"
    if entry.get("fisheye"):
        raise SuperAnimalError(
            f"{where}: fisheye lenses are not known here; calibrate without fisheye, or leave "
            "camera_file empty: each video is then smoothed alone"
        )
    given = entry | {"distortions": entry.get("distortions") or NO_DISTORTION}
    values = {key: _numbers(where, key, given.get(key, [])) for key in SHAPES}
    if (beyond := values["distortions"][MOST_DISTORTIONS:]).any():
        raise SuperAnimalError(
            f"{where}: distortions has {MOST_DISTORTIONS + len(beyond)} numbers, and those from "
            f"the {MOST_DISTORTIONS + 1}th on are not known here; calibrate with at most "
            f"{MOST_DISTORTIONS}"
        )
    if not np.diag(values["matrix"])[:2].all():
        raise SuperAnimalError(
            f"{where}: matrix has a focal length of 0 (its first two diagonal numbers, in px)"
        )
    values["matrix"][:2, 2] += PIXEL_CENTER
    return camera_from_rotation_vector(name, *values.values())


def _numbers(where: str, key: str, given: Any) -> np.ndarray:
    """One key of a camera. SuperAnimalError where it is not the finite numbers that are wanted."""
    shape = SHAPES[key]
    try:
        values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):  # words, or rows of unlike length
        values = np.array([])
    is_right = values.ndim == 1 if shape is None else values.shape == shape
    if not is_right or not values.size or not np.isfinite(values).all():
        expected = "a list of numbers" if shape is None else f"numbers in the shape {shape}"
        none = "" if np.isfinite(values).all() else ", none of them NaN or infinite"
        raise SuperAnimalError(f"{where}: {key} is {given}; expected {expected}{none}")
    return values
