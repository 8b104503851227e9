"""Animals drawn by lot: individuals, programs, paths, lights; and the scenes of videos."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.synthetic.backgrounds import BACKGROUNDS
from superanimal_core.synthetic.cameras import Camera, Light, expose, tilted
from superanimal_core.synthetic.coats import COATS
from superanimal_core.synthetic.gait_generator import TROT_PHASES, WALK_PHASES, Gait, plan_timeline
from superanimal_core.synthetic.mouse import Mouse, MouseBuild, wander
from superanimal_core.synthetic.quadruped import Quadruped, QuadrupedBuild
from superanimal_core.synthetic.scene import Scene

BEYOND_BL = 1.6  # of a visitor's floor lie beyond each edge of the picture
MOUSE_COLORS = ("black", "brown", "white", "spotted", "gray")


def draw_light(generator: np.random.Generator, brightness: tuple[float, float]) -> Light:
    """A light by lot."""
    return Light(
        gain=generator.uniform(*brightness),
        slope=generator.uniform(0, 0.5),
        slope_angle_rad=generator.uniform(-np.pi, np.pi),
        vignette=generator.uniform(0, 0.3),
        tint=tuple(generator.uniform(0.93, 1.07, 3).tolist()),
    )


def draw_gait(generator: np.random.Generator) -> Gait:
    """A walk, or now and then a trot."""
    if generator.uniform() < 0.2:
        return Gait(generator.uniform(2.4, 3.2), generator.uniform(0.42, 0.5), 0.45, TROT_PHASES)
    frequency_hz, duty = generator.uniform(1.4, 2.8), generator.uniform(0.56, 0.70)
    return Gait(frequency_hz, duty, generator.uniform(0.34, 0.46), WALK_PHASES)


def cast_mouse(generator: np.random.Generator, build_seed: int) -> tuple[Mouse, float]:
    """A mouse of one build on a path of its own, and a moment of what it does."""
    behavior = generator.choice(["walk", "walk", "walk", "pause", "sniff", "sniff"])
    amount = 4 if behavior == "walk" else 1.2
    program = [("walk", 1), (str(behavior), amount), ("walk", 1)]
    frequency_hz, duty, stride_bl = generator.uniform((2.0, 0.55, 0.4), (3.6, 0.7, 0.6)).tolist()
    timeline = plan_timeline(Gait(frequency_hz, duty, stride_bl), program)
    length_bl = float(timeline.distance_bl(np.array([timeline.duration_s]))[0]) + 0.5
    half_bl = tuple(generator.uniform(0.8, 2.0, 2).tolist())
    path = wander(generator, length_bl, half_bl, (0.0, 0.0), generator.uniform(-np.pi, np.pi))
    bout = timeline.bouts[1]
    time_s = generator.uniform(bout.start_s, bout.stop_s)
    return Mouse(timeline, path, draw_mouse_build(build_seed)), time_s


def draw_mouse_build(seed: int) -> MouseBuild:
    """An individual by lot."""
    girth, ears, tail = (
        np.random.default_rng(seed).uniform((0.9, 0.9, 0.92), (1.1, 1.15, 1.1)).tolist()
    )
    return MouseBuild(girth, ears, tail)


def cast_quadruped(generator: np.random.Generator, build_seed: int) -> tuple[Quadruped, float]:
    """An animal of one build, and a moment of what it does."""
    behavior = generator.choice(["walk", "walk", "walk", "walk", "pause", "rear", "sniff"])
    amount = 4 if behavior == "walk" else 1.4
    program = [("walk", 2), ("pause", 0.3), (str(behavior), amount), ("pause", 0.3), ("walk", 2)]
    timeline = plan_timeline(draw_gait(generator), program)
    faces_left = bool(generator.uniform() < 0.5)
    animal = Quadruped(timeline, faces_left, 0.0, draw_quadruped_build(build_seed))
    bout = timeline.bouts[2]
    return animal, generator.uniform(bout.start_s, bout.stop_s)


def draw_quadruped_build(seed: int) -> QuadrupedBuild:
    """An individual by lot."""
    low, high = (0.92, 0.8, 0.85, 0.92), (1.08, 1.15, 1.2, 1.1)
    return QuadrupedBuild(*np.random.default_rng(seed).uniform(low, high).tolist())


def mouse_video_scene(seed: int, duration_s: float) -> Scene:
    """A mouse on tiles: it walks, pauses, sniffs, and goes on until the time is up."""
    generator = np.random.default_rng([seed, 11])
    gait = Gait(generator.uniform(2.4, 3.0), 0.62, generator.uniform(0.42, 0.50))
    program = [("walk", 5), ("pause", 0.9), ("walk", 5), ("sniff", 1.4)] * 40
    timeline = plan_timeline(gait, _until(gait, program, duration_s))
    scale = generator.uniform(84, 94)
    half = (160 / scale - 0.3, 120 / scale - 0.3)
    way_bl = float(timeline.distance_bl(np.array([timeline.duration_s]))[0]) + 0.5
    path = wander(generator, way_bl, half, (-0.4, 0.1), generator.uniform(-0.5, 0.5))
    animal = Mouse(timeline, path, draw_mouse_build(seed))
    camera = Camera(320, 240, scale, rotation_rad=0.04, blur_px=0.7, noise_sd=4)
    place = tilted(BACKGROUNDS["tiles"](generator, (320, 240), 120), 0.04)
    light = Light(0.95, 0.3, generator.uniform(-3, 3), 0.2, (1.0, 0.99, 0.95), flicker=0.03)
    coat = COATS[str(generator.choice(MOUSE_COLORS))]
    return Scene(animal, coat, camera, light, place, None, seed)


def visiting_mouse_scene(seed: int, duration_s: float) -> Scene:
    """The same mouse on a larger floor than the camera sees: it leaves, and comes back."""
    scene = mouse_video_scene(seed, duration_s)
    generator, camera = np.random.default_rng([seed, 13]), scene.camera
    timeline = scene.animal.timeline
    size_bl = np.array([camera.width_px, camera.height_px]) / camera.px_per_bl
    way_bl = float(timeline.distance_bl(np.array([timeline.duration_s]))[0]) + 0.5
    half_bl = tuple((size_bl / 2 + BEYOND_BL).tolist())
    path = wander(generator, way_bl, half_bl, (0.0, 0.0), generator.uniform(-np.pi, np.pi))
    return replace(scene, animal=Mouse(timeline, path, draw_mouse_build(seed)))


def empty_scene_picture(
    seed: int, kind: str, size_px: tuple[int, int] = (320, 240)
) -> UInt8[ndarray, "height width 3"]:
    """A background of BACKGROUNDS as a camera sees it, without an animal."""
    generator = np.random.default_rng([seed, 14])
    ground_px = size_px[1] * generator.uniform(0.70, 0.84)
    place = BACKGROUNDS[kind](generator, size_px, ground_px).astype(np.float32)
    camera = Camera(*size_px, 80.0, blur_px=0.6, noise_sd=generator.uniform(2, 5))
    lit = place * draw_light(generator, (0.65, 1.15)).field(*size_px)
    return expose(lit, camera, generator)


def quadruped_video_scene(seed: int, duration_s: float, width_px: int) -> Scene:
    """An animal that crosses a room in 11 strides with a pause; then it rears, then it sniffs."""
    generator = np.random.default_rng([seed, 12])
    gait = Gait(generator.uniform(2.2, 2.4), generator.uniform(0.60, 0.66), 0.38)
    program = [("walk", 6), ("pause", 0.7), ("walk", 5), ("pause", 0.4), ("rear", 1.3)]
    program += [("pause", 0.6), ("sniff", 1.2), ("pause", 60)]
    timeline = plan_timeline(gait, _until(gait, program, duration_s))
    scale = generator.uniform(102, 108)
    faces_left = bool(generator.uniform() < 0.5)
    way_bl = float(timeline.distance_bl(np.array([timeline.duration_s]))[0])
    animal = Quadruped(timeline, faces_left, 0.0, draw_quadruped_build(seed))
    middle = way_bl / 2 + 0.04
    center = (-middle if faces_left else middle, -0.62)
    camera = Camera(width_px, 240, scale, center, 0.01, blur_px=0.6, noise_sd=4)
    ground_px = 120 + 0.62 * scale
    place = tilted(BACKGROUNDS["room"](generator, (width_px, 240), ground_px), 0.01)
    light = Light(0.95, 0.25, generator.uniform(-3, 3), 0.15, (1.0, 0.98, 0.94), flicker=0.03)
    coat = COATS[str(generator.choice(sorted(COATS)))]
    return Scene(animal, coat, camera, light, place, None, seed)


def _until(
    gait: Gait, program: list[tuple[str, float]], duration_s: float
) -> list[tuple[str, float]]:
    """The shortest beginning of a program that lasts at least `duration_s`."""
    for count in range(1, len(program) + 1):
        if plan_timeline(gait, program[:count]).duration_s >= duration_s:
            return program[:count]
    return program
