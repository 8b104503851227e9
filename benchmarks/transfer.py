"""Memory replay against naive fine-tuning and training from scratch, on synthetic labs.

A teacher is pretrained on two mouse labs with gradient masking. The third lab, which the teacher
never saw, labels a few pictures. Networks are trained on 5 % and on all of its labels for the same
number of steps. The truth of all keypoints is known, so errors are told for the keypoints that the
lab labels and for those that it does not but the teacher's labs do ("replayed"). A network has no
position for a keypoint that it was not taught: means are over those that it has, ratios over those
that both have.
"""

import argparse
import copy
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from masking import DEMO, draw_labels, errors_of, quiet, train_network
from numpy import ndarray

from superanimal_core.behavior.gait_summary import known_mean
from superanimal_core.datasets.few_shot import few_shot
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.study.overlay import read_complete
from superanimal_core.synthetic.labs import ARENA
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.replay import complete_labels
from superanimal_core.training.starting_weights import (
    MEMORY_REPLAY,
    NAIVE,
    NEW_HEAD,
    SCRATCH,
    ZERO_SHOT,
    start_from,
)
from superanimal_core.training.taught import taught_keypoints

RESULTS = Path(__file__).with_name("results")
MODES = (ZERO_SHOT, SCRATCH, NEW_HEAD, NAIVE, MEMORY_REPLAY)
FRACTIONS = (0.05, 1.0)
CPU = torch.device("cpu")


def main() -> None:
    """Train everything, print a line per cell and the ratios that matter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, some minutes")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    config = read_complete(DEMO)
    images: dict[str, np.ndarray] = {}
    drawn, _ = draw_labels(120, 0, images)
    tested, truth_px = draw_labels(40, 1000, images)
    is_new = drawn.source == ARENA.name
    at = np.flatnonzero(tested.source == ARENA.name)
    own = (drawn.state[is_new] != LabelState.NOT_IN_DATASET).any(axis=0)
    known = (drawn.state[~is_new] != LabelState.NOT_IN_DATASET).any(axis=0)
    rows, errors, started = [], {}, time.monotonic()
    for seed in [0] if chosen.quick else range(chosen.seeds):
        teacher = train_network(drawn.select(~is_new), images, True, seed, part=1.0)
        cells = [(ZERO_SHOT, 0.0), *((m, f) for f in FRACTIONS for m in MODES if m != ZERO_SHOT)]
        for mode, fraction in cells:
            labels = few_shot(drawn.select(is_new), fraction, seed)
            network = trained(teacher, mode, labels, images, config, seed)
            error = errors_of(network, tested.select(at), truth_px[at], images)
            parts = error[:, own], error[:, known & ~own]
            errors[seed, mode, fraction] = parts
            labeled, replayed = map(known_mean, parts)
            rows.append((seed, mode, fraction, len(labels), labeled, replayed))
            print(
                f"seed {seed} {mode:>13} {len(labels):4d} animals: {labeled:6.2f} px on the lab's "
                f"keypoints, {replayed:6.2f} px on the others",
                flush=True,
            )
    write(rows)
    print_ratios(
        errors, time.monotonic() - started, f"{own.sum()} labeled, {(known & ~own).sum()} replayed"
    )


def trained(
    teacher: ModelBundle,
    mode: str,
    labels: Labels,
    images: dict[str, np.ndarray],
    config: dict,
    seed: int,
) -> ModelBundle:
    """A network that starts from the teacher as `mode` says; the teacher stays as it is."""
    parent = replace(teacher, network=copy.deepcopy(teacher.network))
    if mode == ZERO_SHOT:
        return parent
    tuning = config["fine_tuning"]
    if mode == MEMORY_REPLAY:
        xy_px, score = predict_labels(
            [parent], labels, images.__getitem__, batch=32, precision="float32", device=CPU
        )
        limits = {key: tuning[key] for key in ("min_score", "min_overlap")}
        labels = complete_labels(labels, xy_px[0], score[0], **limits)
    torch.manual_seed(seed)
    own = {key: tuning[key] for key in ("steps", "batch", "learning_rate")}
    training = TrainingSettings(**config["training"] | own)
    augment = AugmentSettings(**config["augment"])
    taught = taught_keypoints(labels, training, augment)
    bundle = start_from(parent, mode, labels.sources, taught)
    read = images.__getitem__
    fit_labels(bundle, labels, read, training, augment, seed=seed, device=CPU, tell=quiet)
    return bundle


def print_ratios(errors: dict[tuple, tuple[ndarray, ndarray]], seconds: float, what: str) -> None:
    """Ratios of errors with their range over the seeds."""
    seeds = sorted({seed for seed, *_ in errors})
    print(f"keypoints: {what}; {seconds:.0f} s (torch {torch.__version__})")
    for fraction in FRACTIONS:
        for mode, part, other, name in (
            (MEMORY_REPLAY, 1, (ZERO_SHOT, 0.0), "replayed keypoints, memory replay / teacher"),
            (NAIVE, 1, (ZERO_SHOT, 0.0), "replayed keypoints, naive / teacher"),
            (MEMORY_REPLAY, 0, (SCRATCH, fraction), "labeled keypoints, memory replay / scratch"),
            (MEMORY_REPLAY, 0, (NEW_HEAD, fraction), "labeled keypoints, memory replay / new head"),
        ):
            pairs = [(errors[s, mode, fraction][part], errors[s, *other][part]) for s in seeds]
            ratio = np.array([known_mean(a + 0 * b) / known_mean(b + 0 * a) for a, b in pairs])
            print(
                f"{fraction:.0%} of labels, {name}: {ratio.mean():.2f} "
                f"({ratio.min():.2f} to {ratio.max():.2f} over {len(seeds)} seeds)"
            )


def write(rows: list[tuple]) -> None:
    """Store the figures."""
    RESULTS.mkdir(exist_ok=True)
    names = ("seed", "mode", "fraction", "animals", "labeled_error_px", "replayed_error_px")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    pq.write_table(table, RESULTS / "transfer.parquet")


if __name__ == "__main__":
    main()
