"""Adaptation, and a student, on recordings of real mice.

    python benchmarks/adaptation_real.py [--quick | --students] [--recording mirror_mouse]
        [--pictures FOLDER]

DeepLabCut's open field (from above, a recording that no label is of) and Lightning Pose's mirror
mouse (side and mirror; SUPERANIMAL_SHARED). Small networks with an ImageNet backbone learn four
fifths of the labels. Each is adapted to the video as each teacher says, and judged. Nobody knows
the truth of these videos. Figures, before and after: error on held-out labels, which tells whether
a network forgets; jitter, dropped keypoints, how much lengths of bones vary in the video; in the
open field also how far it is from the center of three published networks, where they agree. Then
methods side by side, and a student of five networks beside them: it learns from stretches of the
first two thirds of the video, and sees the rest. --pictures: the frames that moved most.
--quick: two networks, few steps, the smoothed teacher alone, no student. --students: they alone.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from adaptation import Adapted, adaptation_of, adapted, error_of, predicted
from adaptation_videos import VIEWS, DrawnVideo
from distillation import (
    FRAMES,
    LOOK,
    STUDENTS,
    Clip,
    calibrated,
    look,
    mean_of,
    row,
    taught,
    taught_by,
    told,
)  # fmt: skip
from numpy import ndarray
from published_poses import open_field_poses
from semisupervised_recordings import SHARED, mirror_mouse
from trust_labs import SETTINGS, SMOOTHING
from trust_simulations import ROOT

from superanimal_core.evaluation.stability import dropped_keypoints, jitter_px
from superanimal_core.formats.foreign import read_foreign
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.inference.lessons import Knowledge
from superanimal_core.media.images import read_image
from superanimal_core.media.video import read_frames
from superanimal_core.models.initial_weights import read_initial_weights
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.labels import Labels, fill_boxes
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.bones import usual_bones
from superanimal_core.study.overlay import read_config

RESULTS = Path(__file__).resolve().parent / "results"
WEIGHTS = SHARED / "backbones" / "mobilenet_v2_imagenet.npz"

REAL = read_config(ROOT / "demo" / "real.yaml")  # how `make real` trains and adapts
SIDES_PX = {"openfield": 128, "mirror_mouse": 192}
SIGMA_PX = 5.0
MARGIN = 0.3  # of the labels' extent, beyond it: they leave out the body's sides


@dataclass(frozen=True)
class Recording:
    """Labels with their pictures, and a video; the whole picture is the box of a mirror mouse."""

    labels: Labels
    pictures: dict[str, ndarray]
    video: DrawnVideo

    @property
    def parts(self) -> tuple[Labels, Labels]:
        """What is learned from, and the last fifth, by time, that is held out."""
        is_held = np.arange(len(self.labels)) >= round(0.8 * len(self.labels))
        return self.labels.select(~is_held), self.labels.select(is_held)


def main() -> None:
    """Print the figures and write them down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--quick", action="store_true")
    part.add_argument("--students", action="store_true")
    parser.add_argument("--recording", choices=[*SIDES_PX], action="append")
    parser.add_argument("--pictures", type=Path)
    chosen = parser.parse_args()
    if not WEIGHTS.is_file():
        print(f"{WEIGHTS}: no such file; SUPERANIMAL_SHARED names the folder of recordings")
        return
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for name in chosen.recording or SIDES_PX:
        given = RECORDINGS[name]()
        learned, held = given.parts
        print(f"\n{name}: {len(learned)} labels, {len(held)} held out", flush=True)
        seeds = range(2 if chosen.quick else 5)
        steps = 60 if chosen.quick else 400
        networks = [trained(name, learned, given.pictures, seed, steps) for seed in seeds]
        if not chosen.students:
            for found in adaptations(given, held, networks[:3], chosen.quick, chosen.pictures):
                rows.append({"recording": name, **found})
        if not chosen.quick:
            compare_student(name, given, networks, steps)
    if rows:
        RESULTS.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), RESULTS / "adaptation_real.parquet")


