"""Released layouts against the reference's outputs on deterministic weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from deeplabcut_checkpoints import (
    checkpoint_of,
    golden_boxes,
    golden_image,
    golden_of,
    needs_fixtures,
    weight_rule,
)
from torch.nn import functional
from torchvision.models.detection import (
    fasterrcnn_mobilenet_v3_large_fpn,
    fasterrcnn_resnet50_fpn_v2,
    ssdlite320_mobilenet_v3_large,
)

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.sheets import read_conversion_rows
from superanimal_core.network.crops import apply_affine
from superanimal_core.network.detector import detect
from superanimal_core.network.pose_network import ready_network
from superanimal_core.network.released_weights import (
    find_layout,
    import_detector,
    import_pose_model,
    tensors_in,
)
from superanimal_core.pose.keypoints import KeypointSpace

pytestmark = needs_fixtures
CPU = torch.device("cpu")
SPACES = Path(__file__).resolve().parents[2] / "config/keypoints"
# tolerance of poses in crop pixels: DeepLabCut's refinement multiplies rounding by 7.28
POSES = {
    "superanimal_topviewmouse_hrnet_w32": (27, 0.0),
    "superanimal_quadruped_hrnet_w32": (39, 0.0),
    "superanimal_topviewmouse_resnet_50": (27, 1e-3),
    "superanimal_quadruped_rtmpose_s": (39, 0.0),
}
LISTED = {
    "superanimal_quadruped_resnet_50": 39,
    "superanimal_bird_resnet_50": 42,
    "superanimal_humanbody_rtmpose_x": 17,
}
DETECTORS = {
    "fasterrcnn_resnet50_fpn_v2": fasterrcnn_resnet50_fpn_v2,
    "fasterrcnn_mobilenet_v3_large_fpn": fasterrcnn_mobilenet_v3_large_fpn,
    "ssdlite": ssdlite320_mobilenet_v3_large,
}
COLORS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def space_of(keypoints):
    return KeypointSpace("s", tuple(f"k{i}" for i in range(keypoints)))


@pytest.fixture(scope="module", params=POSES)
def released(request):
    """A released network, its golden outputs and the tolerance of its positions."""
    keypoints, tolerance = POSES[request.param]
    tensors = checkpoint_of(request.param)
    bundle = import_pose_model(tensors, space_of(keypoints), request.param, is_subpixel=False)
    return bundle, golden_of(request.param), tolerance


def test_raw_outputs_and_poses_are_the_references(released):
    bundle, golden, tolerance = released
    with torch.inference_mode():
        outputs = bundle.network(torch.from_numpy(weight_rule().input_batch()))
        xy_px, score = bundle.network.decode(outputs)
    names = [n for n in ("raw_heatmap", "raw_locref", "raw_x", "raw_y") if n in golden]
    parts = outputs if isinstance(outputs, tuple) else (outputs,)
    for name, part in zip(names, parts, strict=True):
        assert np.abs(part.numpy() - golden[name]).max() <= 1e-4 * np.abs(golden[name]).max(), name
    wanted = golden["raw_poses"][:, 0]
    np.testing.assert_allclose(xy_px.numpy(), wanted[..., :2], atol=tolerance)
    np.testing.assert_allclose(score.numpy(), wanted[..., 2], atol=1e-6)


def test_stored_outputs_are_decoded_as_by_the_reference(released):
    bundle, golden, tolerance = released
    names = [n for n in ("raw_heatmap", "raw_locref", "raw_x", "raw_y") if n in golden]
    parts = tuple(torch.from_numpy(golden[name]) for name in names)
    xy_px, _ = bundle.network.decode(parts if len(parts) > 1 else parts[0])
    wanted = golden["raw_poses"][:, 0, :, :2]
    np.testing.assert_allclose(xy_px.numpy(), wanted, atol=1e-4 if tolerance else 0.0)


def test_from_image_and_boxes_to_image_pixels_as_the_reference(released):
    bundle, golden, tolerance = released
    cuts = [bundle.crop.cut(golden_image(), box) for box in golden_boxes()]
    crops = bundle.crop.normalize(torch.from_numpy(np.stack([cut.pixels for cut in cuts])))
    with torch.inference_mode():
        xy_px, score = bundle.network.decode(ready_network(bundle.network, CPU)(crops))
    pairs = zip(cuts, xy_px.numpy(), strict=True)
    found = [apply_affine(cut.to_image, xy.astype(float)) for cut, xy in pairs]
    # the reference counts pixel centers from 0, we from 0.5
    wanted = golden["pipeline_bodyparts"]
    np.testing.assert_allclose(
        np.stack(found) - 0.5, wanted[..., :2], atol=2e-2 if tolerance else 1e-4
    )
    np.testing.assert_allclose(score.numpy(), wanted[..., 2], atol=1e-6)


@pytest.mark.parametrize("name", LISTED)
def test_every_other_listed_layout_of_a_pose_network_is_found_and_fits(name):
    bundle = import_pose_model(checkpoint_of(name), space_of(LISTED[name]), name, is_subpixel=True)
    layout = find_layout(checkpoint_of(name), "pose", name)
    assert name.endswith(layout.name)
    assert bundle.is_taught.all()
    assert bundle.crop.size_px == ((288, 384) if name.endswith("rtmpose_x") else (256, 256))


def peer(name, **settings):
    """torchvision's own builder, filled strictly."""
    if name == "ssdlite":
        settings |= {"score_thresh": 0.05}
    network = DETECTORS[name](weights=None, weights_backbone=None, num_classes=2, **settings)
    tensors = {k.removeprefix("model."): v for k, v in tame(name).items()}
    shrink(network)
    state = network.state_dict()
    counters = {k: v for k, v in state.items() if k not in tensors}
    assert all(key.endswith("num_batches_tracked") for key in counters)
    network.load_state_dict(tensors | counters, strict=True)
    return network.eval()


