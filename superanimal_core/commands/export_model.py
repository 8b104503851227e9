"""A pose network of a study as ONNX, for other programs, compared with torch on your own crops.

    superanimal export-model ~/my-study mouse/member-0 mouse.onnx

It takes crops and gives positions and scores. Beside it lies mouse.json: how a crop is cut and
colored, the way back to the picture as formulas, and the names of the keypoints. The crops to
compare on are cut from the videos whose animals this study has found already; a file that differs
is not written, and where there are none the last line says that it was not compared. Needs the
packages onnx, and onnxruntime or openvino (superanimal-core[engines]).
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
from superanimal_core.commands.typed_path import typed_path
from superanimal_core.errors import ConfigError, SuperAnimalError, VideoError
from superanimal_core.media.stills import read_first_stills
from superanimal_core.report.cells import counted
from superanimal_core.study.engine_mistakes import NEEDED
from superanimal_core.tables.bundles_description import DESCRIPTION
from superanimal_core.tables.video_tables import read_boxes

MODELS = Path("results/models")
MOST_VIDEOS, MOST_FRAMES = 4, 20
MOST_PX = 1e-3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `export-model`."""
    parser.add_argument("study", help="the study's folder")
    parser.add_argument(
        "network", help="model and member, as mouse/member-0, or a network's folder"
    )
    parser.add_argument("file", type=Path, help="where to: a name that ends in .onnx")


def run(options: argparse.Namespace) -> None:
    """Compare it and write it. SuperAnimalError where that is not possible, or it differs."""
    study, file = checked_study(options.study).absolute(), checked_file(options.file)
    folder = folder_of(study, options.network)
    engine = next((name for name, need in NEEDED.items() if all(map(find_spec, need))), None)
    if engine is None:
        raise SuperAnimalError(
            "export-model needs onnx, and onnxruntime or openvino to compare with: "
            f"{sys.executable} -m pip install onnx onnxruntime"
        )
    from superanimal_core.models.bundles import read_bundle  # torch takes seconds
    from superanimal_core.models.exported_model import (
        exported,
        largest_difference_px,
        write_exported,
    )

    bundle = read_bundle(folder)
    document, (crops, why_none) = exported(bundle), crops_to_compare(study, bundle)
    told = f"not compared with torch: {why_none}"
    if crops:
        off_px = largest_difference_px(document, bundle, crops, engine)
        told = f"from torch by {off_px:.2g} px at most on {counted(len(crops), 'crop')} of this "
        told += f"study, by {engine}"
        if not off_px <= MOST_PX:
            raise SuperAnimalError(f"{file} is not written: it differs {told}")
        told = f"differs {told}"
    write_exported(document, bundle, file)
    print(f"{file}, and beside it {file.with_suffix('.json').name}", told, sep="\n")


def checked_file(written: Path) -> Path:
    """Where to write. SuperAnimalError: no .onnx, a folder, or a .json of something else beside."""
    file = typed_path(written).absolute()
    if file.is_dir():
        raise SuperAnimalError(f"{written} is a folder; name a file in it, as {file.name}/m.onnx")
    if file.suffix != ".onnx":
        raise SuperAnimalError(f"{written}: a name that ends in .onnx is needed")
    beside = file.with_suffix(".json")
    if beside.exists() and not file.exists():
        raise SuperAnimalError(f"{beside} is there already, and would be replaced; name another")
    return file


def folder_of(study: Path, network: str) -> Path:
    """The folder of a network: a model's that has one, a member, or a path to such a folder.

    SuperAnimalError, with what there is, when it is none.
    """
    models = study / MODELS
    for folder in (models / network, study / network, typed_path(network)):
        if (folder / DESCRIPTION).is_file():
            return folder
        members = sorted(folder.glob(f"member-*/{DESCRIPTION}"))
        if len(members) == 1:
            return members[0].parent
    found = models.glob(f"*/member-*/{DESCRIPTION}")
    there = sorted(str(each.parent.relative_to(models)) for each in found)
    raise SuperAnimalError(
        f"{network} is no single network in {models}; there: {', '.join(there) or 'none'}"
    )


def crops_to_compare(study: Path, bundle: Any) -> tuple[list[np.ndarray], str]:
    """`own_crops`, and why there are none: a network needs no videos to leave."""
    try:
        return [*own_crops(study, bundle)], "in no video of this study was an animal found yet"
    except ConfigError as error:
        return [], error.mistakes[0]


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
