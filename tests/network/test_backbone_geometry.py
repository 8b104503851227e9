import pytest
import timm
import torch
from tiny_networks import square_crop
from torch import nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.backbone_geometry import HEAD_STRIDES, backbone_geometry
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.pose_network import HeatmapNetwork, check_grid
from superanimal_core.network.pyramid import PyramidNetwork
from superanimal_core.pose.keypoints import KeypointSpace

SPACE = KeypointSpace("s", ("a", "b"))
SIZE_PX = 96


def parameters_of(backbone, stride_px):
    own = {"sigma_px": 4.0, "decoder_channels": 8, "is_subpixel": True}
    return {"backbone": backbone, "stride_px": stride_px, **own}


def bundle_of(backbone, stride_px, size_px=SIZE_PX):
    return new_bundle(
        SPACE,
        architecture="pyramid",
        parameters=parameters_of(backbone, stride_px),
        crop=square_crop(size_px=(size_px, size_px)),
        trained_on=(),
    )


@pytest.mark.parametrize(
    ("backbone", "stride_px"),
    [
        ("convnext_atto", 2),
        ("pvt_v2_b0", 2),
        ("efficientvit_b0", 2),
        ("tiny_vit_5m_224", 2),
        ("vit_tiny_patch16_224", 4),
    ],
)
def test_a_backbone_without_the_stride_cannot_be_built(backbone, stride_px):
    with pytest.raises(SuperAnimalError, match=rf"at strides .*, not at {stride_px} "):
        PyramidNetwork(2, **parameters_of(backbone, stride_px))
    assert stride_px not in backbone_geometry(backbone, 224).head_strides


def test_a_backbone_of_one_size_is_refused_with_other_crops():
    with pytest.raises(SuperAnimalError, match="does not take crops of 96 x 96 px"):
        bundle_of("swin_tiny_patch4_window7_224", 4)


@pytest.mark.parametrize(
    "backbone", ["lcnet_035", "convnext_atto", "pvt_v2_b0", "regnetx_002", "dla34"]
)
@pytest.mark.parametrize("stride_px", HEAD_STRIDES)
def test_the_geometry_from_shapes_is_that_of_real_crops(backbone, stride_px):
    geometry = backbone_geometry(backbone, SIZE_PX)
    if stride_px in geometry.head_strides:
        network = bundle_of(backbone, stride_px).network.eval()
        grid = network(torch.zeros(1, 3, SIZE_PX, SIZE_PX)).shape[2:]
        assert grid == (SIZE_PX // stride_px,) * 2
    else:
        with pytest.raises(SuperAnimalError):
            bundle_of(backbone, stride_px)


class Coarser(HeatmapNetwork):
    """Says stride 4, and gives a cell every `actual_px` pixels."""

    def __init__(self, actual_px):
        super().__init__(2, 4, 4.0, True)
        self.cells = nn.Conv2d(3, 2, actual_px, stride=actual_px)
        self.drop = nn.Dropout()

    def forward(self, crops):
        return self.drop(self.cells(crops))


@pytest.mark.parametrize(("actual_px", "is_right"), [(4, True), (8, False), (2, False), (5, False)])
def test_heatmaps_on_another_grid_are_an_error(actual_px, is_right):
    network = Coarser(actual_px).train()
    if is_right:
        check_grid(network, (64, 32), "n")
    else:
        with pytest.raises(SuperAnimalError, match="which is no grid of stride 4"):
            check_grid(network, (64, 32), "n")
    assert network.training
    assert network.drop.training


def test_a_trial_crop_changes_neither_network_nor_random_numbers():
    torch.manual_seed(0)
    network = PyramidNetwork(2, **parameters_of("lcnet_035", 4)).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    expected = torch.random.get_rng_state()
    check_grid(network, (64, 64), "n")
    assert torch.equal(torch.random.get_rng_state(), expected)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_what_has_no_features_says_so():
    geometry = backbone_geometry("vit_tiny_patch16_224", 224)
    assert (geometry.head_strides, geometry.reason) == ((), "no stage of stride 2, 4 or 8")
    assert timm.is_model("vit_tiny_patch16_224")
