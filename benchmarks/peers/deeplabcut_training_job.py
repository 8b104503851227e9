"""DeepLabCut's side of benchmarks/training.py, run by the Python of .peers/deeplabcut.

deeplabcut_training_job.py PROJECT NET BATCH STEPS THREADS

Prints the images per second of its own training loop.
"""

import json
import sys
import time
from pathlib import Path

import torch
from deeplabcut.pose_estimation_pytorch.config import PoseConfig, make_basic_project_config
from deeplabcut.pose_estimation_pytorch.data import COCOLoader, build_transforms
from deeplabcut.pose_estimation_pytorch.models import PoseModel
from deeplabcut.pose_estimation_pytorch.runners import build_training_runner
from deeplabcut.pose_estimation_pytorch.task import Task
from torch.utils.data import DataLoader


def images_per_second(project, net, batch, steps):
    """Of the training runner, from the start of its second step to that of its last one."""
    names = json.loads((project / "annotations/train.json").read_text())["categories"][0]
    described = make_basic_project_config(str(project), names["keypoints"], 1)
    described["multianimalbodyparts"] = names["keypoints"]
    path = project / "pytorch_config.yaml"
    config = PoseConfig.build(described, path, top_down=True, net_type=net, save=True)
    loader = COCOLoader(project, path)
    config = loader.model_cfg
    model = PoseModel.build(config["model"], pretrained_backbone=False)
    runner = build_training_runner(
        config["runner"], loader.model_folder, Task.TOP_DOWN, model, device="cpu"
    )
    transform = build_transforms(config["data"]["train"])
    dataset = loader.create_dataset(transform=transform, mode="train", task=Task.TOP_DOWN)
    crops = DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=0)
    step, starts = runner.step, []

    def timed(*arguments):
        starts.append(time.perf_counter())
        return step(*arguments)

    runner.step = timed
    while len(starts) < steps:
        runner._epoch(crops, "train")
    starts = starts[1:steps]
    return batch * (len(starts) - 1) / (starts[-1] - starts[0])


def main():
    project, net, batch, steps, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    rate = images_per_second(Path(project), net, int(batch), int(steps))
    print(f"RESULT {rate}")


main()
