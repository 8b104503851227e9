"""DeepLabCut's side of benchmarks/inference.py, run by the Python of .peers/deeplabcut.

deeplabcut_job.py weights FOLDER          random weights in the released layout
deeplabcut_job.py run FOLDER CLIP JSON    seconds of its networks and of the whole way
"""

import json
import sys
import time
from pathlib import Path

import cv2
import torch
from deeplabcut.pose_estimation_pytorch.apis import videos
from deeplabcut.pose_estimation_pytorch.apis.utils import (
    get_detector_inference_runner,
    get_pose_inference_runner,
)
from deeplabcut.pose_estimation_pytorch.config import PoseConfig
from deeplabcut.pose_estimation_pytorch.models import DETECTORS, PoseModel


def configuration():
    return PoseConfig.build_for_superanimal_inference(
        super_animal="superanimal_topviewmouse",
        model_name="hrnet_w32",
        detector_name="fasterrcnn_resnet50_fpn_v2",
        max_individuals=1,
        device="cpu",
    )


def save_random_weights(folder):
    torch.manual_seed(0)
    config = configuration()
    detector = DETECTORS.build(config["detector"]["model"])
    for name, network in (("pose", PoseModel.build(config["model"])), ("detector", detector)):
        document = {"model": network.state_dict(), "metadata": {"epoch": 0, "metrics": {}}}
        torch.save(document, folder / f"{name}.pt")


def network_seconds(crops, batch):
    """Seconds per crop of the pose network alone."""
    torch.manual_seed(0)
    network = PoseModel.build(configuration()["model"]).eval()
    pixels = torch.randn(batch, 3, 256, 256)
    with torch.inference_mode():
        network(pixels)
        start = time.perf_counter()
        for _ in range(max(crops // batch, 1)):
            network(pixels)
        return (time.perf_counter() - start) / (max(crops // batch, 1) * batch)


def video_seconds(folder, clip, batch):
    """Seconds per frame from video to poses, networks already loaded."""
    config = configuration()
    pose = get_pose_inference_runner(config, folder / "pose.pt", batch_size=batch, device="cpu")
    detector = get_detector_inference_runner(
        config, folder / "detector.pt", batch_size=batch, device="cpu", max_individuals=1
    )
    start = time.perf_counter()
    videos.video_inference(clip, pose, detector)
    return (time.perf_counter() - start) / cv2.VideoCapture(clip).get(cv2.CAP_PROP_FRAME_COUNT)


def main():
    what, folder = sys.argv[1], Path(sys.argv[2])
    torch.set_num_threads(int(sys.argv[3]))
    if what == "weights":
        save_random_weights(folder)
        return
    clip, crops, batches = sys.argv[4], int(sys.argv[5]), [1, 8]
    result = {
        "network": {batch: network_seconds(crops, batch) for batch in batches},
        "video": {batch: video_seconds(folder, clip, batch) for batch in batches},
    }
    Path(sys.argv[6]).write_text(json.dumps(result))


main()
