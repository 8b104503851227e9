"""A pose network of a study as ONNX, for other programs, compared with torch on your own crops.

    superanimal export-model ~/my-study mouse/member-0 mouse.onnx

Beside it lies mouse.json: what goes in (size, margin and colors of a crop), what comes out, and the
names of the keypoints. The crops to compare on are cut from the videos whose animals this study has
found already. Needs the packages onnx, and onnxruntime or openvino (superanimal-core[engines]).
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import chdir, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from superanimal_core.commands.stages import VIDEOS
from superanimal_core.commands.status import read_settings_and_rows
from superanimal_core.commands.study_folder import checked_study
from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.media.stills import read_first_stills
from superanimal_core.study.engine_mistakes import NEEDED
from superanimal_core.tables.bundles_description import DESCRIPTION
from superanimal_core.tables.video_tables import read_boxes

MODELS = Path("results/models")
MOST_VIDEOS, MOST_FRAMES = 4, 20
MOST_PX = 1e-3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `export-model`."""
    parser.add_argument("study", help="the study's folder")
    parser.add_argument("network", help="model and member, as mouse/member-0")
    parser.add_argument("file", type=Path, help="where to: a name that ends in .onnx")


def run(options: argparse.Namespace) -> None:
    """Write it and compare it. SuperAnimalError where that is not possible, or it differs."""
    study, file = checked_study(options.study), options.file.expanduser().absolute()
    folder = study / MODELS / options.network
    if file.suffix != ".onnx":
        raise SuperAnimalError(f"{options.file}: a name that ends in .onnx is needed")
    if not (folder / DESCRIPTION).is_file():
        found = (study / MODELS).glob(f"*/member-*/{DESCRIPTION}")
        there = sorted(str(each.parent.relative_to(study / MODELS)) for each in found)
        raise SuperAnimalError(
            f"no network {options.network} in {study / MODELS}; there: {', '.join(there) or 'none'}"
        )
    engine = next((name for name, need in NEEDED.items() if all(map(find_spec, need))), None)
    if engine is None:
        raise SuperAnimalError(
            "export-model needs onnx, and onnxruntime or openvino to compare with: "
            f"{sys.executable} -m pip install onnx onnxruntime"
        )
    from superanimal_core.models.bundles import read_bundle  # torch takes seconds
    from superanimal_core.models.exported_model import largest_difference_px, write_onnx

    bundle = read_bundle(folder)
    write_onnx(bundle, file)
    print(f"{file}, and beside it {file.with_suffix('.json').name}")
    crops = list(own_crops(study, bundle))
    if not crops:
        print("not compared: no video of this study has boxes yet")
        return
    off_px = largest_difference_px(bundle, crops, engine)
    told = f"{off_px:.2g} px at most on {len(crops)} crops of this study, by {engine}"
    if not off_px <= MOST_PX:
        raise SuperAnimalError(f"{file} differs from torch by {told}; do not use it")
    print(f"differs from torch by {told}")


def own_crops(study: Path, bundle: Any) -> Iterator[np.ndarray]:
    """Crops around the animals in the first frames of some videos, as the network is given them."""
    with chdir(study):
        _, rows = read_settings_and_rows(study)
        tables = [(row.path, study / VIDEOS / name / "boxes.parquet") for name, row in rows.items()]
        known = [(p, table) for p, table in tables if table.is_file() and Path(p).is_file()]
        for path, table in known[:MOST_VIDEOS]:
            with suppress(VideoError):  # one that failed
                boxes = read_boxes(table)[:MOST_FRAMES]
                for frame, image in read_first_stills(path, range(len(boxes))).items():
                    shown = boxes[frame][np.isfinite(boxes[frame]).all(axis=1)]
                    yield from (bundle.crop.cut(image, box).pixels for box in shown)
