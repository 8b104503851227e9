"""A training step against DeepLabCut 3.0.1's own training loop, data loading included.

    python benchmarks/training.py [--quick] [--threads 2]

The same pictures (640 x 480, PNG), boxes and keypoints of synthetic mice, crops of 256 x 256, the
same batch, float32, random weights. HRNet-w32 against HRNet-w32, top-down. DeepLabCut has no
MobileNet for PyTorch; its smallest network of the same kind of use is a ResNet-50. The peer lives
in .peers/deeplabcut (make peers); without it only our times are shown. Then the smaller network
with windows of a video that nobody labeled beside the pictures, which the peer does not have: how
much of the time it waits for either.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from superanimal_core.media.images import cached_reader, read_image, write_image
from superanimal_core.media.windows import read_window
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.devices import use_device
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, fill_boxes
from superanimal_core.report.video_file import write_video
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.settings.unlabeled import UnlabeledSettings
from superanimal_core.synthetic.labs import BURROW, lab_images
from superanimal_core.synthetic.mouse import MOUSE_KEYPOINTS
from superanimal_core.training import loop
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.unlabeled_training import fit_labels_and_videos

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".peers/deeplabcut/bin/python"
JOB = ROOT / "benchmarks/peers/deeplabcut_training_job.py"
SIZE = (640, 480)
HEATMAPS = {"sigma_px": 8.0, "is_subpixel": True}
PYRAMID = {"backbone": "mobilenetv2_100", "stride_px": 4, "decoder_channels": 64} | HEATMAPS
NETWORKS = {  # ours: architecture, parameters, the peer's network
    "HRNet-w32": ("hrnet", {"backbone": "hrnet_w32"} | HEATMAPS, "hrnet_w32"),
    "MobileNetV2": ("pyramid", PYRAMID, "resnet_50"),
}

SMALLER, FRAMES, FPS = "MobileNetV2", 200, 30.0


def main() -> None:
    """Print one line per network and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few steps")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    batch, steps = (2, 4) if options.quick else (8, 25)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        labels = write_project(Path(name), 8 if options.quick else 64)
        for title, (architecture, parameters, net) in NETWORKS.items():
            rate, waiting = train(labels, architecture, parameters, batch, steps, options.threads)
            command = [PEER, JOB, name, net, batch, steps, options.threads]
            peer = peer_rate([str(part) for part in command])
            rows.append((title, net, batch, rate, peer, rate / peer, waiting))
            print(
                f"{title}, batch {batch}: {rate:.2f} images/s, {rate / peer:.2f} x DeepLabCut's "
                f"{net} ({peer:.2f}); waiting for pictures {waiting:.1%} of the time"
            )
        video = str(Path(name) / "unlabeled.mp4")
        images = [read_image(image) for image in labels.image]
        write_video(islice(cycle(images), FRAMES), video, FPS)
        architecture, parameters, _ = NETWORKS[SMALLER]
        rate, waiting = train(
            labels, architecture, parameters, batch, steps, options.threads, [video]
        )
        rows.append((f"{SMALLER}, unlabeled video", "", batch, rate, np.nan, np.nan, waiting))
        print(
            f"{SMALLER}, batch {batch} and a window of unlabeled video: {rate:.2f} images/s; "
            f"waiting for pictures and windows {waiting:.1%} of the time"
        )
    names = ("network", "peer", "batch", "images_per_s", "peer_images_per_s", "ratio", "waiting")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    (ROOT / "benchmarks/results").mkdir(exist_ok=True)
    pq.write_table(table, ROOT / "benchmarks/results/training.parquet")


