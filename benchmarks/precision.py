"""What bfloat16 and int8 cost in accuracy, with a finished study's networks on its own videos.

    python benchmarks/precision.py [STUDY] [--quick]

For each video of STUDY (demo-study, after `make demo`; real-study, after `make real`): how far the
first member's keypoints in bfloat16 and int8 lie from those in float32, in the same boxes.
Distances are given for crops of 256 pixels, and in cells of the heatmap. int8 is calibrated on
the study's labels, and computed by the engines that are installed (superanimal[engines]).
"""

import argparse
import os
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import yaml

from superanimal_core.errors import VideoError
from superanimal_core.inference.predict import predict_video
from superanimal_core.media.images import cached_reader
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.quantized_folder import read_document, write_quantized
from superanimal_core.network.devices import has_precision, use_device
from superanimal_core.network.pose_network import ready_network
from superanimal_core.network.quantized import CPU, CROP_PX, SEEN, in_int8, moves_px
from superanimal_core.study.engine_mistakes import NEEDED
from superanimal_core.study.graph import Graph
from superanimal_core.study.identities import Identities
from superanimal_core.study.quantized_graph import QuantizedGraph
from superanimal_core.study.student_graph import StudentGraph
from superanimal_core.study.study import read_study
from superanimal_core.tables.video_tables import read_boxes

ROOT = Path(__file__).resolve().parents[1]


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
    for video, row in study.videos.items():
        seed = study.settings.models[row.model].seeds[0]
        member = Path("results/models") / row.model / f"member-{seed}"
        bundle = read_bundle(member)
        try:
            boxes = read_boxes(f"results/videos/{video}/boxes.parquet")
        except VideoError as error:
            print(f"{video}: {error.reason}")
            continue
        boxes = boxes[: 200 if options.quick else None]
        how = {"batch": study.settings.inference.batch, "device": device}
        exact = seen_by(bundle, row.path, boxes, **how, precision="float32")
        side = np.max(boxes[..., 2:] - boxes[..., :2], axis=2) * bundle.crop.margin
        cell_px = bundle.parameters["stride_px"] / max(bundle.crop.size_px) * CROP_PX
        others = {}
        if has_precision(device.type, "bfloat16"):
            others["bfloat16"] = seen_by(bundle, row.path, boxes, **how, precision="bfloat16")
        for engine in [name for name, names in NEEDED.items() if all(map(find_spec, names))]:
            own = in_eight_bits(study, row.model, member, engine, options.threads)
            others[f"int8 by {engine}"] = seen_by(own, row.path, boxes, **how, precision="float32")
        for precision, other in others.items():
            moved = moves_px(exact.xy_px, other.xy_px, side)
            for name, is_chosen in (
                (f"score of {SEEN} or more", exact.score >= SEEN),
                ("all", ...),
            ):
                some = moved[is_chosen]
                some = some[np.isfinite(some)]
                print(
                    f"{video}, {bundle.parameters['backbone']}, {precision}, {len(some)} keypoints "
                    f"({name}): mean {some.mean():.3f} px of a {CROP_PX}-px crop, 99th percentile "
                    f"{np.quantile(some, 0.99):.2f} px = {np.quantile(some, 0.99) / cell_px:.2f} "
                    "cells"
                )


def seen_by(bundle, path, boxes, **how):
    """The poses of a network in known boxes of a video."""
    frames, times = islice(read_frames(path), len(boxes)), np.arange(len(boxes)) / 30
    return predict_video([bundle], frames, boxes, times, **how)[0]


def in_eight_bits(study, model, member, engine, threads):
    """A network in int8, calibrated as the rule quantize_network does; how far labels move."""
    graph = Graph(study, Identities(is_settled=False))
    labels = QuantizedGraph(StudentGraph(graph)).labels(model)
    read, margin = cached_reader(graph.picture_places()), study.settings.detector.box_margin
    bundle = read_bundle(member)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "quantized"
        how = {"box_margin": margin, "engine": engine, "threads": threads}
        write_quantized(member, labels, read, place, **how)
        network = in_int8(ready_network(bundle.network, CPU), engine, read_document(place))
    return replace(bundle, network=network)


if __name__ == "__main__":
    main()
