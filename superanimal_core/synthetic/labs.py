"""Labs: who films which animal where, labels which keypoints, and calls them what.

No lab labels all keypoints of its animal, together they cover it, and several keypoints are known
to one lab only: this is what keypoint unification and gradient masking are for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.synthetic.backgrounds import BACKGROUNDS, bar, grass_tufts
from superanimal_core.synthetic.cameras import Camera, tilted
from superanimal_core.synthetic.casting import (
    cast_mouse,
    cast_quadruped,
    draw_light,
)
from superanimal_core.synthetic.coats import COATS
from superanimal_core.synthetic.mouse import MOUSE_KEYPOINTS, Mouse
from superanimal_core.synthetic.quadruped import QUADRUPED_KEYPOINTS, Quadruped
from superanimal_core.synthetic.scene import Frame, Scene, render_frames

OUTSIDE_BL = 0.10  # of an animal may lie beyond the edge of a picture


@dataclass(frozen=True)
class Lab:
    """A lab: its animal ('mouse' or 'quadruped'), its label format, its words, and its pictures.

    `words` are (source keypoint, unified keypoint); an empty unified one is labeled but dropped.
    `hidden_labeled` is the chance that a hidden keypoint is labeled all the same, `left_out` that a
    visible one is not. `groups` are the lab's videos; each has a place, a light, an individual.
    """

    name: str
    animal: str
    layout: str
    words: tuple[tuple[str, str], ...]
    backgrounds: tuple[str, ...]
    coats: tuple[str, ...]
    px_per_bl: tuple[float, float]
    rotation_rad: float
    blur_px: tuple[float, float]
    noise_sd: tuple[float, float]
    jpeg_quality: int | None
    brightness: tuple[float, float]
    hidden_labeled: float
    left_out: float
    groups: int = 6

    @property
    def sources(self) -> tuple[str, ...]:
        """The lab's own keypoint names, in its own order."""
        return tuple(source for source, _ in self.words)


@dataclass(frozen=True)
class LabImage:
    """One labeled picture of a lab, in the lab's own words.

    `xy_px` is NaN where nothing is labeled; `is_visible` says whether a labeled keypoint is seen.
    """

    group: str
    frame: Frame
    xy_px: Float[ndarray, "source 2"]
    is_visible: Bool[ndarray, "source"]


def lab_images(lab: Lab, images: int, size_px: tuple[int, int], seed: int) -> Iterator[LabImage]:
    """The lab's pictures, group by group; the same seed gives the same pictures."""
    for group in range(lab.groups):
        count = images // lab.groups + (group < images % lab.groups)
        generator = np.random.default_rng([seed, group, *lab.name.encode()])
        for frame, scene in _group_frames(lab, generator, count, size_px, group):
            xy_px, is_visible = _annotated(lab, frame, scene, generator)
            yield LabImage(f"{lab.name}-{group + 1:02d}", frame, xy_px, is_visible)


def _group_frames(
    lab: Lab, generator: np.random.Generator, count: int, size_px: tuple[int, int], group: int
) -> Iterator[tuple[Frame, Scene]]:
    """Frames of one individual in one place; each at another moment of another walk."""
    px_per_bl = generator.uniform(*lab.px_per_bl)
    camera = Camera(
        *size_px,
        px_per_bl,
        rotation_rad=generator.uniform(-1, 1) * lab.rotation_rad,
        blur_px=generator.uniform(*lab.blur_px),
        noise_sd=generator.uniform(*lab.noise_sd),
        exposure_s=generator.uniform(1 / 250, 1 / 60),
        jpeg_quality=lab.jpeg_quality,
    )
    ground_px = size_px[1] * generator.uniform(0.70, 0.84)
    kind = lab.backgrounds[group % len(lab.backgrounds)]
    place = tilted(BACKGROUNDS[kind](generator, size_px, ground_px), camera.rotation_rad)
    coat = COATS[lab.coats[group % len(lab.coats)]]
    build_seed = int(generator.integers(2**31))
    for _ in range(count):
        light = draw_light(generator, lab.brightness)
        scale = px_per_bl * generator.uniform(0.92, 1.08)
        if lab.animal == "mouse":
            animal, time_s = cast_mouse(generator, build_seed)
        else:
            animal, time_s = cast_quadruped(generator, build_seed)
        center = _aim(animal, time_s, size_px, scale, generator)
        if lab.animal == "quadruped":  # the place's ground, not the lot, says how high it stands
            center = (center[0], (size_px[1] / 2 - ground_px) / scale)
        cover = _cover(generator, kind, size_px, ground_px)
        seen = replace(camera, px_per_bl=scale, center_bl=center)
        scene = Scene(animal, coat, seen, light, place, cover, int(generator.integers(2**31)))
        yield next(render_frames(scene, np.array([time_s]))), scene


