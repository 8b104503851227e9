"""Laboratories with cameras, coats and lights of their own, each left out in turn."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy import ndarray
from trust_counts import rank_correlation as of_videos
from trust_simulations import ROOT

from superanimal_core.datasets.unify import conversion_from_rows, unify_labels
from superanimal_core.formats.foreign import read_foreign
from superanimal_core.formats.sheets import read_conversion_rows
from superanimal_core.inference.labeled import predict_disturbed, predict_labels
from superanimal_core.media.images import read_image
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, fill_boxes
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.bones import Bones
from superanimal_core.smoothing.calibration import (
    Calibration,
    expected_error,
    fit_calibration,
    is_extrapolated,
    predict_error,
    radius_factor,
)
from superanimal_core.smoothing.familiarity import growth_at
from superanimal_core.smoothing.labeled_errors import (
    LabeledAnimals,
    LabeledErrors,
    errors_at_labels,
)
from superanimal_core.study.overlay import CONFIG, overlaid, read_config
from superanimal_core.synthetic.labs import MOUSE_KEYPOINTS, Lab, lab_images
from superanimal_core.training.label_training import fit_labels

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", ROOT.parent / "shared")) / "data"
SETTINGS = overlaid(read_config(ROOT / CONFIG), read_config(ROOT / "demo" / "config.yaml"))
SETTINGS["training"]["learning_rate"] = 0.004  # of the networks that docs/decisions measured
SMOOTHING = SmoothingSettings(**SETTINGS["smoothing"])
SPACE = KeypointSpace("superanimal_topviewmouse", tuple(MOUSE_KEYPOINTS))
PICTURES = 120
FLAGGED = SETTINGS["quality"]["max_extrapolated_fraction"]  # here of the pictures
CPU = torch.device("cpu")


def lab(
    name: str,
    backgrounds: tuple[str, ...],
    coats: tuple[str, ...],
    px_per_bl: tuple[float, float] = (70.0, 112.0),
    blur_px: tuple[float, float] = (0.4, 1.0),
    noise_sd: tuple[float, float] = (2.0, 5.0),
    jpeg_quality: int | None = None,
    brightness: tuple[float, float] = (0.75, 1.1),
) -> Lab:
    """A laboratory that films mice and labels all that the space knows."""
    words = tuple((keypoint, keypoint) for keypoint in MOUSE_KEYPOINTS)
    return Lab(
        name, "mouse", "coco", words, backgrounds, coats, px_per_bl, 0.08, blur_px, noise_sd,
        jpeg_quality, brightness, hidden_labeled=0.3, left_out=0.03,
    )  # fmt: skip


LABS = {
    made.name: made
    for made in (
        lab("bedding", ("bedding",), ("black", "brown", "gray")),
        lab("meadow", ("meadow",), ("white", "brown"), jpeg_quality=80),
        lab("dark", ("walkway",), ("black", "gray"), brightness=(0.3, 0.5), noise_sd=(6, 10)),
        lab("bright", ("fence",), ("white", "gray"), brightness=(1.2, 1.5)),
        lab("far", ("room",), ("spotted", "brown"), px_per_bl=(38, 55), blur_px=(1.0, 1.4)),
        lab("noisy", ("bedding", "wood"), ("brown", "spotted"), noise_sd=(12, 18)),
        lab("arena", ("arena",), ("brown", "white", "black"), brightness=(0.6, 1.05)),
        lab("wood", ("wood",), ("gray", "spotted", "ginger"), jpeg_quality=85),
        lab("tiles", ("tiles",), ("ginger", "black", "white")),
        lab("coarse", ("arena", "tiles"), ("black", "ginger"), jpeg_quality=12),
    )
}


@dataclass(frozen=True)
class Video:
    """What was promised of some pictures, and what was found.

    Parts of the labels within circles of 90 % and of the pictures that are extrapolated; means of
    strangeness and of the error in parts of the body.
    """

    held: float
    extrapolated: float
    strange: float
    error: float

    @property
    def is_flagged(self) -> bool:
        """Whether more of it is extrapolated than a video may have without a flag."""
        return self.extrapolated > FLAGGED


@dataclass(frozen=True)
class LeftOut:
    """What was found in a laboratory that a network and its calibration have not seen.

    `whole` are all its pictures, `videos` each video; `familiar` are videos of the other
    laboratories that were held out. `said` is the probability that a keypoint is there and near,
    and `is_near` whether it was, of each labeled keypoint.
    """

    name: str
    whole: Video
    videos: list[Video]
    familiar: list[Video]
    said: ndarray
    is_near: ndarray


def leave_out(name: str, names: Sequence[str], steps: int) -> LeftOut:
    """Train and calibrate without one laboratory, then look at it."""
    labels, pictures = drawn([LABS[other] for other in names])
    is_own = labels.source == name
    bundle, calibration = learned(labels.select(~is_own), pictures, steps)
    rows = is_own | (labels.split == "test")
    asked = labels.select(rows)
    errors, radius = promised(bundle, calibration, asked, pictures)
    own = is_own[rows]
    group = errors.animals.group
    assert calibration.familiarity is not None
    strange = np.log(growth_at(calibration.familiarity, errors.signs))
    extrapolated = is_extrapolated(calibration, errors.signs)
    side = (asked.box_xyxy_px[:, 2:] - asked.box_xyxy_px[:, :2]).max(axis=1)
    is_labeled = errors.is_known.any(axis=1)
    relative = np.full(len(side), np.nan)
    relative[is_labeled] = np.nanmean(errors.error[is_labeled], axis=1) / side[is_labeled]

    def video(at: ndarray) -> Video:
        inside = (errors.error <= radius)[at][errors.is_known[at]]
        held, far, odd = (float(each.mean()) for each in (inside, extrapolated[at], strange[at]))
        return Video(held, far, odd, float(np.nanmean(relative[at])))

    parts = own, ~own
    own_videos, familiar = (
        [video(part & (group == name)) for name in np.unique(group[part])] for part in parts
    )
    said = said_and_near(bundle, calibration, labels.select(is_own), pictures)
    return LeftOut(name, video(own), own_videos, familiar, *said)


def said_and_near(
    bundle: ModelBundle, calibration: Calibration, labels: Labels, pictures: dict[str, ndarray]
) -> tuple[ndarray, ndarray]:
    """Of each labeled keypoint: the probability that it is there and near, and whether it is."""
    smoothed, _, known = smoothed_at_labels([bundle], labels, pictures, False)
    expected = predict_error(calibration, smoothed)
    apart_px = np.linalg.norm(smoothed.poses.xy_px[0] - known.xy_px, axis=-1)
    is_labeled = np.isfinite(known.xy_px).all(axis=-1)
    is_near = apart_px <= expected.within_px  # not where it was found absent
    return expected.probability[0][is_labeled], is_near[is_labeled]


def real_open_field(names: Sequence[str], steps: int) -> Video:
    """What a network that learned and was calibrated on drawn mice alone promises of real ones."""
    bundle, calibration = learned(*drawn([LABS[name] for name in names]), steps)
    errors, radius = promised(bundle, calibration, *open_field())
    inside = (errors.error <= radius)[errors.is_known]
    strange = is_extrapolated(calibration, errors.signs)
    nan = float("nan")
    return Video(float(inside.mean()), float(strange.mean()), nan, nan)


def open_field() -> tuple[Labels, dict[str, ndarray]]:
    """DeepLabCut's open-field labels in the space of the drawn mice, and their pictures.

    Boxes reach 0.3 of the labels' extent beyond them: they leave out the body's sides.
    """
    project = SHARED / "openfield"
    labels = read_foreign("openfield", str(project), "deeplabcut")
    rows = read_conversion_rows(ROOT / "config" / "keypoints" / SPACE.name / "openfield.tsv")
    conversion = conversion_from_rows(rows, labels.space, SPACE, "openfield.tsv")
    labels = unify_labels(labels, conversion, SPACE)
    pictures = {str(name): read_image(project / str(name)) for name in np.unique(labels.image)}
    return fill_boxes(labels, 0.3), pictures


def learned(
    labels: Labels, pictures: dict[str, ndarray], steps: int
) -> tuple[ModelBundle, Calibration]:
    """A network of the training part, calibrated on the rest."""
    torch.set_num_threads(1)
    bundle = trained(labels.select(labels.split == "train"), pictures, steps)
    errors = errors_of([bundle], labels.select(labels.split == "test"), pictures, True)
    calibration = fit_calibration(errors)
    assert calibration is not None
    return bundle, calibration


def promised(
    bundle: ModelBundle, calibration: Calibration, labels: Labels, pictures: dict[str, ndarray]
) -> tuple[LabeledErrors, ndarray]:
    """Errors at labels, and the circles of 90 % that were promised."""
    errors = errors_of([bundle], labels, pictures, False, calibration.bones)
    expected = expected_error(calibration, errors.deviation, errors.signs)
    return errors, expected * radius_factor(calibration, 0.9)


def rank_correlation(found: Sequence[LeftOut]) -> float:
    """Mean over the networks of that of all their videos, the familiar ones among them."""
    return float(np.mean([of_videos([*one.videos, *one.familiar]) for one in found]))


def drawn(labs: Sequence[Lab]) -> tuple[Labels, dict[str, ndarray]]:
    """Labels of the laboratories, with the last two of six videos held out, and their pictures."""
    made = [(one, image) for one in labs for image in lab_images(one, PICTURES, (320, 240), 3)]
    count = len(made)
    names = np.array([f"{one.name}/{number}" for number, (one, _) in enumerate(made)])
    xy = np.stack([image.xy_px for _, image in made])
    seen = np.stack([image.is_visible for _, image in made])
    state = np.where(seen, LabelState.VISIBLE, LabelState.OCCLUDED)
    state = np.where(np.isfinite(xy[..., 0]), state, LabelState.NOT_LABELED).astype(int)
    group = np.array([image.group for _, image in made])
    labels = Labels(
        space=SPACE,
        source=np.array([one.name for one, _ in made]),
        image=names,
        image_size_px=np.tile([320, 240], (count, 1)),
        individual=np.full(count, "animal0"),
        group=group,
        split=np.where([g.endswith(("05", "06")) for g in group], "test", "train"),
        box_xyxy_px=np.full((count, 4), np.nan),
        xy_px=xy,
        state=state,
        score=np.isfinite(xy[..., 0]).astype(float),
    )
    pixels = {str(name): image.frame.image for name, (_, image) in zip(names, made, strict=True)}
    return fill_boxes(labels, 0.1), pixels


def new_network(labels: Labels, seed: int) -> ModelBundle:
    """The demo's network before its first step."""
    torch.manual_seed(seed)
    model, shared = SETTINGS["models"]["mouse"], SETTINGS["network"]
    side = model["input_size_px"]
    crop = CropGeometry(
        size_px=(side, side),
        margin=shared["crop_margin"],
        mean=tuple(model["mean"]),
        std=tuple(model["std"]),
        in_whole_pixels=False,
    )
    parameters = {
        "backbone": model["backbone"],
        "stride_px": shared["stride_px"],
        "sigma_px": shared["sigma_px"],
        "decoder_channels": shared["decoder_channels"],
        "is_subpixel": shared["subpixel"],
    }
    return new_bundle(
        SPACE, architecture="pyramid", parameters=parameters, crop=crop, trained_on=labels.sources
    )


