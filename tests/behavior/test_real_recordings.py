"""Gait and behavior on real recordings that a person marked, or whose belt speed is known."""

import csv
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml
from stick_animals import belt_flags

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.behavior.animal_exchanges import find_animal_exchanges
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.behavior import (
    AnatomySettings,
    ConditionSettings,
    DefinitionSettings,
    StrideSettings,
)
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.eks import smooth_ensemble

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"needs the recordings in {SHARED} (set SUPERANIMAL_SHARED)"
)

SMOOTHING = {
    "center": "median",
    "strength": None,
    "motion": "auto",
    "velocity_s": 0.15,
    "noise": "learned",
    "strength_frames": 20_000,
    "min_variance_px2": 0.01,
    "single_network_variance_px2": 1.0,
}
GAIT = {
    "min_body_speed_bl_per_s": 0.5,
    "min_swing_frames": 5,
}


def smoothed(file, fps, **settings):
    rows = list(csv.reader((SHARED / file).open()))
    skip = len(rows[1]) % 3  # a first column of frame numbers
    keypoints = tuple(dict.fromkeys(rows[1][skip:]))
    values = np.array([[float(v) if v else np.nan for v in row[skip:]] for row in rows[3:]])
    values = values.reshape(len(values), 1, len(keypoints), 3)
    space = KeypointSpace(file, keypoints)
    time_s = np.arange(len(values)) / fps
    poses = Poses(space, ("animal0",), time_s, values[..., :2], values[..., 2])
    return smooth_ensemble([poses], EksSmoothing(**SMOOTHING, **settings))


def strides_of(poses, **settings):
    return measure_strides(unsmoothed(poses), StrideSettings(**GAIT | settings))


def hand_marked_steps(mouse):
    rows = csv.DictReader((SHARED / "autogaita/steps.csv").open())
    names = ("swing_start_s", "swing_end_s", "stance_end_s")
    return np.array([[float(r[n]) for n in names] for r in rows if r["mouse"] == mouse])


@pytest.mark.parametrize("mouse", ["14", "17"])
def test_strides_on_the_beam_are_those_that_a_person_marked(mouse):
    """Mouse 15 hesitates within two of its three marked steps and is left out."""
    poses = smoothed(f"autogaita/mouse{mouse}_pose.csv", 100, min_score=0.3, max_gap_s=0.2)
    strides = strides_of(
        poses,
        limbs=["Hind paw tao"],
        body=["Ear base", "Iliac Crest", "Tail base"],
        belt_speed_px_per_s=0.0,
        cm_per_px=0.0266,
    )
    marked = hand_marked_steps(mouse)
    stride_errors, stance_errors = [], []
    for (_, strike, stance_end), (_, following, _) in pairwise(marked):
        nearest = int(np.argmin(np.abs(strides.strike_s - strike)))
        if abs(strides.strike_s[nearest] - strike) < 0.05:
            stride_errors.append(strides.stride_time_s[nearest] - (following - strike))
            stance_errors.append(strides.stance_time_s[nearest] - (stance_end - strike))
    assert len(stride_errors) == 3
    assert (np.abs(stride_errors) < 0.02).all()
    assert (np.abs(stance_errors) < 0.025).all()


def test_a_mouse_on_a_treadmill_keeps_pace_with_the_belt():
    poses = smoothed("alma/treadmill_30cm_s_pose.csv", 120, min_score=0.6, max_gap_s=0.1)
    belt_px_per_s = 2050.0  # the most frequent speed of a toe on the belt, which is 30 cm/s
    own = {"limbs": ["toe"], "body": ["hip", "iliac crest"], "cm_per_px": 30 / belt_px_per_s}
    strides = strides_of(poses, belt_speed_px_per_s=belt_px_per_s, **own)
    assert len(strides) > 55
    speed = strides.stride_length_cm / strides.stride_time_s
    assert np.median(speed) == pytest.approx(30, rel=0.06)
    assert 4 < 1 / np.median(strides.stride_time_s) < 6
    assert 5 < np.median(strides.stride_length_cm) < 8
    assert belt_flags(poses, StrideSettings(**GAIT | own, belt_speed_px_per_s=belt_px_per_s)) == []
    for wrong, told in [(0.0, "on a treadmill tell"), (-belt_px_per_s, "told is -2050")]:
        [flag] = belt_flags(poses, StrideSettings(**GAIT | own, belt_speed_px_per_s=wrong))
        assert told in flag


