"""Feature tables of drawn animals that rest, walk and turn; what they do is known."""

import numpy as np

from superanimal_core.behavior.features import FeatureTable
from superanimal_core.settings.classifiers import ClassifierSettings

EVERY = {
    "method": "boosting",
    "features": [],
    "ignored": [],
    "animal_column": "subject",
    "folds": 3,
    "min_bouts": 3,
    "frames_per_s": 20,
    "boosting": {
        "half_windows_s": [0.2],
        "trees": 15,
        "learning_rate": 0.2,
        "leaves": 6,
        "min_leaf_frames": 10,
    },
    "network": {
        "half_window_s": 0.3,
        "samples": 5,
        "hidden": [16, 8],
        "dropout": [0.1, 0.1],
        "epochs": 8,
        "batch": 32,
        "learning_rate": 0.003,
    },
    "bouts": {
        "min_probability": [0.5, 0.3],
        "max_gap_s": [0.0, 0.2],
        "min_duration_s": [0.0, 0.5],
    },
}
BEHAVIORS = ("rest", "turn")


def settings(**changed):
    return ClassifierSettings(**{**EVERY, "labels": "-", "behaviors": [*BEHAVIORS], **changed})


def drawn_animal(seed, seconds=60.0, fps=20.0, scale=1.0, noise=0.3):
    """A table of features, and the class of each frame: 0 walk, 1 rest, 2 turn, some 2 s each."""
    random = np.random.default_rng(seed)
    frames = int(seconds * fps)
    states = np.repeat(random.integers(0, 3, int(seconds) + 1), int(2 * fps))[:frames]
    speed = np.array([8.0, 0.5, 3.0])[states] + random.normal(0, noise * 3, frames)
    turn = np.array([0.2, 0.1, 2.0])[states] + random.normal(0, noise, frames)
    columns = {
        "center_x_px": np.cumsum(speed) * scale,
        "speed_px_per_s": 40 * scale * np.abs(speed),
        "speed_px_per_s_sd": np.ones(frames),
        "speed_bl_per_s": np.abs(speed),
        "turn_speed_rad_per_s": np.abs(turn),
        "body_length_px": np.full(frames, 40.0 * scale) + random.normal(0, 1, frames),
        "hull_area_px2": np.full(frames, 900.0 * scale**2),
    }
    time_s = 7.0 + np.arange(frames) / fps
    individual = np.full(frames, "animal0", dtype=object)
    return FeatureTable(np.arange(frames), time_s, individual, columns), states.astype(np.int64)
