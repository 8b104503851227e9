"""Our losses, maxima and a short training against Lightning Pose 2.4.3, on a CPU.

    python benchmarks/lightning_pose.py [--quick] [--threads 2] [--steps 100] [--seeds 3]

The same arrays go through both: random batches, labels of its mirror mouse (SUPERANIMAL_SHARED) and
edges. A line for each loss has the largest difference of its cases, over the largest value of both;
cases that differ with a reason have a line of their own that says it.
The training is that of its network (resnet18, random weights, no download) on four fifths of the
mirror mouse's labels: the same start, pictures of 64 px, batches and rates, through our loop, loss
and maxima and through its network, loss, optimizer and maxima. Random changes of pictures are left
out, since both programs have their own, and so is its schedule, since ours has another.
Semi-supervised training is not compared: its video comes from NVIDIA DALI, which needs a GPU.
The peer lives in .peers/lightning_pose (make peers). --quick: losses, and two steps of one seed.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from lightning_pose_cases import cases
from lightning_pose_losses import OURS
from lightning_pose_training import ShortTraining
from numpy import ndarray
from semisupervised_recordings import ROOT, SHARED, mirror_mouse

from superanimal_core.pose.labels import Labels

PEER = ROOT / ".peers/lightning_pose/bin/python"
JOB = ROOT / "benchmarks/peers/lightning_pose_job.py"
ROUNDING = 1e-9
NOTHING_LABELED = "it has the mean of nothing; in ours such a batch teaches nothing"
DIFFERENT = {
    "soft-argmax/3 enlargements/positions": "its offset is 2.5 px where the geometry asks for 3.5",
    "reprojection/random/loss": "it scales by keypoints x rows where a map has columns x rows",
    "temporal/unknown where not sure/loss": "what is not sure is 0, and so it is there; ours stays "
    "unknown, which maxima of maps never are",
} | {f"heatmap {name}/none labeled/loss": NOTHING_LABELED for name in ("mse", "kl", "js")}


def main() -> None:
    """Print a line for each loss, one for each case that differs with a reason, and the errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="losses, and two steps of one seed")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not PEER.is_file():
        print("no Lightning Pose in .peers (make peers): nothing to compare with")
        return
    has_mouse = (SHARED / "mirror_mouse").is_dir()
    labels = mirror_mouse().labels if has_mouse else None
    tell_losses(*both_losses(labels, options.threads))
    if labels is None:
        print(f"{SHARED}/mirror_mouse: no such folder, so no training (SUPERANIMAL_SHARED)")
        return
    steps, seeds = (2, 1) if options.quick else (options.steps, options.seeds)
    tell_trainings([ShortTraining(labels, steps, seed) for seed in range(seeds)], options.threads)


def both_losses(
    labels: Labels | None, threads: int
) -> tuple[Mapping[str, ndarray], Mapping[str, ndarray]]:
    """LOSS/CASE/RESULT -> what each of both programs says: ours, Lightning Pose."""
    given = cases(None if labels is None else labels.xy_px)
    found = {}
    for name, arguments in by_case(given).items():
        loss = name.partition("/")[0]
        tensors = {key: torch.from_numpy(value) for key, value in arguments.items()}
        for result, value in OURS[loss](**tensors).items():
            found[f"{name}/{result}"] = value.numpy()
    return found, peer("losses", given, threads)


def by_case(given: Mapping[str, ndarray]) -> dict[str, dict[str, ndarray]]:
    """LOSS/CASE -> its arguments."""
    grouped: dict[str, dict[str, ndarray]] = {}
    for name, value in given.items():
        case, _, argument = name.rpartition("/")
        grouped.setdefault(case, {})[argument] = value
    return grouped


def peer(what: str, given: Mapping[str, ndarray], threads: int) -> dict[str, ndarray]:
    """What Lightning Pose makes of arrays, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{name}.npz") for name in ("given", "found")]
        np.savez(paths[0], **given)  # pyright: ignore[reportArgumentType]
        command = [str(PEER), str(JOB), what, *paths, str(threads)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{JOB.name} {what} failed:\n{done.stderr[-2000:]}")
        with np.load(paths[1]) as arrays:
            return dict(arrays)


def difference(one: ndarray, other: ndarray) -> float:
    """The largest difference over the largest value; infinite where only one of both is known.

    What is as small as rounding makes a divergence of equal maps counts as nothing.
    """
    is_known = ~np.isnan(one)
    if (is_known != ~np.isnan(other)).any():
        return np.inf
    one, other = one[is_known], other[is_known]
    apart = float(np.abs(one - other).max(initial=0.0))
    return 0.0 if apart < ROUNDING else apart / float(np.abs([one, other]).max())


def tell_losses(own: Mapping[str, ndarray], published: Mapping[str, ndarray]) -> None:
    """Lines of the losses, and of what differs with a reason."""
    for loss in OURS:
        names = [name for name in own if name.startswith(f"{loss}/") and name not in DIFFERENT]
        apart = {name: difference(own[name], published[name]) for name in names}
        if not apart:
            continue
        worst = max(apart, key=lambda name: apart[name])
        where = f" ({worst.partition('/')[2]})" if apart[worst] else ""
        number = len({name.rpartition("/")[0] for name in names})
        print(f"{loss}: largest relative difference {apart[worst]:.1g}{where}, {number} cases")
    for name, why in DIFFERENT.items():
        one, other = (float(values[name].ravel()[0]) for values in (own, published))
        print(f"{name}: ours {one:.4g}, Lightning Pose {other:.4g}: {why}")


def tell_trainings(trainings: list[ShortTraining], threads: int) -> None:
    """A line for each seed, and of several how both programs stand to their spread."""
    errors = []
    for training in trainings:
        losses, seen = training.ours()
        found = peer("train", training.given(), threads)
        own, published = (
            training.error_px(xy_px) for xy_px in (seen, training.in_image(found["positions"]))
        )
        errors.append((own, published))
        apart = [difference(losses[:n], found["losses"][:n]) for n in (1, 10, training.steps)]
        print(
            f"seed {training.seed}, {training.steps} steps: held-out error {own:.2f} px, Lightning "
            f"Pose {published:.2f} px; loss {losses[0]:.4f} at first, at last {losses[-1]:.4f} and "
            f"{found['losses'][-1]:.4f}; relative differences of the first step's {apart[0]:.1g}, "
            f"the first ten steps' up to {apart[1]:.1g}, of all up to {apart[2]:.1g}",
            flush=True,
        )
    if len(errors) < 2:
        return
    ours, theirs = np.array(errors).T
    print(
        f"{len(errors)} seeds: ours {ours.mean():.2f} px ({ours.min():.2f} to {ours.max():.2f}), "
        f"Lightning Pose {theirs.mean():.2f} px ({theirs.min():.2f} to {theirs.max():.2f}); "
        f"{'within' if ours.min() <= theirs.mean() <= ours.max() else 'outside'} the spread of our "
        f"seeds; the mean of the labels errs by {trainings[0].mean_pose_px():.2f} px"
    )


if __name__ == "__main__":
    main()