def open_field() -> Recording:
    """One mouse is labeled, another filmed; boxes are those of published networks' poses."""
    project = SHARED / "openfield"
    labels = fill_boxes(read_foreign("openfield", str(project), "deeplabcut"), MARGIN)
    pictures = {str(name): read_image(str(project / str(name))) for name in np.unique(labels.image)}
    middle, agreed_px = open_field_poses(SHARED)
    order = [middle.space.index(name) for name in labels.space.keypoints]
    truth_px = agreed_px[:, 0, order]
    size_px = boxes_from_keypoints(middle.xy_px, 0.0)
    side_px = longer_side_px(size_px)[..., None]
    boxes = size_px + MARGIN * np.concatenate([-side_px, -side_px, side_px, side_px], axis=-1)
    video = str(project / "videos" / "m3v1mp4.mp4")
    return Recording(
        labels, pictures, DrawnVideo("openfield", video, boxes, truth_px, True, fps=30.0)
    )


def mirrored() -> Recording:
    """Labeled images, and a video, of two views in one picture."""
    given = mirror_mouse()
    pictures = {str(name): read_image(str(name)) for name in np.unique(given.labels.image)}
    frames = sum(1 for _ in read_frames(given.video))
    width, height = given.labels.image_size_px[0].tolist()
    boxes = np.tile([0.0, 0.0, width, height], (frames, 1, 1))
    unknown = np.full((frames, len(given.labels.space), 2), np.nan)
    video = DrawnVideo("mirror_mouse", given.video, boxes, unknown, True, fps=250.0)
    return Recording(given.labels, pictures, video)


RECORDINGS = {"openfield": open_field, "mirror_mouse": mirrored}


def trained(
    name: str, labels: Labels, pictures: dict[str, ndarray], seed: int, steps: int,
    lessons: Labels | None = None, shown: dict[str, ndarray] | None = None,
) -> ModelBundle:  # fmt: skip
    """A network with an ImageNet backbone, after so many steps on labels, and on lessons."""
    torch.manual_seed(seed)
    model = REAL["models"]["mouse"]
    crop = CropGeometry(
        (SIDES_PX[name], SIDES_PX[name]),
        1.0 if name == "mirror_mouse" else REAL["network"]["crop_margin"],
        tuple(model["mean"]), tuple(model["std"]), in_whole_pixels=False,
    )  # fmt: skip
    network = {"backbone": "mobilenetv2_100", "stride_px": 4, "decoder_channels": 64}
    bundle = new_bundle(
        labels.space,
        architecture="pyramid",
        parameters=network | {"sigma_px": SIGMA_PX, "is_subpixel": True},
        crop=crop,
        trained_on=(name,),
        weights=read_initial_weights(str(WEIGHTS)),
    )
    training = TrainingSettings(**SETTINGS["training"] | REAL["training"] | {"steps": steps})
    return taught(bundle, labels, pictures, training, augment_of(name), seed, lessons, shown)


def augment_of(name: str) -> AugmentSettings:
    """As `make real`; a mouse from the side is not turned around, nor mirrored."""
    changed = {"flip": 0.0, "rotation_deg": 10.0} if name == "mirror_mouse" else {}
    return AugmentSettings(**SETTINGS["augment"] | REAL["augment"] | changed)


def adaptations(
    given: Recording,
    held: Labels,
    networks: Sequence[ModelBundle],
    quick: bool,
    folder: Path | None,
) -> Iterator[dict[str, Any]]:
    """A row for each network and teacher, told; then the methods, told."""
    video = given.video
    before = [predicted(network, video) for network in networks]
    settings = SMOOTHING.of("eks").model_dump()
    smoothing = {"method": "eks", "settings": settings, "views": VIEWS | {"mirrors": []}}
    known = Knowledge(calibrated(networks, held, given.pictures), smoothing)
    shipped = adaptation_of(video)
    training = {**shipped.training, **{key: REAL["adaptation"][key] for key in ("steps", "batch")}}
    adaptation = replace(shipped, training=training, augment=augment_of(video.name))
    stages = {"as trained": before}
    for teacher in ("smoothed",) if quick else ("own", "median", "smoothed"):
        found = [*adapted(video, adaptation, networks, before, known, teacher)]
        for one in found:
            figures = figures_of(given, held, networks[one.member], one)
            yield {"teacher": teacher, "member": one.member, **vars(one.verdict), **figures}
            tell(one, figures)
            if folder and one.moved is not None:
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{video.name}_{teacher}_{one.member}.png"
                cv2.imwrite(str(path), one.moved[..., ::-1])
        stages[teacher] = [one.after if one.verdict.is_kept else one.before for one in found]
    row("percent of the body", "jitter", "distance")
    for stage, members in stages.items():
        for smoother in ("none", "median", "eks"):
            told(f"{stage}, {smoother}", method_figures(given, members, smoother))