def test_three_mice_are_never_exchanged_but_where_their_tracks_were():
    """Three mice that often touch; then two of them exchanged for 0.2 to 1 s, at 60 places."""
    rows = list(csv.reader((SHARED / "mabe_mice/tracks.csv").open()))
    values = np.array([[float(v) if v else np.nan for v in row[1:]] for row in rows[4:]])
    xy, time_s = values.reshape(len(values), 3, 12, 2), np.arange(len(values)) / 30
    nose_to_tail = (xy[:, :, 0] - xy[:, :, 9]).reshape(-1, 2)
    how_far = {
        "body_length_px": float(np.nanmedian(np.hypot(*nose_to_tail.T))),
        "most_apart_s": 0.3,
    }
    for mouse in range(3):
        assert len(find_animal_exchanges(xy, mouse, time_s, **how_far).after) == 0
    seen = np.isfinite(xy[:, :2]).all(axis=(1, 2, 3))
    random, tried = np.random.default_rng(0), 0
    while tried < 60:
        start, lasting = random.integers(1, len(xy) - 31), random.integers(6, 31)
        ends = np.array([start, start + lasting])
        if seen[[*(ends - 1), *ends]].all():
            changed = xy.copy()
            changed[start : ends[1], :2] = xy[start : ends[1], [1, 0]]
            found = find_animal_exchanges(changed, 0, time_s, **how_far)
            assert found.after.tolist() == ends.tolist()
            tried += 1


def test_freezing_as_it_is_shipped_is_what_a_person_marked():
    """The published limits of BehaviorDEPOT, tuned on nothing here; the paper's program: 0.90."""
    shipped = yaml.safe_load(CONFIG.read_text())["behavior"]["definitions"]
    freeze = {"freeze": shipped["superanimal_topviewmouse"]["freeze"]}
    poses = smoothed("behaviordepot/demo1_pose.csv", 50, min_score=0.1, max_gap_s=1.0)
    features = frame_features(
        poses.poses,
        unknown_error(poses.poses.score.shape),
        AnatomySettings(front="Nose", neck="Left Ear", center="Mid-Back", rear="Tailbase"),
        window_s=0.1,
        cm_per_px=1 / 32,
    )
    found = np.zeros(len(features), bool)
    bouts = predict_bouts(features, definitions_from_mapping(freeze))
    for start, stop in zip(bouts.start_frame, bouts.stop_frame, strict=True):
        found[start:stop] = True
    table = np.loadtxt(SHARED / "behaviordepot/demo1_freezing.csv", delimiter=",", skiprows=1)
    marked = table[:, 1] > 0
    f1 = 2 * (found & marked).sum() / (found.sum() + marked.sum())
    assert f1 > 0.85


def test_immobility_is_the_freezing_that_a_person_marked():
    poses = smoothed("behaviordepot/demo1_pose.csv", 50, min_score=0.1, max_gap_s=1.0)
    features = frame_features(
        poses.poses,
        unknown_error(poses.poses.score.shape),
        AnatomySettings(front="Nose", neck="Left Ear", center="Mid-Back", rear="Tailbase"),
        window_s=0.3,
        cm_per_px=1 / 32,
    )
    still = ConditionSettings(feature="motion_bl_per_s", above=None, below=0.1)
    freezing = DefinitionSettings(conditions=[still], min_duration_s=0.9, max_gap_s=0.0)
    bouts = predict_bouts(features, {"freeze": freezing})
    found = np.zeros(len(features), bool)
    for start, stop in zip(bouts.start_frame, bouts.stop_frame, strict=True):
        found[start:stop] = True
    table = np.loadtxt(SHARED / "behaviordepot/demo1_freezing.csv", delimiter=",", skiprows=1)
    marked = table[:, 1] > 0
    f1 = 2 * (found & marked).sum() / (found.sum() + marked.sum())
    assert f1 > 0.87
