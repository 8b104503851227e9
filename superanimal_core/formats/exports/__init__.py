"""Poses of a video in the files of other programs. `EXPORTS` is the whole plug-in system.

Each writer gets the poses of one video and a folder, and writes its files there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from superanimal_core.formats.exports.coco_results import write_coco_results
from superanimal_core.formats.exports.deeplabcut_tables import (
    write_anipose,
    write_deeplabcut_csv,
    write_deeplabcut_h5,
    write_lightning_pose,
    write_simba,
)
from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.formats.exports.movement_dataset import write_movement
from superanimal_core.formats.exports.nwb_file import write_nwb
from superanimal_core.formats.exports.plain import write_eks, write_plain
from superanimal_core.formats.exports.sleap_files import write_sleap_analysis, write_sleap_project


@dataclass(frozen=True)
class Export:
    """How poses are given to another program.

    `is_raw`: the ensemble's positions before smoothing, for programs that smooth themselves;
    `takes_one`: it knows one animal in a video.
    """

    write: Callable[[ExportedPoses, Path], None]
    is_raw: bool = False
    takes_one: bool = False


EXPORTS: dict[str, Export] = {
    "deeplabcut_csv": Export(write_deeplabcut_csv),
    "deeplabcut_h5": Export(write_deeplabcut_h5),
    "lightning_pose_csv": Export(write_lightning_pose, takes_one=True),
    "eks_csv": Export(write_eks),
    "sleap_analysis": Export(write_sleap_analysis),
    "sleap_slp": Export(write_sleap_project),
    "coco_results": Export(write_coco_results),
    "nwb": Export(write_nwb),
    "movement": Export(write_movement),
    "keypoint_moseq": Export(write_deeplabcut_h5, is_raw=True),
    "simba": Export(write_simba),
    "anipose": Export(write_anipose, takes_one=True),
    "csv": Export(write_plain),
}
