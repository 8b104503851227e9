"""A training for jobs of submitit on the test cluster; the jobs import this module."""

import os
import sys
import time
import traceback

import torch
from dot_world import DotWorld
from safetensors.torch import load_file, save_file

from superanimal_core.errors import TrainingError
from superanimal_core.jobs.launch import run_training
from superanimal_core.jobs.training_checkpoints import folder_checkpoints
from superanimal_core.settings import TrainingJobSettings
from superanimal_core.training.label_training import fit_labels

STEPS, HELD_AT = 12, 6
SETTINGS = {
    "where": "slurm",
    "nodes": 1,
    "processes": 1,
    "gpus": False,
    "cpus": 1,
    "minutes": 10,
    "requeues": 3,
    "checkpoint_minutes": 1e9,  # on signals only
    "slurm": {"mem": 2000},
}


def train(folder):
    """Twelve steps; after the sixth it waits for a signal or for the file `go` in the folder."""

    def tell(step, _note):
        with (folder / "steps").open("a") as steps:
            steps.write(f"{step}\n")
        while step >= HELD_AT and not (checkpoints.is_due() or (folder / "go").exists()):
            time.sleep(0.1)

    world = DotWorld
    bundle = world.bundle()
    with folder_checkpoints(folder, SETTINGS["checkpoint_minutes"]) as checkpoints:
        fit_labels(
            bundle,
            world.labels(["lab"] * 6),
            world.read_image,
            world.training(steps=STEPS, batch=4),
            world.augment(rotation_deg=20.0, noise=0.02, flip=0.5),
            seed=3,
            device=torch.device("cpu"),
            tell=tell,
            checkpoints=checkpoints,
        )
    weights = {name: value.contiguous() for name, value in bundle.network.state_dict().items()}
    save_file(weights, folder / "weights.safetensors")


def fail(folder):
    """What a training does whose data are wrong."""
    raise ValueError(f"no such animal in {folder.name}")


def jobs_of(**changes):
    """Settings of a job of one process."""
    return TrainingJobSettings(**SETTINGS | changes)


def run(work, jobs, log):
    """What the rule does, its words in a file."""
    with log.open("a") as told:
        sys.stdout = sys.stderr = told
        try:
            run_training(work, log.parent / "work", jobs)
        except TrainingError:
            traceback.print_exc()
            told.flush()
            os._exit(1)


def weights_of(folder):
    """What a training has learned."""
    return load_file(folder / "weights.safetensors")
