"""Ground that moves in the picture: belts, and cameras that follow the animal; what is told."""

from dataclasses import replace

import numpy as np
import pytest
from stick_animals import BODY, LIMBS, belt_flags, smoothed, walker

from superanimal_core.behavior.belt import (
    CLEARLY,
    MIN_SHARE,
    MOST_SLIDES,
    SLOW_BL_PER_S,
    STANDS_S,
    contradicting_px_per_s,
)
from superanimal_core.behavior.footfalls import detect_footfalls
from superanimal_core.behavior.slides import MIN_STANCES, stance_slides, usual_slide
from superanimal_core.settings.behavior import StrideSettings

LENGTH_PX, SPEED_PX_PER_S = 120.0, 200.0
GROOMS_HZ, GROOMS_PX = 5.0, 25.0


def settings_of(**changed):
    own = {"limbs": LIMBS, "body": BODY, "min_body_speed_bl_per_s": 0.3, "cm_per_px": None}
    return StrideSettings(**own | {"belt_speed_px_per_s": 0.0, "min_swing_frames": 5} | changed)


def seen_by(camera_px, **how):
    """A walk as a camera sees it that has gone so far (px, per frame) along with the animal."""
    poses = walker(**{"noise_px": 0.5} | how)
    xy = poses.poses.xy_px.copy()
    xy[..., 0] -= camera_px(poses.poses.time_s)[:, None, None]
    return smoothed(xy, poses.poses.time_s, 0.25)


@pytest.mark.parametrize("fps", [30.0, 120.0])
@pytest.mark.parametrize("part", [0.0, 0.14, 0.19, 0.28])
def test_a_camera_that_goes_along_in_part_is_told(part, fps):
    flags = belt_flags(seen_by(lambda t: part * SPEED_PX_PER_S * t, fps=fps), settings_of())
    assert len(flags) == (part / (1 - part) > MOST_SLIDES)
    assert all("feet in stance go against the body" in flag for flag in flags)


@pytest.mark.parametrize(("told", "way"), [(0.8, "against"), (1.0, ""), (1.3, "with")])
def test_a_belt_that_is_told_a_little_wrong_is_told(told, way):
    poses = walker(treadmill=True, noise_px=0.5)
    flags = belt_flags(poses, settings_of(belt_speed_px_per_s=told * SPEED_PX_PER_S))
    assert len(flags) == bool(way)
    assert all(f"feet in stance go {way} the body" in flag for flag in flags)


@pytest.mark.parametrize("noise_px", [0.0, 1.0, 4.0])
def test_slides_are_that_part_of_the_way_whatever_the_noise(noise_px):
    """A belt of 200 told as 170: the body is taken to go 170, and the feet back by 30."""
    poses = walker(treadmill=True, noise_px=noise_px)
    walk = detect_footfalls(poses, 0, settings_of(belt_speed_px_per_s=170.0))
    slides = stance_slides(walk, poses.poses.time_s)
    assert len(slides) >= 60
    assert np.median(slides) == pytest.approx(-30 / 170, abs=0.03)


def test_slides_that_differ_or_are_few_are_no_slide():
    same = np.full(MIN_STANCES, 0.4)
    assert usual_slide(same) == pytest.approx(0.4)
    assert usual_slide(-same) == pytest.approx(-0.4)
    assert np.isnan(usual_slide(same[1:]))
    assert np.isnan(usual_slide(np.linspace(-1.0, 1.8, 41)))
    for low, is_told in [(0.19, False), (0.21, True)]:
        for way in (1, -1):
            assert np.isfinite(usual_slide(way * np.repeat([low, 0.4], [11, 30]))) == is_told


def turned(poses):
    return smoothed(poses.poses.xy_px[..., ::-1], poses.poses.time_s, 0.25)


