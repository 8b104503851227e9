"""A mouse from above that turns and rears when it is told to: the truth for the tests of bouts."""

import numpy as np

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.sampling import lasting_noise

SPACE = KeypointSpace(
    "superanimal_topviewmouse",
    ("nose", "left_ear", "right_ear", "neck", "mouse_center", "tail_base"),
)
LENGTH_PX = 120.0
AHEAD = np.array([0.5, 0.35, 0.35, 0.22, -0.12, -0.5])  # body lengths from its middle
LEFT = np.array([0.0, 0.08, -0.08, 0.0, 0.0, 0.0])
FINE_S = 1e-3
LASTING_S, LASTING_PART = 0.2, 0.9  # of the variance of an error; the rest is new in each frame


def mouse(
    *,
    fps,
    turns=(),
    rears=(),
    seconds=10.0,
    heading_deg=0.0,
    speed_px_per_s=60.0,
    reared=0.5,
    noise_px=0.0,
    seed=0,
):
    """Poses of a stiff body that goes ahead, as a network sees it.

    `turns` are rows (start s, stop s, degrees per s), positive to the animal's left. In `rears`,
    rows (start s, stop s), the body is `reared` times as long. A heading of 0 is to the right of
    the picture, of 90 degrees up.
    """
    time_s = np.arange(round(seconds * fps)) / fps
    fine_s = np.arange(0, seconds + FINE_S, FINE_S)
    rate = np.zeros(len(fine_s))
    for start, stop, deg_per_s in turns:
        rate[(fine_s >= start) & (fine_s < stop)] = np.deg2rad(deg_per_s)
    angle = np.deg2rad(heading_deg) + np.cumsum(rate) * FINE_S
    way = np.cumsum(speed_px_per_s * FINE_S * _ahead(angle), axis=0)
    middle = np.stack([np.interp(time_s, fine_s, axis) for axis in way.T], axis=1)
    length = np.full(len(time_s), LENGTH_PX)
    for start, stop in rears:
        length[(time_s >= start) & (time_s < stop)] *= reared
    angle = np.interp(time_s, fine_s, angle)
    along = (length[:, None] * AHEAD)[..., None] * _ahead(angle)[:, None]
    across = LENGTH_PX * LEFT[:, None] * _ahead(angle + np.pi / 2)[:, None]
    xy = 500 + middle[:, None] + along + across
    rng = np.random.default_rng(seed)
    lasting = lasting_noise(time_s, LASTING_S, 2 * len(AHEAD), rng).reshape(xy.shape)
    new = rng.normal(size=xy.shape)
    xy += noise_px * (np.sqrt(LASTING_PART) * lasting + np.sqrt(1 - LASTING_PART) * new)
    score = np.full((len(time_s), 1, len(AHEAD)), 0.9)
    return Poses(SPACE, ("animal0",), time_s, xy[:, None], score)


def _ahead(angle_rad):
    """Unit vectors in the picture, whose y points down."""
    return np.stack([np.cos(angle_rad), -np.sin(angle_rad)], axis=-1)
