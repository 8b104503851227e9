"""What a checkpoint is, and what its networks see in a picture."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.inference.frames import predict_frames
from superanimal_core.media.images import read_image, write_image
from superanimal_core.models.checkpoints import read_tensors
from superanimal_core.models.downloads import file_sha256
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.detector import DetectorBundle, detect
from superanimal_core.network.released_weights import (
    find_layout,
    import_detector,
    import_pose_model,
)
from superanimal_core.report.labeled_video import draw_poses

CPU = torch.device("cpu")
MAX_BOXES = 10


def checked_pose_model(path: str, space_path: str) -> ModelBundle:
    """The network in a checkpoint, after telling its layout and hash on the terminal."""
    tensors, space = read_tensors(path), read_keypoint_space(space_path)
    layout = find_layout(tensors, "pose", path)
    bundle = import_pose_model(tensors, space, path, is_subpixel=True)
    _tell(path, f"{layout.name}, {len(space)} keypoints of {space.name}", len(tensors))
    return bundle


def checked_detector(path: str) -> DetectorBundle:
    """The same for a detector."""
    tensors = read_tensors(path)
    layout = find_layout(tensors, "detector", path)
    detector = import_detector(tensors, path, normalize_twice=True)
    _tell(path, f"{layout.name}, {detector.parameters['classes']} classes", len(tensors))
    return detector


def write_predictions(
    image_path: str,
    output: str,
    bundle: ModelBundle,
    detector: DetectorBundle | None,
    *,
    min_score: float,
    min_box_score: float,
) -> None:
    """Draw boxes and keypoints into a picture, and tell how sure they are."""
    image = read_image(image_path)
    boxes = boxes_in(image, detector, min_box_score)
    drawn, score = picture_with_predictions(image, bundle, boxes, min_score)
    write_image(drawn, output)
    print(f"{output}: boxes {len(boxes)}, median keypoint score {score:.2f}")


def boxes_in(
    image: UInt8[ndarray, "height width 3"], detector: DetectorBundle | None, min_score: float
) -> Float[ndarray, "box 4"]:
    """The best boxes that count, or the whole picture. SuperAnimalError when none does."""
    if detector is None:
        return np.array([[0.0, 0.0, image.shape[1], image.shape[0]]])
    boxes, scores = detect(detector, [image], CPU)[0]
    if not (scores >= min_score).any():
        best = scores.max(initial=0.0)
        raise SuperAnimalError(
            f"the detector's best box has a score of {best:.2f}, needed {min_score}: another kind "
            "of picture than it was trained on, or damaged weights"
        )
    return boxes[scores >= min_score][:MAX_BOXES]


def picture_with_predictions(
    image: UInt8[ndarray, "height width 3"],
    bundle: ModelBundle,
    boxes_xyxy_px: Float[ndarray, "box 4"],
    min_score: float,
) -> tuple[UInt8[ndarray, "_height _width 3"], float]:
    """The picture with boxes and keypoints, and the median score of the keypoints."""
    poses = predict_frames(bundle, [image], boxes_xyxy_px[None])
    taught = bundle.taught_keypoints
    drawn = draw_poses(image, poses, boxes_xyxy_px, taught, min_score=min_score)
    return drawn, float(np.median(poses.score))


def _tell(path: str, layout: str, tensors: int) -> None:
    print(f"{path}\n  layout  {layout}: all {tensors} tensors fit\n  sha256  {file_sha256(path)}")
