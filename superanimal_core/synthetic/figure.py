"""An animal's geometry at several times, before a camera sees it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


@dataclass(frozen=True)
class Figure:
    """Chains of points for drawing, and keypoints, in body lengths (x right, y down).

    `is_hidden` is True where the animal itself covers the keypoint.
    """

    points: dict[str, Float[ndarray, "time point 2"]]
    keypoints: Float[ndarray, "time keypoint 2"]
    is_hidden: Bool[ndarray, "time keypoint"]


def rotate(
    xy: Float[ndarray, "*#shape 2"], angle_rad: Float[ndarray, "*#shape"] | float
) -> ndarray:
    """Points turned about the origin, from the x axis towards the y axis."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    x, y = xy[..., 0], xy[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def middle_joint(
    root: Float[ndarray, "*shape 2"],
    end: Float[ndarray, "*shape 2"],
    upper: float,
    lower: float,
    bend: float,
) -> tuple[Float[ndarray, "*shape 2"], Float[ndarray, "*shape 2"]]:
    """Two-link inverse kinematics: the middle joint, and the end that the limb can reach.

    Both links keep their lengths exactly. The end moves towards the root when it is out of reach.
    `bend` is +1 or -1: the side of the line root -> end on which the joint lies.
    """
    reach = end - root
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    direction = reach / np.maximum(distance, 1e-9)
    span = np.clip(distance, abs(upper - lower) + 1e-6, (upper + lower) * (1 - 1e-6))
    along = (upper**2 - lower**2 + span**2) / (2 * span)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0))
    normal = np.stack([-direction[..., 1], direction[..., 0]], axis=-1)
    reached = np.where(np.isclose(span, distance, rtol=0, atol=1e-12), end, root + direction * span)
    return root + direction * along + bend * normal * aside, reached


def is_covered(
    points: Float[ndarray, "time point 2"],
    chain: Float[ndarray, "time node 2"],
    radii: Float[ndarray, "node"],
) -> Bool[ndarray, "time point"]:
    """True where a point lies within a chain of tapered capsules."""
    start, stop = chain[:, None, :-1], chain[:, None, 1:]
    axis = stop - start
    length2 = np.maximum((axis**2).sum(-1), 1e-12)
    part = np.clip(((points[:, :, None] - start) * axis).sum(-1) / length2, 0, 1)
    nearest = start + part[..., None] * axis
    distance = np.linalg.norm(points[:, :, None] - nearest, axis=-1)
    return (distance < radii[:-1] + part * (radii[1:] - radii[:-1])).any(axis=-1)
