"""A student beside the ensemble of five that taught it, on drawn cameras.

    python benchmarks/distillation.py [--quick] [--steps 1300] [--seeds 0 1 2]

Five small networks (the demo's, at 96 px) learn the labels of four drawn laboratories. They look
at videos of cameras that none of them has seen, smooth what they see, and teach it to one network
of the same size, which sees the labels as often; another one learns the labels alone. All are then
compared on videos of cameras that nobody has seen, and on labels held out: error against the truth
of single networks, of the ensemble and of the student, before and after smoothing, jitter, the part
of the truth within the circles of 90 %, and the processor's time of the networks per frame (with
their crops, without decoding and boxes). Boxes are those of the truth. --quick: 600 steps, one
student.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy import ndarray
from trust_labs import CPU, LABS, SETTINGS, drawn, errors_of, new_network

from superanimal_core.evaluation.stability import jitter_px
from superanimal_core.inference.cohort_lessons import choose_lessons, descriptors, look_of
from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.inference.predict import predict_video
from superanimal_core.models.watched_video import Stretch, lessons_of
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels, concatenate_labels
from superanimal_core.pose.members import middle_of_members
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.distillation import DistillationSettings
from superanimal_core.smoothing.calibration import Calibration, fit_calibration
from superanimal_core.synthetic.backgrounds import BACKGROUNDS
from superanimal_core.synthetic.casting import mouse_video_scene
from superanimal_core.synthetic.scene import render_frames
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.teaching import fit_labels_and_lessons

LEARNED = ("bedding", "meadow", "arena", "wood")
FLOORS = ("tiles", "room", "walkway")  # of the cameras that no label is of
TEACHERS, STUDENT, ALONE = range(5), 10, 11  # seeds
NEIGHBORS, FPS = 7, 50.0
FRAMES = 2 * NEIGHBORS + 1  # of a stretch
LOOK = {"batch": 32, "precision": "float32", "device": CPU}
STUDENTS = DistillationSettings(**SETTINGS["distillation"])
TAUGHT = {k: SETTINGS["distillation"][k] for k in ("min_score", "max_error")}
VIEWS = SETTINGS["smoothing"]["views"] | {"mirrors": []}
EKS = {k: SETTINGS["smoothing"][k] for k in ("center", "min_score")} | SETTINGS["smoothing"]["eks"]


@dataclass(frozen=True)
class Clip:
    """Frames of a drawn camera that follow each other, with their truth."""

    images: list[ndarray]
    boxes_xyxy_px: ndarray
    truth_px: ndarray
    time_s: ndarray


def main() -> None:
    """Train the teachers, let them teach, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    given = parser.parse_args()
    steps = given.steps or (600 if given.quick else 1300)
    torch.set_num_threads(1)
    labels, pictures = drawn([LABS[name] for name in LEARNED])
    own, held = (labels.select(labels.split == part) for part in ("train", "test"))
    started = time.perf_counter()
    teachers = [trained(own, pictures, steps, seed) for seed in TEACHERS]
    calibration = calibrated(teachers, held, pictures)
    cameras = range(6 if given.quick else 20)
    shows = ((f"camera{camera}", clips_of(camera, 8, FRAMES)) for camera in cameras)
    lessons, shown = taught_by(teachers, calibration, shows)
    print(f"{len(lessons)} lessons, {time.perf_counter() - started:.0f} s", flush=True)
    clips = [
        clip
        for camera in range(100, 104 if given.quick else 112)
        for clip in clips_of(camera, 1, 40)
    ]
    row("on cameras nobody saw", "error px", "smoothed", "jitter", "90 %", "labels", "ms/frame")
    ensemble = look(teachers, calibration, clips, held, pictures)
    told("ensemble of five", ensemble)
    singles = [
        look([one], calibrated([one], held, pictures), clips, held, pictures) for one in teachers
    ]
    told("its networks, mean", np.mean(singles, axis=0))
    for seed in given.seeds:
        for name, learned in (("labels alone", None), ("student", lessons)):
            lasting = steps if learned is None else STUDENTS.steps_of_student(steps)
            network = [trained(own, pictures, lasting, STUDENT + seed, learned, shown)]
            found = look(network, calibrated(network, held, pictures), clips, held, pictures)
            told(f"{name}, seed {seed}", found)
            told(f"{name} / ensemble", found / ensemble)
    print(f"{time.perf_counter() - started:.0f} s")


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Help as it stands above."""


def row(*cells: str) -> None:
    """A line of the table."""
    print(f"{cells[0]:24}" + "".join(f"{cell:>10}" for cell in cells[1:]), flush=True)


def told(name: str, figures: ndarray) -> None:
    """A line of figures."""
    row(name, *(f"{figure:.3f}" for figure in figures))


def trained(
    labels: Labels,
    pictures: dict[str, ndarray],
    steps: int,
    seed: int,
    lessons: Labels | None = None,
    shown: dict[str, ndarray] | None = None,
) -> ModelBundle:
    """The demo's network after so many steps on labels, and on lessons where there are some."""
    training = TrainingSettings(**SETTINGS["training"] | {"steps": steps})
    augment = AugmentSettings(**SETTINGS["augment"])
    how = training, augment, seed, lessons, shown
    return taught(new_network(labels, seed), labels, pictures, *how)


