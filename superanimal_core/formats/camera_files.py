"""Calibrations of cameras: the TOML files that Anipose writes.

One table per camera with `name`, `matrix`, `distortions`, `rotation` (axis times angle) and
`translation`. There the center of the top-left pixel is (0, 0), so 0.5 px are added to the
principal point.
"""

import tomllib
from pathlib import Path

import numpy as np

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.cameras import Camera, camera_from_rotation_vector

PIXEL_CENTER = 0.5
SHAPES = {"matrix": (3, 3), "distortions": None, "rotation": (3,), "translation": (3,)}


def read_cameras(path: str | Path) -> dict[str, Camera]:
    """The cameras of a calibration by name. SuperAnimalError names the file and what is wrong."""
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))  # Notepad's mark
    except (OSError, ValueError) as error:
        raise SuperAnimalError(f"{path}: no calibration of cameras: {error}") from None
    entries = [e for e in document.values() if isinstance(e, dict) and "matrix" in e]
    cameras = [_camera(path, entry) for entry in entries]
    if not cameras:
        raise SuperAnimalError(f"{path}: holds no camera; expected tables such as [cam_0]")
    by_name = {camera.name: camera for camera in cameras}
    if len(by_name) < len(cameras):
        names = [camera.name for camera in cameras]
        twice = next(name for name in names if names.count(name) > 1)
        raise SuperAnimalError(f"{path}: two cameras are named '{twice}'; names are unique")
    return by_name


def _camera(path: str | Path, entry: dict[str, object]) -> Camera:
    name = str(entry.get("name", "without a name"))
    values = {key: np.array(entry.get(key, []), dtype=np.float64) for key in SHAPES}
    for key, shape in SHAPES.items():
        is_right = values[key].ndim == 1 if shape is None else values[key].shape == shape
        if not is_right or not values[key].size:
            expected = "a list of numbers" if shape is None else f"numbers in the shape {shape}"
            raise SuperAnimalError(
                f"{path}: camera '{name}': {key} is {entry.get(key)}; expected {expected}"
            )
    values["matrix"][:2, 2] += PIXEL_CENTER
    return camera_from_rotation_vector(name, *values.values())
