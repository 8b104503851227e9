"""What bfloat16 costs in accuracy, with a finished study's networks on its own videos.

    python benchmarks/precision.py [STUDY] [--quick]

For each video of STUDY (demo-study, after `make demo`; real-study, after `make real`): how far the
first member's keypoints in bfloat16 lie from those in float32, in the same boxes. Distances are
given for crops of 256 pixels, and in cells of the heatmap.
"""

import argparse
import os
from itertools import islice
from pathlib import Path

import numpy as np
import yaml

from superanimal_core.errors import VideoError
from superanimal_core.inference.predict import predict_video
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle
from superanimal_core.network.devices import has_precision, use_device
from superanimal_core.study.study import read_study
from superanimal_core.tables.video_tables import read_boxes

ROOT = Path(__file__).resolve().parents[1]
CROP_PX = 256
SEEN = 0.5


def main() -> None:
    """Print one line per video."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default="demo-study")
    parser.add_argument("--quick", action="store_true", help="200 frames of each video")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    os.chdir(options.study)
    study = read_study(yaml.safe_load(Path("config/config.yaml").read_text()), ROOT)
    device = use_device(options.threads, seed=0)
    if not has_precision(device.type, "bfloat16"):
        return
    for video, row in study.videos.items():
        seed = study.settings.models[row.model].seeds[0]
        bundle = read_bundle(Path("results/models") / row.model / f"member-{seed}")
        try:
            boxes = read_boxes(f"results/videos/{video}/boxes.parquet")
        except VideoError as error:
            print(f"{video}: {error.reason}")
            continue
        boxes = boxes[: 200 if options.quick else None]
        exact, rounded = (
            predict_video(
                [bundle],
                islice(read_frames(row.path), len(boxes)),
                boxes,
                np.arange(len(boxes)) / 30,
                batch=study.settings.inference.batch,
                precision=precision,
                device=device,
            )[0]
            for precision in ("float32", "bfloat16")
        )
        side = np.max(boxes[..., 2:] - boxes[..., :2], axis=2) * bundle.crop.margin
        moved = np.linalg.norm(rounded.xy_px - exact.xy_px, axis=3) / side[..., None]
        cell = bundle.parameters["stride_px"] / max(bundle.crop.size_px)
        for name, chosen in (("score of 0.5 or more", exact.score >= SEEN), ("all", moved >= 0)):
            some = moved[chosen]
            print(
                f"{video}, {bundle.parameters['backbone']}, {len(some)} keypoints ({name}): "
                f"mean {some.mean() * CROP_PX:.3f} px of a {CROP_PX}-px crop, 99th percentile "
                f"{np.quantile(some, 0.99) * CROP_PX:.2f} px = "
                f"{np.quantile(some, 0.99) / cell:.2f} cells"
            )


if __name__ == "__main__":
    main()
