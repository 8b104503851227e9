"""Error with and without keypoint gradient masking, on the same labels, network, seed and budget.

Three synthetic labs each label some keypoints of a mouse. One network is trained with gradient
masking, the other one takes what a lab does not define for absent. Both are measured on pictures
that no training saw, against the truth of all keypoints.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from superanimal_core.evaluation.metrics import euclidean_error_px
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.devices import use_device
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, fill_boxes
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.study.overlay import read_complete
from superanimal_core.synthetic.labs import LABS, lab_images
from superanimal_core.synthetic.mouse import MOUSE_KEYPOINTS
from superanimal_core.training.label_training import fit_labels

RESULTS = Path(__file__).with_name("results")
DEMO = Path(__file__).parents[1] / "demo" / "config.yaml"
SIZE_PX = (320, 240)


def main() -> None:
    """Train both networks and print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, at most five minutes")
    seeds = [0] if parser.parse_args().quick else [0, 1, 2]
    images: dict[str, np.ndarray] = {}
    train, _ = draw_labels(120, 0, images)
    test, truth_px = draw_labels(40, 1000, images)
    labs_with = np.array(
        [len(set(train.source[train.state[:, k] > 0])) for k in range(len(train.space))]
    )
    rows = []
    for seed in seeds:
        error = {
            masking: errors_of(train_network(train, images, masking, seed), test, truth_px, images)
            for masking in (True, False)
        }
        for labs in sorted(set(labs_with)):
            chosen = labs_with == labs
            masked, plain = (float(np.median(error[m][:, chosen])) for m in (True, False))
            rows.append((seed, int(labs), int(chosen.sum()), masked, plain, masked / plain))
    write(rows)


def draw_labels(count: int, seed: int, images: dict[str, np.ndarray]) -> tuple[Labels, np.ndarray]:
    """Pictures of the mouse labs: their labels in one space, and the truth of all keypoints."""
    space = KeypointSpace("mouse", tuple(MOUSE_KEYPOINTS))
    source, names, xy, state, truth = [], [], [], [], []
    for lab in (lab for lab in LABS if lab.animal == "mouse"):
        for number, picture in enumerate(lab_images(lab, count, SIZE_PX, seed)):
            names.append(f"{lab.name}-{seed}-{number}")
            images[names[-1]] = picture.frame.image
            source.append(lab.name)
            truth.append(picture.frame.xy_px)
            xy.append(np.full((len(space), 2), np.nan))
            state.append(np.full(len(space), int(LabelState.NOT_IN_DATASET)))
            for (_, unified), position in zip(lab.words, picture.xy_px, strict=True):
                if unified:
                    k, known = space.index(unified), np.isfinite(position).all()
                    xy[-1][k] = position
                    state[-1][k] = LabelState.VISIBLE if known else LabelState.NOT_LABELED
    n = len(names)
    labels = Labels(
        space,
        np.array(source),
        np.array(names),
        np.tile(np.array(SIZE_PX), (n, 1)),
        np.full(n, "animal0"),
        np.array(source),
        np.full(n, "train"),
        np.full((n, 4), np.nan),
        np.array(xy),
        np.array(state),
        np.ones((n, len(space))),
    )
    return fill_boxes(labels, 0.1), np.array(truth)


def train_network(
    train: Labels, images: dict[str, np.ndarray], masking: bool, seed: int, part: float = 1 / 3
) -> ModelBundle:
    """A network of the demo's kind on a part of its steps."""
    config = read_complete(DEMO)
    use_device(2, seed)
    model = config["models"]["mouse"]
    shared = config["network"]
    parameters = {k: shared[k] for k in ("stride_px", "sigma_px", "decoder_channels")}
    parameters["is_subpixel"] = shared["subpixel"]
    side = model["input_size_px"]
    colors = (tuple(model["mean"]), tuple(model["std"]))
    bundle = new_bundle(
        train.space,
        architecture="pyramid",
        parameters={"backbone": model["backbone"], **parameters},
        crop=CropGeometry((side, side), shared["crop_margin"], *colors, in_whole_pixels=False),
        trained_on=train.sources,
    )
    steps = round(config["training"]["steps"] * part)
    measured = {"learning_rate": 0.004}  # in docs/measured.md
    training = TrainingSettings(
        **config["training"] | measured | {"steps": steps, "masking": masking}
    )
    augment = AugmentSettings(**config["augment"])
    device = torch.device("cpu")
    fit_labels(
        bundle, train, images.__getitem__, training, augment, seed=seed, device=device, tell=quiet
    )
    return bundle


def quiet(step: int, note: str) -> None:
    """No progress lines."""


def errors_of(bundle, test: Labels, truth_px: np.ndarray, images: dict) -> np.ndarray:
    """Errors (px) of all keypoints in the test pictures."""
    device = torch.device("cpu")
    predicted, _ = predict_labels(
        [bundle], test, images.__getitem__, batch=32, precision="float32", device=device
    )
    return euclidean_error_px(predicted[0], truth_px)


def write(rows: list[tuple]) -> None:
    """Print and store the figures."""
    names = ("seed", "labs_that_label_it", "keypoints", "masked_px", "not_masked_px", "ratio")
    for row in rows:
        print(
            f"seed {row[0]}, keypoints that {row[1]} of 3 labs label ({row[2]}): median error "
            f"{row[3]:.2f} px with masking, {row[4]:.2f} px without, ratio {row[5]:.2f} "
            f"(torch {torch.__version__})"
        )
    RESULTS.mkdir(exist_ok=True)
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    pq.write_table(table, RESULTS / "masking.parquet")


if __name__ == "__main__":
    main()