def taught(
    bundle: ModelBundle,
    labels: Labels,
    pictures: dict[str, ndarray],
    training: TrainingSettings,
    augment: AugmentSettings,
    seed: int,
    lessons: Labels | None = None,
    shown: dict[str, ndarray] | None = None,
) -> ModelBundle:
    """The network, in place, by labels and, where there are some, lessons."""
    given = bundle, labels, pictures.__getitem__, training, augment
    how = {"seed": seed, "device": CPU, "tell": lambda *_: None}
    if lessons is None or shown is None:
        fit_labels(*given, **how)
    else:
        share = SETTINGS["distillation"]["taught_share"]
        read = {"lessons": lessons, "read_lesson": shown.__getitem__, "taught_share": share}
        fit_labels_and_lessons(*given, **read, **how)
    return bundle


def clips_of(camera: int, clips: int, frames: int) -> Iterator[Clip]:
    """Clips of a camera of its own: floor, light, noise, sharpness, coat and mouse."""
    generator = np.random.default_rng([camera, 5])
    duration_s = clips * frames / FPS * 4 + 1
    scene = mouse_video_scene(camera, duration_s)
    floor = BACKGROUNDS[FLOORS[camera % len(FLOORS)]](generator, (320, 240), 120)
    light = replace(scene.light, gain=float(generator.uniform(0.5, 1.2)))
    lens = {"noise_sd": generator.uniform(3, 12), "blur_px": generator.uniform(0.5, 1.4)}
    scene = replace(scene, background=floor, light=light, camera=replace(scene.camera, **lens))
    for start_s in np.linspace(0, duration_s - frames / FPS, clips):
        time_s = start_s + np.arange(frames) / FPS
        made = [*render_frames(scene, time_s)]
        truth = np.stack([np.where(f.is_visible[:, None], f.xy_px, np.nan) for f in made])
        boxes = np.stack([frame.box_xyxy_px for frame in made])
        yield Clip([frame.image for frame in made], boxes[:, None], truth[:, None], time_s)


def taught_by(
    teachers: Sequence[ModelBundle],
    calibration: Calibration | None,
    cameras: Iterable[tuple[str, Iterable[Clip]]],
) -> tuple[Labels, dict[str, ndarray]]:
    """Lessons of cameras with their names, as the workflow chooses them, and their pictures."""
    smoothing = EnsembleSmoothing("eks", EKS, VIEWS, calibration)
    parts, informative, shown = [], [], {}
    for camera, clips in cameras:
        for number, clip in enumerate(clips):
            seen = predict_video(teachers, clip.images, clip.boxes_xyxy_px, clip.time_s, **LOOK)
            smoothed = smoothing.of(seen)
            first = number * len(clip.images)
            known = clip.images, clip.time_s, clip.boxes_xyxy_px, seen, *smoothed
            stretch = Stretch(first, False, *known)
            labels, worth = lessons_of(stretch, camera, NEIGHBORS, **TAUGHT)
            parts.append(labels)
            informative.append(worth)
            for name in labels.image:
                shown[str(name)] = clip.images[int(str(name)[-10:-4]) - first]
    every, worth = concatenate_labels(parts), np.concatenate(informative)
    if not len(every):
        sys.exit("the ensemble is sure of nothing that it could teach; give it more --steps")
    boxes = zip(every.image, every.box_xyxy_px, strict=True)
    looks = np.array([look_of(shown[str(name)], box) for name, box in boxes])
    count = SETTINGS["distillation"]["lessons"]
    return every.select(choose_lessons(descriptors(every, looks), worth, count)), shown


def calibrated(
    bundles: Sequence[ModelBundle], held: Labels, pictures: dict[str, ndarray]
) -> Calibration | None:
    """What labels held out say of the errors of some networks, as the workflow asks them."""
    return fit_calibration(errors_of(bundles, held, pictures, True))


def look(
    bundles: Sequence[ModelBundle],
    calibration: Calibration | None,
    clips: Sequence[Clip],
    held: Labels,
    pictures: dict[str, ndarray],
) -> ndarray:
    """Error raw and smoothed, jitter, part within circles, error of labels (px), ms per frame."""
    smoothing = EnsembleSmoothing("eks", EKS, VIEWS, calibration)
    raw, smooth, jitter, inside = [], [], [], []
    spent_s, frames = 0.0, 0
    for clip in clips:
        began = time.process_time()
        seen = predict_video(bundles, clip.images, clip.boxes_xyxy_px, clip.time_s, **LOOK)
        spent_s, frames = spent_s + time.process_time() - began, frames + len(clip.images)
        smoothed, expected = smoothing.of(seen)
        raw.append(np.linalg.norm(smoothed.raw_xy_px - clip.truth_px, axis=-1).ravel())
        smooth.append(np.linalg.norm(smoothed.poses.xy_px - clip.truth_px, axis=-1).ravel())
        radius = expected.radius_90_px.ravel()
        known = np.isfinite(smooth[-1]) & np.isfinite(radius)
        inside.append((smooth[-1] <= radius)[known])
        steps = jitter_px(smoothed.poses.xy_px)
        jitter.append(steps[np.isfinite(steps)])
    middle, _ = middle_of_members(*predict_labels(bundles, held, pictures.__getitem__, **LOOK))
    on_labels = np.linalg.norm(middle - held.xy_px, axis=-1)
    means = [mean_of(np.concatenate(each)) for each in (raw, smooth, jitter, inside)]
    return np.array([*means, mean_of(on_labels), 1000 * spent_s / frames])


def mean_of(values: ndarray) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


if __name__ == "__main__":
    main()
