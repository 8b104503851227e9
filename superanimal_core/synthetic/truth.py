"""What is true of a filmed scene, as columns of tables: keypoints, footfalls, bouts, the gait."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.synthetic.gait_generator import LIMBS, Timeline, footfalls_of
from superanimal_core.synthetic.scene import Scene

INDIVIDUAL = "animal0"


def keypoint_truth(
    keypoints: Sequence[str],
    time_s: Float[ndarray, "frame"],
    xy_px: Float[ndarray, "frame keypoint 2"],
    is_visible: Bool[ndarray, "frame keypoint"],
) -> dict[str, object]:
    """One row per frame and keypoint, in this order of sorting; positions also where hidden."""
    frames = len(time_s)
    return {
        "frame": np.repeat(np.arange(frames, dtype=np.int32), len(keypoints)),
        "time_s": np.repeat(time_s, len(keypoints)),
        "individual": [INDIVIDUAL] * is_visible.size,
        "keypoint": list(keypoints) * frames,
        "x_px": xy_px[..., 0].ravel(),
        "y_px": xy_px[..., 1].ravel(),
        "visible": is_visible.ravel(),
    }


def footfall_truth(timeline: Timeline, duration_s: float) -> dict[str, object]:
    """One row per stance that begins in the film; its lift is NaN when the film ends before."""
    stances = [
        (limb, strike_s, lift_s if lift_s < duration_s else np.nan)
        for limb in LIMBS
        for strike_s, lift_s in footfalls_of(timeline, limb).stances()
        if strike_s < duration_s
    ]
    return {
        "limb": [limb for limb, _, _ in stances],
        "strike_s": np.array([strike_s for _, strike_s, _ in stances], dtype=np.float64),
        "lift_s": np.array([lift_s for _, _, lift_s in stances], dtype=np.float64),
    }


def bout_truth(timeline: Timeline, duration_s: float) -> dict[str, object]:
    """One row per bout that begins in the film, cut where the film ends."""
    bouts = [bout for bout in timeline.bouts if bout.start_s < duration_s]
    return {
        "individual": [INDIVIDUAL] * len(bouts),
        "behavior": [bout.behavior for bout in bouts],
        "start_s": np.array([bout.start_s for bout in bouts], dtype=np.float64),
        "stop_s": np.array([min(bout.stop_s, duration_s) for bout in bouts], dtype=np.float64),
    }


def scene_truth(
    scene: Scene, xy_px: Float[ndarray, "frame keypoint 2"], fps: float
) -> dict[str, object]:
    """Space, mean distance of nose and tail base, gait, and length of a film."""
    nose, tail = (scene.animal.keypoints.index(name) for name in ("nose", "tail_base"))
    length_px = np.linalg.norm(xy_px[:, nose] - xy_px[:, tail], axis=-1).mean()
    gait = scene.animal.timeline.gait
    return {
        "space": scene.animal.space,
        "body_length_px": float(length_px),
        "stride_frequency_hz": gait.stride_frequency_hz,
        "duty_factor": gait.duty_factor,
        "phases": dict(zip(LIMBS, gait.phases, strict=True)),
        "stride_length_px": gait.stride_length_bl * scene.camera.px_per_bl,
        "fps": fps,
        "frames": len(xy_px),
    }