def write_project(folder: Path, count: int) -> Labels:
    """Pictures and their labels, for us and as the peer's COCO project."""
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    space, names, xy = KeypointSpace("mouse", tuple(MOUSE_KEYPOINTS)), [], []
    for number, picture in enumerate(lab_images(BURROW, count, SIZE, 0)):
        names.append(str(folder / "images" / f"{number}.png"))
        write_image(picture.frame.image, names[-1])
        inside = (picture.frame.xy_px > 0) & (picture.frame.xy_px < np.array(SIZE))
        xy.append(np.where(inside.all(axis=1, keepdims=True), picture.frame.xy_px, np.nan))
    known = np.isfinite(np.array(xy)).all(axis=2)
    words = {key: np.full(count, value) for key, value in (("source", "lab"), ("split", "train"))}
    labels = Labels(
        space=space,
        image=np.array(names),
        image_size_px=np.tile(np.array(SIZE), (count, 1)),
        individual=np.full(count, "animal0"),
        group=np.array(names),
        box_xyxy_px=np.full((count, 4), np.nan),
        xy_px=np.array(xy),
        state=np.where(known, int(LabelState.VISIBLE), int(LabelState.NOT_LABELED)),
        score=np.ones((count, len(space))),
        **words,
    )
    labels = fill_boxes(labels, 0.1)
    for split in ("train", "test"):
        document = json.dumps(coco_document(labels))
        (folder / "annotations" / f"{split}.json").write_text(document, encoding="utf-8")
    return labels


def coco_document(labels: Labels) -> dict[str, Any]:
    """The labels as the peer reads them."""
    images, annotations = [], []
    for i, name in enumerate(labels.image):
        file = {"id": i + 1, "file_name": Path(name).name}
        images.append(file | {"width": SIZE[0], "height": SIZE[1]})
        known = labels.state[i] >= LabelState.OCCLUDED
        points = np.where(known[:, None], labels.xy_px[i], 0)
        keypoints = np.column_stack([points, 2 * known]).ravel().tolist()
        x0, y0, x1, y1 = labels.box_xyxy_px[i].tolist()
        described = {"id": i + 1, "image_id": i + 1, "category_id": 1, "iscrowd": 0}
        described |= {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)}
        annotations.append(described | {"keypoints": keypoints, "num_keypoints": int(known.sum())})
    category = {"id": 1, "name": "mouse", "keypoints": list(labels.space.keypoints)}
    return {"images": images, "annotations": annotations, "categories": [category]}


def train(
    labels: Labels,
    architecture: str,
    parameters: dict,
    batch: int,
    steps: int,
    threads: int,
    videos: Sequence[str] = (),
) -> tuple[float, float]:
    """Images per second from the second step to the last, and the part of it spent waiting.

    With `videos`, a window of one of them is learned from in each step beside the labels.
    """
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    device = use_device(threads, 0)
    bundle = new_bundle(
        labels.space,
        architecture=architecture,
        parameters=parameters,
        crop=CropGeometry((256, 256), 1.25, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), False),
        trained_on=("lab",),
    )
    training = TrainingSettings(**config["training"] | {"steps": steps, "batch": batch})
    given = bundle, labels, cached_reader(), training, AugmentSettings(**config["augment"])
    ends, waits = list[float](), list[float]()
    how: dict[str, Any] = {"seed": 0, "device": device}
    how["tell"] = lambda step, note: ends.append(time.perf_counter())
    with mock.patch.object(loop, "batches_ahead", timed(loop.batches_ahead, waits)):
        if videos:
            chosen = config["unlabeled"] | {"enabled": True, "pose_pca": None}  # jumps alone
            how |= {"unlabeled": UnlabeledSettings(**chosen), "subspaces": {}, "videos": videos}
            fit_labels_and_videos(*given, read_window=read_window, **how)
        else:
            fit_labels(*given, **how)
    seconds = ends[-1] - ends[0]
    return batch * (len(ends) - 1) / seconds, sum(waits[1:]) / seconds


def timed(batches: Callable[..., Iterator[Any]], waits: list[float]) -> Callable[..., Iterator]:
    """The same batches; how long each was waited for is added to `waits`, in seconds."""

    def waited_for(*arguments: Any) -> Iterator[Any]:
        start = time.perf_counter()
        for each in batches(*arguments):
            waits.append(time.perf_counter() - start)
            yield each
            start = time.perf_counter()

    return waited_for


def peer_rate(command: list[str]) -> float:
    """The peer's images per second; NaN without the peer."""
    if not PEER.is_file():
        return float("nan")
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise SystemExit(f"DeepLabCut failed:\n{told.stderr[-2000:]}")
    return float(told.stdout.split("RESULT ")[1])


if __name__ == "__main__":
    main()
