from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.synthetic.cameras import Camera, Light
from superanimal_core.synthetic.casting import mouse_video_scene, quadruped_video_scene
from superanimal_core.synthetic.coats import COATS
from superanimal_core.synthetic.gait_generator import Gait, plan_timeline
from superanimal_core.synthetic.quadruped import QUADRUPED_KEYPOINTS, Quadruped
from superanimal_core.synthetic.scene import Scene, render_frames


def plain_scene(animal, coat="black", foreground=None, **camera):
    """On a white floor, with a perfect camera and light."""
    perfect = {"blur_px": 0.0, "noise_sd": 0.0, "exposure_s": 0.0, **camera}
    seen = Camera(320, 240, 110, center_bl=(0.1, -0.5), **perfect)
    light = Light(vignette=0.0)
    floor = np.full((240, 320, 3), 255, np.uint8)
    return Scene(animal, COATS[coat], seen, light, floor, foreground, 0)


def standing(faces_left=False, program=(("pause", 2.0),)):
    return Quadruped(plan_timeline(Gait(2.2, 0.62, 0.4), list(program)), faces_left)


SCENES = {
    "mouse": lambda seed: mouse_video_scene(seed, 3.0),
    "quadruped": lambda seed: quadruped_video_scene(seed, 3.0, 560),
}


@pytest.mark.parametrize("animal", SCENES)
def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(animal):
    time_s = np.array([0.4, 1.0])
    first, again, other = (list(render_frames(SCENES[animal](seed), time_s)) for seed in (5, 5, 6))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.xy_px, b.xy_px)
        assert (a.image != c.image).mean() > 0.5


@pytest.mark.parametrize("animal", SCENES)
def test_visible_keypoints_lie_on_the_drawn_animal(animal):
    scene = SCENES[animal](2)
    # the same scene with a black animal and one with a white animal differ on the animal only
    camera = replace(scene.camera, noise_sd=0.0)
    time_s = np.linspace(0.1, 2.9, 12)
    pictures = [
        list(render_frames(replace(scene, camera=camera, coat=COATS[coat]), time_s))
        for coat in ("black", "white")
    ]
    for black, white in zip(*pictures, strict=True):
        change = np.abs(black.image.astype(int) - white.image).max(axis=2)
        for x, y in black.xy_px[black.is_visible]:
            near = change[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]
            assert near.max() > 20


def test_a_dark_animal_darkens_a_white_floor_at_every_visible_keypoint():
    scene = plain_scene(standing())
    frame = next(render_frames(scene, np.array([1.0])))
    for x, y in frame.xy_px[frame.is_visible]:
        patch = frame.image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
        assert patch.min() < 130


def test_the_nose_is_drawn_where_the_truth_says():
    scene = plain_scene(standing(), coat="white")
    frame = next(render_frames(scene, np.array([1.0])))
    x, y = frame.xy_px[QUADRUPED_KEYPOINTS.index("nose")]
    rows, columns = np.mgrid[0:240, 0:320] + 0.5  # pixel centers in our convention
    near = (abs(columns - x) < 5) & (abs(rows - y) < 5)
    darkness = np.where(near, np.maximum(90 - frame.image.mean(axis=2), 0), 0)
    assert (columns * darkness).sum() / darkness.sum() == pytest.approx(x, abs=0.7)
    assert (rows * darkness).sum() / darkness.sum() == pytest.approx(y, abs=0.7)


def test_the_box_holds_the_animal_and_no_more():
    scene = plain_scene(standing())
    frame = next(render_frames(scene, np.array([1.0])))
    x0, y0, x1, y1 = frame.box_xyxy_px
    dark = frame.image.max(axis=2) < 110
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert [columns[0], columns[-1] + 1] == pytest.approx([x0, x1], abs=2)
    assert [rows[0], rows[-1] + 1] == pytest.approx([y0, y1], abs=2)
    inside = (frame.xy_px >= [x0 - 1, y0 - 1]) & (frame.xy_px <= [x1 + 1, y1 + 1])
    assert inside.all()


def test_what_the_foreground_covers_is_not_visible():
    cover = np.zeros((240, 320, 4), np.uint8)
    cover[:, 200:] = 255
    bare = next(render_frames(plain_scene(standing()), np.array([1.0])))
    covered = next(render_frames(plain_scene(standing(), foreground=cover), np.array([1.0])))
    behind = bare.xy_px[:, 0] >= 200
    assert behind.any()
    assert not covered.is_visible[behind].any()
    np.testing.assert_array_equal(covered.is_visible[~behind], bare.is_visible[~behind])
    np.testing.assert_array_equal(covered.xy_px, bare.xy_px)


def test_the_far_shoulder_and_eye_are_hidden_by_the_animal_itself():
    for faces_left, far in ((False, "left"), (True, "right")):
        frame = next(render_frames(plain_scene(standing(faces_left)), np.array([1.0])))
        seen = dict(zip(QUADRUPED_KEYPOINTS, frame.is_visible, strict=True))
        assert not seen[f"{far}_eye"]
        assert not seen[f"front_{far}_thai"]


def test_keypoints_outside_the_picture_are_not_visible():
    scene = plain_scene(standing())
    camera = replace(scene.camera, center_bl=(0.9, -0.5), px_per_bl=200)
    frame = next(render_frames(replace(scene, camera=camera), np.array([1.0])))
    outside = frame.xy_px[:, 0] < 0
    assert outside.any()
    assert not frame.is_visible[outside].any()


def test_a_long_exposure_blurs_what_moves_and_only_that():
    animal = standing(program=(("walk", 6),))
    sharp, blurred = (
        next(render_frames(plain_scene(animal, exposure_s=float(e)), np.array([1.2])))
        for e in (0, 0.1)
    )
    paw = [QUADRUPED_KEYPOINTS.index("nose")]
    x, y = sharp.xy_px[paw[0]].astype(int)
    patch = np.s_[y - 6 : y + 7, x - 8 : x + 9]
    edges = [np.abs(np.diff(f.image[patch].astype(int), axis=1)).max() for f in (sharp, blurred)]
    assert edges[1] < 0.8 * edges[0]
    np.testing.assert_array_equal(sharp.image[:20], blurred.image[:20])


def test_noise_has_the_chosen_strength():
    scene = plain_scene(standing(), noise_sd=4.0)
    floor = np.full((240, 320, 3), 128, np.uint8)
    frame = next(render_frames(replace(scene, background=floor), np.array([1.0])))
    assert frame.image[:40].std() == pytest.approx(4.0, rel=0.1)


def test_light_falls_off_in_its_direction_and_flickers():
    field = Light(slope=0.4, slope_angle_rad=0.0, vignette=0.0).field(100, 80)
    assert field[40, 99, 0] / field[40, 0, 0] == pytest.approx(1.2 / 0.8)
    assert np.ptp(field[:, 50]) == 0
    light = Light(flicker=0.1, flicker_hz=2.0)
    assert light.level(0.125) == pytest.approx(1.1)
    assert light.level(0.375) == pytest.approx(0.9)