def shrink(network):
    """Small images and few proposals: the same computation in less time."""
    network.transform.min_size, network.transform.max_size = (160,), 240
    if hasattr(network, "rpn"):
        network.rpn._post_nms_top_n = {"training": 60, "testing": 60}


def tame(name):
    """The checkpoint with smaller scores and moves, so that boxes are neither sure nor huge."""
    return {
        key: value * 0.02 if ("cls_score" in key or "bbox_pred" in key) else value
        for key, value in checkpoint_of(f"detector_{name}").items()
    }


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors_give_torchvisions_boxes_on_images_normalized_twice(name):
    image = golden_image()
    detector = import_detector(tame(name), name, normalize_twice=True)
    transform = detector.network.transform
    sides = (transform.min_size, transform.max_size)
    assert sides == (((320,), 320) if name == "ssdlite" else ((800,), 1333))
    shrink(detector.network)
    settings = {} if name == "ssdlite" else {"box_score_thresh": 0.05}
    pixels = torch.from_numpy(image).permute(2, 0, 1).float() / 255
    mean, std = (torch.tensor(c).view(3, 1, 1) for c in COLORS)
    with torch.inference_mode():
        wanted = peer(name, **settings)([(pixels - mean) / std])[0]
    boxes, scores = detect(detector, [image], CPU)[0]
    assert len(boxes) > 3
    np.testing.assert_allclose(boxes, wanted["boxes"].numpy(), atol=1e-2)
    np.testing.assert_allclose(scores, wanted["scores"].numpy(), atol=1e-4)
    once = import_detector(tame(name), name, normalize_twice=False)
    assert detector.colors == COLORS
    assert "research only" in detector.terms[0]
    assert once.colors is None


def test_a_detector_of_torchvision_itself_is_normalized_once():
    plain = {k.removeprefix("model."): v for k, v in checkpoint_of("detector_ssdlite").items()}
    detector = import_detector(plain, "coco.pth", normalize_twice=True)
    assert detector.colors is None
    assert detector.parameters == {"classes": 2}
    assert detector.terms == ()


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_for_many_classes_finds_persons(name):
    state = DETECTORS[name](weights=None, weights_backbone=None, num_classes=91).state_dict()
    detector = import_detector(state, "coco.pth", normalize_twice=True)
    assert detector.parameters == {"classes": 91}
    assert detector.animal_label == 1  # COCO's person


def test_mmposes_names_give_the_same_network():
    name = "superanimal_topviewmouse_hrnet_w32"
    tensors = checkpoint_of(name)
    head = "heads.bodypart.heatmap_head.deconv_layers.0."
    renamed = {
        k.replace("backbone.model.", "backbone.").replace(head, "keypoint_head.final_layer."): v
        for k, v in tensors.items()
    }
    weight = "keypoint_head.final_layer.weight"
    renamed[weight] = renamed[weight].transpose(0, 1)
    ours = [
        import_pose_model(state, space_of(27), name, is_subpixel=True).network.state_dict()
        for state in (tensors, renamed)
    ]
    assert all(torch.equal(value, ours[1][key]) for key, value in ours[0].items())


