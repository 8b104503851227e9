"""Calibrated cameras: from the world to the image and back.

Pinhole with OpenCV's rational radial and tangential distortion, in the project's pixel convention;
whoever reads a calibration that puts the center of the top-left pixel at (0, 0) adds 0.5 to the
principal point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

UNDISTORT_STEPS = 20
PINHOLE = np.zeros(8)


@dataclass(frozen=True)
class Camera:
    """Intrinsics and pose of one camera.

    `matrix` holds focal lengths, skew and principal point (px); `distortion` is k1 k2 p1 p2 k3, and
    optionally k4 k5 k6, as in OpenCV; a world point X is `rotation` X + `translation` in the
    camera's frame, whose z points forward.
    """

    name: str
    matrix: Float[ndarray, "3 3"]
    distortion: Float[ndarray, "coefficient"]
    rotation: Float[ndarray, "3 3"]
    translation: Float[ndarray, "3"]


def camera_from_rotation_vector(
    name: str,
    matrix: Float[ndarray, "3 3"],
    distortion: Float[ndarray, "coefficient"],
    rotation_vector: Float[ndarray, "3"],
    translation: Float[ndarray, "3"],
) -> Camera:
    """A camera whose rotation is given as axis times angle (Anipose, OpenCV)."""
    return Camera(name, matrix, distortion, rotation_matrix(rotation_vector), translation)


def rotation_matrix(rotation_vector: Float[ndarray, "3"]) -> Float[ndarray, "3 3"]:
    """Rodrigues' formula: the rotation about a vector by its length (rad)."""
    angle = float(np.linalg.norm(rotation_vector))
    x, y, z = rotation_vector
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=np.float64)
    first = np.sinc(angle / np.pi)  # sin(angle) / angle
    second = np.sinc(angle / (2 * np.pi)) ** 2 / 2  # (1 - cos(angle)) / angle^2
    return np.eye(3) + first * cross + second * cross @ cross


def project(
    camera: Camera, points: Float[ndarray, "point 3"]
) -> tuple[Float[ndarray, "point 2"], Float[ndarray, "point 2 3"]]:
    """Image positions (px) of world points, and their derivative with respect to the points."""
    seen = points @ camera.rotation.T + camera.translation
    depth = seen[:, 2:]
    plane = seen[:, :2] / depth
    to_plane = np.zeros((len(points), 2, 3))
    to_plane[:, 0, 0] = to_plane[:, 1, 1] = 1 / depth[:, 0]
    to_plane[:, :, 2] = -plane / depth
    bent, bend = _distort(camera.distortion, plane)
    lens = camera.matrix[:2, :2]
    xy = bent @ lens.T + camera.matrix[:2, 2]
    return xy, lens @ bend @ to_plane @ camera.rotation


def undistort(camera: Camera, xy_px: Float[ndarray, "point 2"]) -> Float[ndarray, "point 2"]:
    """Positions on the plane at depth 1 that a perfect pinhole would see (Newton's method)."""
    bent = (xy_px - camera.matrix[:2, 2]) @ np.linalg.inv(camera.matrix[:2, :2]).T
    plane = bent.copy()
    for _ in range(UNDISTORT_STEPS):
        guess, slope = _distort(camera.distortion, plane)
        step = np.linalg.solve(slope, (bent - guess)[..., None])[..., 0]
        plane = plane + step
        if not (np.abs(step) > 1e-13).any():
            break
    return plane


def triangulate(
    cameras: Sequence[Camera], xy_px: Float[ndarray, "point view 2"]
) -> Float[ndarray, "point 3"]:
    """World points from two or more views: the median over the pairs of views; NaN from fewer.

    Each pair is solved linearly; the median ignores one view that is wrong.
    """
    plane = [undistort(c, xy_px[:, v]) for v, c in enumerate(cameras)]
    found = []
    for first, second in combinations(range(len(cameras)), 2):
        rows = [_rays(cameras[v], plane[v]) for v in (first, second)]
        system = np.concatenate(rows, axis=1)
        known = np.isfinite(system).all(axis=(1, 2))
        points = np.full((len(system), 3), np.nan)
        homogeneous = np.linalg.svd(system[known])[2][:, -1]
        points[known] = homogeneous[:, :3] / homogeneous[:, 3:]
        found.append(points)
    return _median_of_known(np.stack(found))


def _rays(camera: Camera, plane: ndarray) -> ndarray:
    """Two linear equations per point for its homogeneous world position."""
    pose = np.column_stack([camera.rotation, camera.translation])
    return plane[:, :, None] * pose[2] - pose[:2]


def _distort(distortion: ndarray, plane: ndarray) -> tuple[ndarray, ndarray]:
    """Distorted positions on the plane, and their derivative."""
    k1, k2, p1, p2, k3, k4, k5, k6 = np.append(distortion, np.zeros(8))[:8]
    a, b = plane[:, 0], plane[:, 1]
    r2 = a**2 + b**2
    above, below = 1 + r2 * (k1 + r2 * (k2 + r2 * k3)), 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
    radial = above / below
    d_above, d_below = k1 + r2 * (2 * k2 + 3 * r2 * k3), k4 + r2 * (2 * k5 + 3 * r2 * k6)
    slope = 2 * (d_above - radial * d_below) / below
    bent = np.stack(
        [
            a * radial + 2 * p1 * a * b + p2 * (r2 + 2 * a**2),
            b * radial + p1 * (r2 + 2 * b**2) + 2 * p2 * a * b,
        ],
        axis=1,
    )
    mixed = a * b * slope + 2 * p1 * a + 2 * p2 * b
    bend = np.empty((len(plane), 2, 2))
    bend[:, 0, 0] = radial + a**2 * slope + 2 * p1 * b + 6 * p2 * a
    bend[:, 1, 1] = radial + b**2 * slope + 6 * p1 * b + 2 * p2 * a
    bend[:, 0, 1] = bend[:, 1, 0] = mixed
    return bent, bend


def _median_of_known(values: ndarray) -> ndarray:
    """Median over axis 0, ignoring NaN."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(values).sum(axis=0, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=0)
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(values) - 1), axis=0)
    return np.where(count > 0, (low + high) / 2, np.nan)[0]
