"""Networks that were not trained in the study: a known checkpoint, or our own folder."""

from dataclasses import replace
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.bundles import read_bundle, read_detector
from superanimal_core.models.checkpoints import read_tensors
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.network.released_weights import import_detector, import_pose_model
from superanimal_core.pose.keypoints import KeypointSpace


def read_pose_model(path: str | Path, space: KeypointSpace, is_subpixel: bool) -> ModelBundle:
    """A pose network that speaks a space. SuperAnimalError when it speaks another one."""
    if not Path(path).is_dir():
        return import_pose_model(read_tensors(path), space, str(path), is_subpixel=is_subpixel)
    bundle = read_bundle(path)
    if bundle.space.keypoints != space.keypoints:
        raise SuperAnimalError(
            f"{path}: a model of the keypoint space '{bundle.space.name}', not '{space.name}'"
        )
    return replace(bundle, space=space)


def read_detector_model(path: str | Path, normalize_twice: bool) -> DetectorBundle:
    """A detector; `normalize_twice` counts for DeepLabCut's checkpoints only."""
    if Path(path).is_dir():
        return read_detector(path)
    return import_detector(read_tensors(path), str(path), normalize_twice=normalize_twice)
