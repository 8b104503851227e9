import pytest
import timm
import torch
from tiny_networks import pyramid_bundle, square_crop
from torch import nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.hrnet import build_hrnet
from superanimal_core.network.initial_weights import load_backbone
from superanimal_core.network.pose_network import freeze_batch_norm
from superanimal_core.network.pyramid import PyramidNetwork, build_backbone
from superanimal_core.pose.keypoints import KeypointSpace

BACKBONE = "lcnet_035"
SPACE = KeypointSpace("s", ("a", "b", "c"))


def bundle_of(**changes):
    torch.manual_seed(0)
    return pyramid_bundle(SPACE, **changes)


def network_of(keypoints, stride_px=4):
    settings = {"sigma_px": 4.0, "decoder_channels": 8, "is_subpixel": True}
    return PyramidNetwork(keypoints, backbone=BACKBONE, stride_px=stride_px, **settings)


@pytest.mark.parametrize("stride_px", [4, 8])
@pytest.mark.parametrize("size_px", [64, 96])
def test_there_is_one_heatmap_per_keypoint_on_the_stated_grid(stride_px, size_px):
    network = network_of(5, stride_px).eval()
    with torch.inference_mode():
        heatmaps = network(torch.zeros(2, 3, size_px, size_px))
    assert heatmaps.shape == (2, 5, size_px // stride_px, size_px // stride_px)


def test_an_unknown_backbone_is_named_with_its_nearest_neighbor():
    with pytest.raises(SuperAnimalError, match=r"'mobilenetv2_10'.*did you mean 'mobilenetv2_"):
        build_backbone("mobilenetv2_10", 4)


def test_colors_are_normalized_channel_by_channel():
    crops = torch.randint(0, 256, (2, 8, 8, 3), dtype=torch.uint8)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    normal = square_crop(mean=mean, std=std).normalize(crops)
    for channel in range(3):
        expected = (crops[..., channel] / 255 - mean[channel]) / std[channel]
        torch.testing.assert_close(normal[:, channel], expected)


def test_frozen_normalization_keeps_its_statistics_while_weights_learn():
    network = network_of(3).train()
    freeze_batch_norm(network)
    before = {k: v.clone() for k, v in network.state_dict().items() if "running" in k}
    network(torch.randn(2, 3, 64, 64)).sum().backward()
    after = network.state_dict()
    assert before
    assert all(torch.equal(v, after[k]) for k, v in before.items())
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert any(m.weight.grad is not None for m in norms)


def test_a_bundle_needs_one_heatmap_per_keypoint():
    parts = vars(bundle_of()) | {"space": KeypointSpace("s", ("a", "b"))}
    with pytest.raises(ValueError, match="network of 3 keypoints for 2"):
        ModelBundle(**parts)


def test_backbone_weights_are_taken_by_name_and_surplus_is_ignored():
    torch.manual_seed(1)
    source, target = build_backbone(BACKBONE, 4), build_backbone(BACKBONE, 4)
    weights = {**source.state_dict(), "classifier.weight": torch.zeros(3)}
    load_backbone(target, weights, "w.npz")
    assert all(torch.equal(v, target.state_dict()[k]) for k, v in source.state_dict().items())


def test_weights_under_other_names_are_taken_by_order():
    source, target = build_backbone(BACKBONE, 4), build_backbone(BACKBONE, 4)
    renamed = {f"layer{i}": v for i, v in enumerate(source.state_dict().values()) if v.ndim}
    load_backbone(target, renamed, "w.npz")
    assert all(torch.equal(v, target.state_dict()[k]) for k, v in source.state_dict().items())


def test_weights_of_another_backbone_are_refused_with_the_first_difference():
    other = build_backbone("lcnet_050", 4).state_dict()
    target = build_backbone(BACKBONE, 4)
    with pytest.raises(SuperAnimalError, match=r"w\.npz: 'blocks.*' needs shape .* the file has"):
        load_backbone(target, other, "w.npz")
    with pytest.raises(SuperAnimalError, match=r"w\.npz: no weights for"):
        load_backbone(target, {}, "w.npz")


def test_initial_weights_fill_the_backbone_of_a_bundle():
    weights = build_backbone(BACKBONE, 4).state_dict()
    bundle = bundle_of(weights=("w.npz", weights))
    filled = bundle.network.backbone.state_dict()
    assert all(torch.equal(v, filled[k]) for k, v in weights.items())


def test_weights_of_another_library_are_taken_in_order_though_a_name_may_be_alike():
    weights = build_backbone(BACKBONE, 4).state_dict()
    first = next(iter(weights))
    theirs = {name if name == first else f"of.{name}": v for name, v in weights.items()}
    target = build_backbone(BACKBONE, 4)
    load_backbone(target, theirs, "w.npz")
    filled = target.state_dict()
    assert all(torch.equal(v, filled[k]) for k, v in weights.items())


def test_a_classifiers_weights_fill_the_hrnet_and_leave_nothing_as_it_was():
    torch.manual_seed(3)
    classifier = timm.create_model("hrnet_w18_small", pretrained=False).state_dict()
    backbone = build_hrnet("hrnet_w18_small")
    load_backbone(backbone, classifier, "imagenet.pth")
    filled = backbone.state_dict()
    assert all(torch.equal(value, classifier[name]) for name, value in filled.items())
