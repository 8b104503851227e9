"""Poses in frames of a notebook: in boxes, in those of a detector, or in whole frames."""

import numpy as np
import pytest
from test_detect import SeesBright, frame_with
from test_predict import CPU, SPACE, Brightest
from tiny_networks import square_crop

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.inference.frames import predict_frames
from superanimal_core.inference.predict import predict_video
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.detector import DetectorBundle

DETECTOR = DetectorBundle(SeesBright(), "fcos", {}, 96, None, 0, ())
BUNDLE = ModelBundle(Brightest(), SPACE, "none", {}, square_crop(32), ())


def walking():
    """A bright square that walks; in two frames in the middle it is gone."""
    return [frame_with(3 + 4 * i, 0 if i in (4, 5) else 255) for i in range(12)]


def test_with_a_detector_animals_are_where_it_finds_them():
    poses = predict_frames(BUNDLE, walking(), detector=DETECTOR, fps=20.0)
    places = np.array([[3 + 4 * i, 30.0, 23 + 4 * i, 50.0] for i in range(12)])
    # between detections boxes are interpolated: here the square goes on as it went
    whole = predict_video(
        [BUNDLE], walking(), places[:, None], np.arange(12) / 20, batch=4, precision="float32",
        device=CPU,
    )[0]  # fmt: skip
    np.testing.assert_allclose(poses.xy_px, whole.xy_px, atol=1e-3)
    seen = poses.xy_px[[0, 3, 8], 0, 0]
    assert (np.abs(seen - [[13, 40], [25, 40], [45, 40]]) <= 10.5).all()


def test_boxes_beside_a_detector_or_of_another_length_are_told():
    boxes = np.zeros((12, 1, 4))
    with pytest.raises(SuperAnimalError, match="give boxes or a detector, not both"):
        predict_frames(BUNDLE, walking(), boxes, detector=DETECTOR)
    with pytest.raises(SuperAnimalError, match=r"shape \(12, 4\) for 12 frames; needed"):
        predict_frames(BUNDLE, walking(), boxes[:, 0])
    with pytest.raises(SuperAnimalError, match=r"shape \(11, 1, 4\) for 12 frames"):
        predict_frames(BUNDLE, walking(), boxes[1:])
    with pytest.raises(SuperAnimalError, match="no frames were given"):
        predict_frames(BUNDLE, [])


def test_a_detector_that_finds_nothing_is_told_in_a_sentence():
    with pytest.raises(VideoError, match="no animal was found in any of 2 frames"):
        predict_frames(BUNDLE, [frame_with(3, 0)] * 2, detector=DETECTOR)
