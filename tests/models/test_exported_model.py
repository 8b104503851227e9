"""A file and its description are enough for another program."""

import json

import cv2
import numpy as np
import pytest
import torch
from tiny_networks import square_crop

from superanimal_core.inference.passes import Ensemble
from superanimal_core.models.exported_model import exported, write_exported
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.onnx_document import CROPS
from superanimal_core.pose.keypoints import KeypointSpace

onnxruntime = pytest.importorskip("onnxruntime", reason="make test-engines installs it")
SIZE = (96, 64)  # width, height
PARAMETERS = {
    "pyramid": {"backbone": "lcnet_035", "stride_px": 4, "decoder_channels": 8, "sigma_px": 6.0},
    "dilated_resnet": {"sigma_px": 11.0, "refinement_radius_px": 17.0},
    "rtmpose": {"depth": 0.33, "width": 0.25, "size_px": SIZE, "sigma_bins": (5.0, 6.0)},
}
PARAMETERS["pyramid"]["is_subpixel"] = True


def bundle_of(architecture, in_whole_pixels):
    """A network that has learned nothing, and says something else of each keypoint."""
    torch.manual_seed(1)
    bundle = new_bundle(
        KeypointSpace("s", ("a", "b", "c")),
        architecture=architecture,
        parameters=PARAMETERS[architecture],
        crop=square_crop(SIZE, in_whole_pixels=in_whole_pixels),
        trained_on=(),
    )
    with torch.no_grad():
        for tensor in bundle.network.parameters():
            tensor.add_(0.05 * torch.randn(tensor.shape))
    bundle.network.eval()
    return bundle


def cut_as_told(told, image, box):
    """The crop of a box and the names of the formulas, by what the description says alone."""
    (width, height), margin = told["input"]["size_px"], told["input"]["margin"]
    known = dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))
    known |= {"width": width, "height": height, "margin": margin, "round": round}
    formulas = dict(told["formulas"])
    back = {name: formulas.pop(name) for name in ("x", "y")}
    for name, formula in formulas.items():
        known[name] = eval(formula, {}, known)
    if "zoom" in known:
        zoom, shrink = known["zoom"], int(1 / known["zoom"]) if known["zoom"] < 0.5 else 1
        image = cv2.resize(image, (160 // shrink, 120 // shrink), interpolation=cv2.INTER_AREA)
        corner = [sum(box[i::2]) / 2 - (width, height)[i] / zoom / 2 for i in (0, 1)]
        way = np.array([[1 / zoom, 0, corner[0]], [0, 1 / zoom, corner[1]]])
        way[:, 2] += 0.5 / zoom  # OpenCV counts the centers of pixels from 0
        way = way / shrink - [0, 0, 0.5]
        lie = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(image, way, (width, height), flags=lie), known, back
    black = np.pad(image, ((200, 200), (200, 200), (0, 0)))
    left, top, right, bottom = (known[side] + 200 for side in ("left", "top", "right", "bottom"))
    return cv2.resize(black[top:bottom, left:right], (width, height)), known, back


@pytest.mark.parametrize("architecture", ["pyramid", "dilated_resnet", "rtmpose"])
@pytest.mark.parametrize(
    ("in_whole_pixels", "box"),
    [
        (True, [20.3, 10.2, 140.9, 118.1]),
        (False, [20.3, 10.2, 140.9, 118.1]),  # zoom 0.47: shrunk before
        (False, [-9.3, 10.2, 40.9, 38.1]),  # zoom 1.5, beyond the picture
    ],
)
def test_the_file_and_its_description_are_enough(tmp_path, architecture, in_whole_pixels, box):
    """With nothing else a program gets the keypoints of a picture that this one gets."""
    bundle = bundle_of(architecture, in_whole_pixels)
    write_exported(exported(bundle), bundle, tmp_path / "m.onnx")
    told = json.loads((tmp_path / "m.json").read_text())
    random = np.random.default_rng(0)
    image = cv2.resize(random.integers(0, 255, (30, 40, 3)).astype(np.uint8), (160, 120))
    pixels, known, back = cut_as_told(told, image, box)
    mean, std = (np.array(told["input"][name], np.float32) for name in ("mean", "std"))
    crops = ((pixels.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None]
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    xy_px, score = session.run(["xy_px", "score"], {CROPS: crops})
    found = [
        [eval(back[of], {}, known | {"crop_x": x, "crop_y": y}) for of in ("x", "y")]
        for x, y in xy_px[0]
    ]
    ensemble = Ensemble([bundle], 1, "float32", torch.device("cpu"))
    ((truth, known_score),) = next(ensemble.poses([ensemble.views_of(image, np.array(box))]))
    np.testing.assert_allclose(found, truth, atol=0.05)
    np.testing.assert_allclose(score[0], known_score, atol=0.01)