def figures_of(
    given: Recording, held: Labels, network: ModelBundle, one: Adapted
) -> dict[str, float]:
    """What changed: error of held-out labels, jitter, distance (px), dropped, spread of bones."""
    told_of: dict[str, float] = {}
    stages = (("before", network, one.before), ("after", one.bundle, one.after))
    for when, bundle, poses in stages:
        xy_px, _ = predict_labels([bundle], held, given.pictures.__getitem__, **LOOK)
        every = np.ones(len(poses.space), bool)
        dropped = dropped_keypoints(poses.xy_px, poses.score, every, min_score=0.5)
        told_of |= {
            f"label_error_px_{when}": mean_of(np.linalg.norm(xy_px[0] - held.xy_px, axis=-1)),
            f"jitter_px_{when}": mean_of(jitter_px(poses.xy_px)),
            f"distance_px_{when}": error_of(poses.xy_px, given.video),
            f"dropped_{when}": float(dropped.mean()),
            f"bones_{when}": bone_spread(given.labels, poses),
        }
    return told_of


def bone_spread(labels: Labels, poses: Poses) -> float:
    """Median over the steadiest pairs of keypoints: how much their log distance varies."""
    size_px = longer_side_px(boxes_from_keypoints(labels.xy_px[:, None], 0.0))[:, 0]
    first, second = usual_bones(labels.xy_px, size_px).pair.T
    xy_px = poses.xy_px[:, 0]
    length = np.linalg.norm(xy_px[:, first] - xy_px[:, second], axis=-1)
    return float(np.nanmedian(np.nanstd(np.log(np.maximum(length, 1.0)), axis=0)))


def tell(one: Adapted, figures: Mapping[str, float]) -> None:
    """A line for a network that a teacher taught."""
    names = ("label_error_px", "jitter_px", "distance_px", "dropped", "bones")
    changes = ", ".join(
        f"{name} {figures[f'{name}_before']:.2f} to {figures[f'{name}_after']:.2f}"
        for name in names
    )
    kept = "kept" if one.verdict.is_kept else f"back ({one.verdict.reason})"
    print(f"  {one.teacher} {one.member}: {changes}: {kept}", flush=True)


def method_figures(given: Recording, members: Sequence[Poses], smoother: str) -> ndarray:
    """Jitter, and distance from where published networks agree, in percent of the body."""
    xy_px = SMOOTHERS[smoother](members, SMOOTHING.of(smoother)).poses.xy_px
    side_px = longer_side_px(boxes_from_keypoints(xy_px, 0.0))
    body_px = float(np.nanmedian(side_px))
    return 100 * np.array([mean_of(jitter_px(xy_px)), error_of(xy_px, given.video)]) / body_px


def compare_student(
    name: str, given: Recording, networks: Sequence[ModelBundle], steps: int
) -> None:
    """A student beside the ensemble that taught it, told."""
    learned, held = given.parts
    video, images = given.video, list(read_frames(given.video.path))
    clips = [
        clip_of(images, video, slice(first, first + FRAMES))
        for first in range(0, len(images) - FRAMES, FRAMES)
    ]
    first_unseen = 2 * len(clips) // 3
    calibration = calibrated(networks, held, given.pictures)
    lessons, shown = taught_by(networks, calibration, [(name, clips[:first_unseen])])
    print(f"{len(lessons)} lessons")
    row("the rest of the video", "distance", "smoothed", "jitter", "", "labels", "ms/frame")
    unseen = [clip_of(images, video, slice(first_unseen * FRAMES, None))]
    ensemble = look(networks, calibration, unseen, held, given.pictures)
    told("ensemble of five", ensemble)
    own = name, learned, given.pictures, len(networks)
    for title, how in (
        ("labels alone", (steps,)),
        ("student", (STUDENTS.steps_of_student(steps), lessons, shown)),
    ):
        one = [trained(*own, *how)]
        calibration = calibrated(one, held, given.pictures)
        found = look(one, calibration, unseen, held, given.pictures)
        told(title, found)
        told(f"{title} / ensemble", found / ensemble)


def clip_of(images: list[ndarray], video: DrawnVideo, at: slice) -> Clip:
    """Frames of a video that follow each other."""
    boxes, truth = video.boxes_xyxy_px[at], video.truth_px[at, None]
    return Clip(images[at], boxes, truth, video.time_s[at])


if __name__ == "__main__":
    main()