def _aim(
    animal: Mouse | Quadruped,
    time_s: float,
    size_px: tuple[int, int],
    px_per_bl: float,
    generator: np.random.Generator,
) -> tuple[float, float]:
    """Where the camera looks (bl): the animal is anywhere in the picture, or a bit beyond."""
    keypoints = animal.figure(np.array([time_s])).keypoints[0]
    half = np.array(size_px) / 2 / px_per_bl + OUTSIDE_BL
    least, most = keypoints.max(axis=0) - half, keypoints.min(axis=0) + half
    middle, slack = (least + most) / 2, np.maximum(most - least, 0) / 2
    x, y = (middle + slack * generator.triangular(-1, 0, 1, 2)).tolist()
    return x, y


def _cover(
    generator: np.random.Generator, kind: str, size_px: tuple[int, int], ground_px: float
) -> ndarray | None:
    """Something before the animal, now and then: tufts outdoors, a bar of the cage indoors."""
    chance = generator.uniform()
    if kind in ("meadow", "fence"):
        return grass_tufts(generator, size_px, ground_px, 3) if chance < 0.35 else None
    is_upright = kind == "walkway"
    return bar(generator, size_px, is_upright) if chance < 0.15 else None


def _annotated(
    lab: Lab, frame: Frame, scene: Scene, generator: np.random.Generator
) -> tuple[Float[ndarray, "source 2"], Bool[ndarray, "source"]]:
    """What the lab's annotator clicks: not every keypoint, and hidden ones only sometimes."""
    size = np.array([scene.camera.width_px, scene.camera.height_px])
    xy_px, is_visible = np.full((len(lab.words), 2), np.nan), np.zeros(len(lab.words), bool)
    for i, (_, unified) in enumerate(lab.words):
        chance = generator.uniform()
        if not unified:  # the corner of the arena: the same place in every picture
            xy_px[i], is_visible[i] = size * 0.07, True
            continue
        k = scene.animal.keypoints.index(unified)
        is_inside = ((frame.xy_px[k] >= 0) & (frame.xy_px[k] < size)).all()
        is_visible[i] = frame.is_visible[k]
        wanted = chance > lab.left_out if is_visible[i] else chance < lab.hidden_labeled
        if is_inside and wanted:
            xy_px[i] = frame.xy_px[k]
    return xy_px, is_visible & np.isfinite(xy_px[:, 0])