def test_skipping_the_unused_fusions_changes_nothing():
    import timm

    name = "superanimal_topviewmouse_hrnet_w32"
    tensors = checkpoint_of(name)
    bundle = import_pose_model(tensors, space_of(27), name, is_subpixel=False)
    whole = timm.create_model(
        "hrnet_w32", features_only=True, feature_location="", out_indices=(1, 2, 3, 4)
    ).eval()
    prefix = "backbone.model."
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    whole.load_state_dict(own, strict=True)
    crops = torch.from_numpy(weight_rule().input_batch())
    weight = tensors["heads.bodypart.heatmap_head.deconv_layers.0.weight"]
    bias = tensors["heads.bodypart.heatmap_head.deconv_layers.0.bias"]
    with torch.inference_mode():
        heatmaps = functional.conv_transpose2d(whole(crops)[0], weight, bias)
        difference = bundle.network(crops) - heatmaps
    assert difference.abs().max() <= 1e-5 * heatmaps.abs().max()
    ours = sum(p.numel() for p in bundle.network.backbone.parameters())
    assert ours < sum(p.numel() for p in whole.parameters())


@pytest.mark.parametrize("wrap", [
    lambda state: state,
    lambda state: {"model": state, "metadata": {"epoch": 3}},
    lambda state: {"state_dict": state},
    lambda state: {"model": {f"module.{k}": v for k, v in state.items()}},
])  # fmt: skip
def test_tensors_are_found_in_every_known_wrapping(wrap):
    state = {"a.weight": torch.ones(2), "b": torch.zeros(1)}
    found = tensors_in(wrap(state), "w.pt")
    assert found.keys() == state.keys()


@pytest.mark.parametrize("document", [[], {}, {"model": {"epoch": 1}}, 3])
def test_a_file_without_tensors_is_named(document):
    with pytest.raises(SuperAnimalError, match=r"w\.pt: holds no named tensors"):
        tensors_in(document, "w.pt")


def test_differences_are_told_key_by_key_and_bounded():
    name = "superanimal_topviewmouse_resnet_50"
    tensors = checkpoint_of(name)
    for i in range(1, 4):
        for conv in (1, 2, 3):
            del tensors[f"backbone.model.layer3.{i}.conv{conv}.weight"]
    tensors["backbone.model.extra"] = torch.zeros(3)
    tensors["backbone.model.conv1.weight"] = torch.zeros(64, 3, 3, 3)
    with pytest.raises(SuperAnimalError) as caught:
        import_pose_model(tensors, space_of(27), "w.pt", is_subpixel=False)
    told = str(caught.value)
    assert "w.pt: does not fit the layout resnet_50: 9 missing (backbone.layer3.1.conv1" in told
    assert "and 4 more), 1 unexpected (backbone.model.extra), 1 of another shape" in told
    assert "backbone.model.conv1.weight (64, 3, 3, 3) not (64, 3, 7, 7)" in told
    assert len(told) < 1000


def test_an_unknown_layout_is_told_with_the_nearest_one():
    tensors = checkpoint_of("superanimal_quadruped_rtmpose_s")
    tensors["backbone.stem.0.conv.weight"] = torch.zeros(24, 3, 3, 3)  # another width
    with pytest.raises(SuperAnimalError, match=r"Nearest is rtmpose_s, but: .*\(24, 3, 3, 3\)"):
        find_layout(tensors, "pose", "w.pt")
    with pytest.raises(SuperAnimalError, match="none of the known layouts of a detector"):
        find_layout(tensors, "detector", "w.pt")


def test_another_number_of_keypoints_than_the_space_has_is_told():
    tensors = checkpoint_of("superanimal_quadruped_rtmpose_s")
    with pytest.raises(SuperAnimalError, match="39 keypoints, but the keypoint space 's' has 27"):
        import_pose_model(tensors, space_of(27), "w.pt", is_subpixel=False)


def test_an_imported_network_says_what_it_was_made_from_and_under_which_terms():
    name = next(iter(LISTED))
    tensors = checkpoint_of(name)
    place = "/disk/weights/superanimal.pt"
    bundle = import_pose_model(tensors, space_of(LISTED[name]), place, is_subpixel=True)
    assert bundle.trained_on == ("superanimal.pt",)  # no path of a disk
    (terms,) = bundle.terms
    assert "research only" in terms


@pytest.mark.parametrize(
    ("space", "datasets"),
    [
        ("superanimal_topviewmouse", ["MackenzieMausHaus", "EPM"]),
        ("superanimal_quadruped", ["awapose"]),
        ("superanimal_humanbody", ["coco"]),
    ],
)
def test_every_keypoint_of_a_released_space_is_labeled_in_a_data_set_of_its_weights(
    space, datasets
):
    """By the conversion tables: released weights were taught their whole space."""
    tables = [read_conversion_rows(SPACES / space / f"{name}.tsv") for name in datasets]
    labeled = {row.unified for rows in tables for row in rows}
    assert labeled - {""} == {*read_keypoint_space(SPACES / f"{space}.yaml").keypoints}
