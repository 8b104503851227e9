"""Drawn videos of cameras that no network has seen, and an ensemble that learned other ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy import ndarray
from trust_labs import CPU, LABS, SETTINGS, SMOOTHING, SPACE, drawn, errors_of, new_network

from superanimal_core.inference.lessons import Knowledge
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels
from superanimal_core.report.video_file import write_video
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.smoothing.calibration import fit_calibration
from superanimal_core.synthetic.backgrounds import BACKGROUNDS
from superanimal_core.synthetic.casting import mouse_video_scene, quadruped_video_scene
from superanimal_core.synthetic.coats import COATS
from superanimal_core.synthetic.scene import Scene, render_frames
from superanimal_core.training.label_training import fit_labels

LEARNED = ("bedding", "meadow", "arena", "wood", "noisy")  # laboratories
SIZE_PX = (320, 240)
FPS = 50.0
VIEWS = {k: v for k, v in SETTINGS["smoothing"]["views"].items() if k != "mirrors"}
Change = Callable[[Scene, np.random.Generator], Scene]


@dataclass(frozen=True)
class DrawnVideo:
    """A video, the boxes of its animal, and where its keypoints are (NaN where nobody knows)."""

    name: str
    path: str
    boxes_xyxy_px: ndarray
    truth_px: ndarray
    is_animal: bool
    fps: float = FPS

    @property
    def time_s(self) -> ndarray:
        """Of every frame."""
        return np.arange(len(self.truth_px)) / self.fps


def _camera(**changes: object) -> Change:
    return lambda scene, _: replace(scene, camera=replace(scene.camera, **changes))


def _light(gain: float) -> Change:
    return lambda scene, _: replace(scene, light=replace(scene.light, gain=gain))


def _place(kind: str, coat: str) -> Change:
    def change(scene: Scene, generator: np.random.Generator) -> Scene:
        background = BACKGROUNDS[kind](generator, SIZE_PX, 150.0)
        return replace(scene, background=background, coat=COATS[coat])

    return change


def _all(*changes: Change) -> Change:
    def change(scene: Scene, generator: np.random.Generator) -> Scene:
        for one in changes:
            scene = one(scene, generator)
        return scene

    return change


SHIFTS: dict[str, Change] = {
    "dark": _light(0.35),
    "noisy": _camera(noise_sd=22.0),
    "blurred": _camera(blur_px=2.6),
    "as it is": lambda scene, _: scene,
    "room, white": _place("room", "white"),
    "fence, black": _place("fence", "black"),
    "walkway, gray": _place("walkway", "gray"),
    "small": _camera(px_per_bl=48.0, blur_px=1.2),
    "compressed": _camera(jpeg_quality=8),
    "bright": _light(1.6),
    "dark and noisy": _all(_light(0.4), _camera(noise_sd=12.0)),
    "small and compressed": _camera(px_per_bl=60.0, jpeg_quality=14),
}


def animal_video(folder: Path, number: int, name: str, frames: int) -> DrawnVideo:
    """A mouse on another camera."""
    generator = np.random.default_rng([number, 77])
    scene = SHIFTS[name](mouse_video_scene(1000 + number, frames / FPS), generator)
    shown = [*render_frames(scene, np.arange(frames) / FPS)]
    names = scene.animal.keypoints
    truth = np.full((frames, len(SPACE), 2), np.nan)
    for k, keypoint in enumerate(names):
        if keypoint in SPACE.keypoints:
            truth[:, SPACE.index(keypoint)] = [frame.xy_px[k] for frame in shown]
    boxes = np.stack([frame.box_xyxy_px for frame in shown])
    return _written(folder, name, [f.image for f in shown], boxes, truth, True, generator)


def foreign_video(folder: Path, number: int, name: str, frames: int) -> DrawnVideo:
    """No mouse: nothing at all, in boxes that wander or stand, or a quadruped; half or whole."""
    generator = np.random.default_rng([number, 78])
    mouse = mouse_video_scene(2000 + number, frames / FPS)
    shown = [*render_frames(mouse, np.arange(frames) / FPS)]
    boxes = np.stack([frame.box_xyxy_px for frame in shown])
    images = [frame.image for frame in shown]
    if "quadruped" in name:
        other = quadruped_video_scene(2000 + number, frames / FPS, SIZE_PX[0])
        foreign = [*render_frames(other, np.arange(frames) / FPS)]
        first = frames // 2 if "half" in name else 0
        images[first:] = [frame.image for frame in foreign[first:]]
        boxes[first:] = [frame.box_xyxy_px for frame in foreign[first:]]
    else:
        noise = generator.normal(0, 4, (frames, *mouse.background.shape))
        images = [*np.clip(mouse.background + noise, 0, 255).astype(np.uint8)]
        if "still" in name:
            boxes[:] = [100.0, 80.0, 200.0, 160.0]
    truth = np.full((frames, len(SPACE), 2), np.nan)
    return _written(folder, name, images, boxes, truth, False, generator)


FOREIGN = ("nothing, wandering box", "nothing, still box", "quadruped", "half quadruped")


def _written(
    folder: Path, name: str, images: Sequence[ndarray], boxes: ndarray, truth: ndarray,
    is_animal: bool, generator: np.random.Generator,
) -> DrawnVideo:  # fmt: skip
    """The video as a file; boxes as a detector finds them, a little off in every frame."""
    path = folder / f"{name.replace(' ', '_').replace(',', '')}.mp4"
    write_video(iter(images), path, FPS)
    side = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True)
    boxes = boxes + 0.02 * side * generator.normal(size=boxes.shape)
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:] - 8), boxes[:, 2:]
    boxes = np.concatenate([np.clip(low, 0, SIZE_PX), np.clip(high, 8, SIZE_PX)], axis=1)
    return DrawnVideo(name, str(path), boxes[:, None], truth, is_animal)


def trained_ensemble(seeds: Sequence[int], steps: int, kept: Path) -> list[ModelBundle]:
    """The demo's network, once for each seed; those that are in the folder `kept` are read."""
    labels, pictures = drawn([LABS[name] for name in LEARNED])
    labels = labels.select(labels.split == "train")
    return [_trained(labels, pictures, seed, steps, kept / f"member-{seed}") for seed in seeds]


def _trained(
    labels: Labels, pictures: dict[str, ndarray], seed: int, steps: int, folder: Path
) -> ModelBundle:
    if folder.is_dir():
        return read_bundle(folder)
    bundle = new_network(labels, seed)
    training = TrainingSettings(**SETTINGS["training"] | {"steps": steps})
    history = fit_labels(
        bundle, labels, pictures.__getitem__, training, AugmentSettings(**SETTINGS["augment"]),
        seed=seed, device=CPU, tell=lambda *_: None,
    )  # fmt: skip
    write_bundle(bundle, folder, {}, history)
    return bundle


def knowledge_of(bundles: Sequence[ModelBundle]) -> Knowledge:
    """How the demo smooths, calibrated on the laboratories' held-out pictures."""
    labels, pictures = drawn([LABS[name] for name in LEARNED])
    held = labels.select(labels.split == "test")
    calibration = fit_calibration(errors_of(bundles, held, pictures, True))
    settings = SMOOTHING.of("eks").model_dump()
    views = VIEWS | {"mirrors": []}
    return Knowledge(calibration, {"method": "eks", "settings": settings, "views": views})