BURROW = Lab(
    name="burrow",
    animal="mouse",
    layout="coco",
    words=(
        ("snout", "nose"), ("ear_l", "left_ear"), ("ear_r", "right_ear"), ("nape", "neck"),
        ("body_center", "mouse_center"), ("side_l", "left_midside"), ("side_r", "right_midside"),
        ("tailbase", "tail_base"), ("tailtip", "tail_end"),
    ),
    backgrounds=("bedding", "arena", "wood"),
    coats=("black", "brown", "white", "gray", "spotted", "ginger"),
    px_per_bl=(70.0, 112.0),
    rotation_rad=0.05,
    blur_px=(0.4, 0.9),
    noise_sd=(2.0, 5.0),
    jpeg_quality=85,
    brightness=(0.75, 1.1),
    hidden_labeled=0.8,
    left_out=0.03,
)  # fmt: skip
ARENA = Lab(
    name="arena",
    animal="mouse",
    layout="deeplabcut",
    words=(
        ("arena_corner", ""), ("nose", "nose"), ("leftear", "left_ear"), ("rightear", "right_ear"),
        ("shoulder_left", "left_shoulder"), ("shoulder_right", "right_shoulder"),
        ("hip_left", "left_hip"), ("hip_right", "right_hip"), ("tailbase", "tail_base"),
        ("tail_1", "tail1"), ("tail_3", "tail3"),
    ),
    backgrounds=("arena", "wood", "arena", "bedding"),
    coats=("brown", "black", "spotted", "white", "black", "gray"),
    px_per_bl=(66.0, 105.0),
    rotation_rad=0.08,
    blur_px=(0.5, 1.1),
    noise_sd=(2.0, 6.0),
    jpeg_quality=None,
    brightness=(0.6, 1.05),
    hidden_labeled=0.2,
    left_out=0.05,
)  # fmt: skip
CABINET = Lab(
    name="cabinet",
    animal="mouse",
    layout="lightning_pose",
    words=(
        ("tip_of_nose", "nose"), ("neck", "neck"), ("back", "mid_back"),
        ("center", "mouse_center"), ("hipL", "left_hip"), ("hipR", "right_hip"),
        ("tail_root", "tail_base"), ("tail_mid", "tail3"), ("tail_end", "tail_end"),
    ),
    backgrounds=("wood", "bedding", "arena"),
    coats=("white", "gray", "black", "ginger", "brown", "spotted"),
    px_per_bl=(72.0, 118.0),
    rotation_rad=0.10,
    blur_px=(0.3, 0.8),
    noise_sd=(1.0, 4.0),
    jpeg_quality=92,
    brightness=(0.8, 1.2),
    hidden_labeled=0.2,
    left_out=0.04,
)  # fmt: skip
MEADOW = Lab(
    name="meadow",
    animal="quadruped",
    layout="coco",
    words=(
        ("Nose", "nose"), ("L_Eye", "left_eye"), ("R_Eye", "right_eye"),
        ("L_Ear", "left_earbase"), ("R_Ear", "right_earbase"), ("Nape", "neck_base"),
        ("Withers", "back_base"), ("TailBase", "tail_base"), ("Belly", "belly_bottom"),
        ("L_F_Elbow", "front_left_thai"), ("R_F_Elbow", "front_right_thai"),
        ("L_F_Knee", "front_left_knee"), ("R_F_Knee", "front_right_knee"),
        ("L_F_Paw", "front_left_paw"), ("R_F_Paw", "front_right_paw"),
        ("L_B_Paw", "back_left_paw"), ("R_B_Paw", "back_right_paw"),
    ),
    backgrounds=("meadow", "fence", "walkway"),
    coats=("brown", "white", "black", "spotted", "ginger", "gray"),
    px_per_bl=(88.0, 140.0),
    rotation_rad=0.06,
    blur_px=(0.4, 1.0),
    noise_sd=(2.0, 5.0),
    jpeg_quality=85,
    brightness=(0.75, 1.15),
    hidden_labeled=0.85,
    left_out=0.03,
)  # fmt: skip
RUNWAY = Lab(
    name="runway",
    animal="quadruped",
    layout="deeplabcut",
    words=(
        ("nose", "nose"), ("eartip_left", "left_earend"), ("eartip_right", "right_earend"),
        ("withers", "back_base"), ("back", "back_middle"), ("croup", "back_end"),
        ("tailroot", "tail_base"), ("tailtip", "tail_end"),
        ("hip_left", "back_left_thai"), ("hip_right", "back_right_thai"),
        ("stifle_left", "back_left_knee"), ("stifle_right", "back_right_knee"),
        ("hindpaw_left", "back_left_paw"), ("hindpaw_right", "back_right_paw"),
        ("forepaw_left", "front_left_paw"), ("forepaw_right", "front_right_paw"),
    ),
    backgrounds=("walkway", "fence", "meadow"),
    coats=("black", "ginger", "gray", "brown", "white", "spotted"),
    px_per_bl=(80.0, 135.0),
    rotation_rad=0.06,
    blur_px=(0.4, 0.9),
    noise_sd=(2.0, 6.0),
    jpeg_quality=None,
    brightness=(0.65, 1.1),
    hidden_labeled=0.7,
    left_out=0.04,
)  # fmt: skip

MOUSE_LABS = (BURROW, ARENA, CABINET)
QUADRUPED_LABS = (MEADOW, RUNWAY)
LABS = (*MOUSE_LABS, *QUADRUPED_LABS)
SPACES = {"mouse": "superanimal_topviewmouse", "quadruped": "superanimal_quadruped"}
KEYPOINTS = {"mouse": MOUSE_KEYPOINTS, "quadruped": QUADRUPED_KEYPOINTS}