def trained(labels: Labels, pictures: dict[str, ndarray], steps: int) -> ModelBundle:
    """The demo's network after so many steps."""
    bundle = new_network(labels, seed=0)
    training = TrainingSettings(**SETTINGS["training"] | {"steps": steps})
    augment = AugmentSettings(**SETTINGS["augment"])
    fit_labels(
        bundle, labels, pictures.__getitem__, training, augment, seed=0, device=CPU,
        tell=lambda *_: None,
    )  # fmt: skip
    return bundle


def errors_of(
    bundles: Sequence[ModelBundle],
    labels: Labels,
    pictures: dict[str, ndarray],
    with_disturbed: bool,
    bones: Bones | None = None,
) -> LabeledErrors:
    """Errors at labels, those in disturbed pictures among them; `bones`: what is usual."""
    smoothed, is_disturbed, known = smoothed_at_labels(bundles, labels, pictures, with_disturbed)
    animals = LabeledAnimals(
        label_xy_px=known.xy_px,
        is_asked=np.ones(known.state.shape, bool),
        group=known.group,
        dataset=known.source,
        image=known.image,
        is_disturbed=is_disturbed,
    )
    return errors_at_labels(smoothed, animals, bones)


def smoothed_at_labels(
    bundles: Sequence[ModelBundle],
    labels: Labels,
    pictures: dict[str, ndarray],
    with_disturbed: bool,
) -> tuple[SmoothedPoses, ndarray, Labels]:
    """Animals of one frame, which of them are of disturbed pictures, and the label of each."""
    how = {"batch": 64, "precision": "float32", "device": CPU}
    xy, score = predict_labels(bundles, labels, pictures.__getitem__, **how)
    rows, is_disturbed = np.arange(len(labels)), np.zeros(len(labels), bool)
    if with_disturbed:
        more_xy, more_score, shown, _ = predict_disturbed(
            bundles, labels, pictures.__getitem__, **how
        )
        xy, score = np.concatenate([xy, more_xy], axis=1), np.concatenate([score, more_score], 1)
        rows = np.concatenate([rows, shown])
        is_disturbed = np.concatenate([is_disturbed, np.ones(len(shown), bool)])
    known = labels.select(rows)
    names = tuple(map(str, range(len(rows))))
    seen = zip(xy[:, None], score[:, None], strict=True)
    poses = [Poses(labels.space, names, np.zeros(1), *of) for of in seen]
    return SMOOTHERS["eks"](poses, SMOOTHING.of("eks")), is_disturbed, known
