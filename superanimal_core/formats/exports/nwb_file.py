"""Poses as NWB with ndx-pose, one file for each animal: NWB knows one subject in a file.

Needs the package ndx-pose (`pip install ndx-pose`). Times are those of the
frames, in seconds; positions have pixel centers at whole numbers.
"""

import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.tables.atomic import replacing

UNKNOWN_START = datetime(1970, 1, 1, tzinfo=UTC)  # NWB wants one, and videos do not say
CONFIDENCE = "score of the networks, 0 to 1"


def write_nwb(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.nwb`, of several animals `<video>_<animal>.nwb`.

    SuperAnimalError when ndx-pose is not installed.
    """
    names = exported.poses.individuals
    for number, name in enumerate(names):
        ending = f"_{name}" if len(names) > 1 else ""
        with replacing(folder / f"{exported.video}{ending}.nwb") as temporary:
            _write(exported, number, temporary)


def _write(exported: ExportedPoses, number: int, path: Path) -> None:
    pynwb, ndx_pose = _packages()
    name = exported.poses.individuals[number]
    file = pynwb.NWBFile(
        session_description=f"poses in {exported.file}; the time of the recording is not known",
        identifier=f"{exported.video}/{name}",
        session_start_time=UNKNOWN_START,
        subject=pynwb.file.Subject(subject_id=name),
    )
    module = file.create_processing_module("behavior", "poses")
    space = exported.poses.space
    bones = [(space.index(a), space.index(b)) for a, b in space.bones]
    skeleton = ndx_pose.Skeleton(
        name=space.name,
        nodes=list(space.keypoints),
        edges=np.array(bones, dtype=np.uint8).reshape(-1, 2),
    )
    module.add(ndx_pose.Skeletons(skeletons=[skeleton]))
    estimation = ndx_pose.PoseEstimation(
        name=exported.video,
        pose_estimation_series=_series(ndx_pose, exported, number),
        description="smoothed positions of keypoints",
        scorer="superanimal",
        source_software="superanimal",
        skeleton=skeleton,
    )
    module.add(estimation)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)


def _series(ndx_pose: Any, exported: ExportedPoses, number: int) -> list[Any]:
    """One series for each keypoint; all share the times of the first."""
    series: list[Any] = []
    for column, keypoint in enumerate(exported.poses.space.keypoints):
        series.append(
            ndx_pose.PoseEstimationSeries(
                name=keypoint,
                data=exported.centered_px[:, number, column],
                unit="pixels",
                reference_frame="(0, 0) is the center of the top-left pixel",
                timestamps=series[0] if series else exported.poses.time_s,
                confidence=exported.score[:, number, column],
                confidence_definition=CONFIDENCE,
            )
        )
    return series


def _packages() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pynwb"), importlib.import_module("ndx_pose")
    except ImportError:
        raise SuperAnimalError(
            "nwb needs the package ndx-pose, which is not installed here: "
            f"{sys.executable} -m pip install ndx-pose"
        ) from None
