"""Poses in frames that are in memory: what notebooks and small programs call."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.detect import DetectedBoxes
from superanimal_core.inference.predict import predict_video
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.pose.poses import Poses

CPU = torch.device("cpu")
MIN_SCORE, MAX_GAP_S = 0.3, 0.5  # of detections, as shipped

Frames = Sequence[UInt8[ndarray, "height width 3"]]


def predict_frames(
    bundle: ModelBundle,
    frames: Frames,
    boxes_xyxy_px: Float[ndarray, "..."] | None = None,
    *,
    detector: DetectorBundle | None = None,
    animals: int = 1,
    min_score: float = MIN_SCORE,
    fps: float = 30.0,
    batch: int = 32,
    device: torch.device = CPU,
) -> Poses:
    """Poses in consecutive RGB frames, one network; each position in pixels of the frame.

    Animals are looked for in the boxes (frame, individual, 4), x0 y0 x1 y1 in pixels, or in those
    that the detector finds: of at most so many `animals`, with a score of at least `min_score`,
    kept apart by where they were before, over gaps of half a second. Without either every whole
    frame is taken as the box of one animal. That is right for a network that was trained on whole
    frames, or an animal that fills them.

    SuperAnimalError for boxes and a detector, boxes that are not one row per frame, and no frames;
    VideoError when the detector finds no animal at all.
    """
    if not len(frames):
        raise SuperAnimalError("predict_frames: no frames were given")
    if boxes_xyxy_px is not None and detector is not None:
        raise SuperAnimalError("predict_frames: give boxes or a detector, not both")
    time_s = np.arange(len(frames)) / fps
    if detector is not None:
        boxes_xyxy_px = _detected(detector, frames, time_s, animals, min_score, batch, device)
    elif boxes_xyxy_px is None:
        sizes = [(0.0, 0.0, frame.shape[1], frame.shape[0]) for frame in frames]
        boxes_xyxy_px = np.array(sizes).reshape(-1, 1, 4)
    if boxes_xyxy_px.ndim != 3 or boxes_xyxy_px.shape[::2] != (len(frames), 4):
        raise SuperAnimalError(
            f"predict_frames: boxes of the shape {boxes_xyxy_px.shape} for {len(frames)} frames; "
            "needed: (frame, individual, 4), x0 y0 x1 y1 in pixels"
        )
    network = {"batch": batch, "precision": "float32", "device": device}
    return predict_video([bundle], frames, boxes_xyxy_px, time_s, **network)[0]


def _detected(
    detector: DetectorBundle,
    frames: Frames,
    time_s: Float[ndarray, "frame"],
    animals: int,
    min_score: float,
    batch: int,
    device: torch.device,
) -> Float[ndarray, "frame individual 4"]:
    """The boxes of every frame, as in a run that looks at each of them."""
    source = DetectedBoxes(
        detector=detector,
        time_s=time_s,
        max_individuals=animals,
        min_score=min_score,
        every_frames=1,
        max_gap_s=MAX_GAP_S,
        batch=batch,
        device=device,
    )
    return np.stack([boxed.boxes_xyxy_px for boxed in source.boxed(frames, 0)])