@pytest.mark.parametrize(("to_the_right", "way"), [(True, "up"), (False, "down")])
def test_a_belt_that_runs_up_or_down_the_picture_is_told(to_the_right, way):
    """Right becomes down when the picture is turned, and the belt goes the other way."""
    belt = walker(treadmill=True, noise_px=0.5, to_the_right=to_the_right)
    [flag] = belt_flags(turned(belt), settings_of())
    assert f"moves {way} the picture at" in flag
    assert belt_flags(turned(walker(noise_px=0.5)), settings_of()) == []


@pytest.mark.parametrize(("slope_deg", "is_told"), [(40, False), (50, True)])
def test_a_belt_that_runs_down_more_than_along_the_picture_is_told(slope_deg, is_told):
    """A camera that hangs a little askew is none; the speed along the picture is told right."""
    belt = walker(treadmill=True, noise_px=0.5)
    along, down = np.cos(np.radians(slope_deg)), np.sin(np.radians(slope_deg))
    xy = belt.poses.xy_px @ np.array([[along, down], [-down, along]])
    told = settings_of(belt_speed_px_per_s=along * SPEED_PX_PER_S)
    flags = belt_flags(smoothed(xy, belt.poses.time_s, 0.25), told)
    assert any("turn the video" in flag for flag in flags) == is_told


@pytest.mark.parametrize("follows_s", [STANDS_S - 0.7, STANDS_S + 0.7])
def test_a_camera_that_follows_at_times_is_told(follows_s):
    """It begins to follow the animal before the end."""
    poses = seen_by(lambda t: SPEED_PX_PER_S * np.maximum(t - 8.0 + follows_s, 0))
    flags = belt_flags(poses, settings_of())
    assert len(flags) == (follows_s > STANDS_S)
    assert all("where its body stands in the picture" in flag for flag in flags)


def test_paws_that_groom_are_no_moving_ground():
    """Half of the time the animal stands, and the only paws that are seen go back and forth."""
    poses = walker(noise_px=0.5, pause_s=(4.0, 8.0))
    time_s, xy = poses.poses.time_s, poses.poses.xy_px.copy()
    grooms = GROOMS_PX * np.sin(2 * np.pi * GROOMS_HZ * time_s) * (time_s > 4)
    xy[:, 0, :2, 0] += grooms[:, None]
    front = settings_of(limbs=LIMBS[:2])
    assert belt_flags(smoothed(xy, time_s, 0.25), front) == []
    fastest = 2 * np.pi * GROOMS_HZ * GROOMS_PX
    part = np.arccos(1 - SLOW_BL_PER_S * LENGTH_PX / 2 / fastest) / np.pi
    assert part < MIN_SHARE


@pytest.mark.parametrize("noise_px", [1.0, 3.0, 6.0])
@pytest.mark.parametrize("seed", range(4))
def test_noise_of_an_animal_that_stands_moves_no_ground(noise_px, seed):
    """Its most common speed may be any: about zero there are as many."""
    poses = walker(noise_px=noise_px, pause_s=(0.0, 8.0), seed=seed, fps=60.0)
    assert belt_flags(poses, settings_of()) == []


@pytest.mark.parametrize("times", [CLEARLY - 0.1, CLEARLY + 0.1])
def test_ground_moves_where_clearly_more_speeds_say_so(times):
    speeds = np.concatenate([np.full(round(100 * times), 200.0), np.linspace(-10, 10, 100)])
    found = contradicting_px_per_s(speeds[:, None], 0.0, LENGTH_PX)
    assert np.isfinite(found) == (times > CLEARLY)


def test_a_camera_that_follows_evenly_is_as_a_belt():
    """Told as one, the strides are those of a camera that stands."""
    poses = seen_by(lambda t: SPEED_PX_PER_S * t)
    [flag] = belt_flags(poses, settings_of())
    assert "the camera follows the animal" in flag
    assert belt_flags(poses, settings_of(belt_speed_px_per_s=SPEED_PX_PER_S)) == []
    nobody = replace(poses, members=np.zeros_like(poses.members))
    assert belt_flags(nobody, settings_of()) == []
