"""What every architecture must do, and what each does in its own way."""

import numpy as np
import pytest
import torch
from torch import nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.bundle import ARCHITECTURES, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.dilated_resnet import REFINEMENT_PX, DilatedResNetwork
from superanimal_core.network.heatmaps import cell_centers_px, encode_heatmaps
from superanimal_core.network.hrnet import build_hrnet
from superanimal_core.network.keypoint_channels import keypoint_axes, take_over
from superanimal_core.network.layouts import LAYOUTS
from superanimal_core.network.simcc import decode_simcc, encode_simcc
from superanimal_core.network.tokenpose import sine_positions
from superanimal_core.pose.keypoints import KeypointSpace

SIZE = (96, 64)  # width, height
HEATMAPS = {"sigma_px": 6.0, "is_subpixel": True}
PARAMETERS = {
    "pyramid": {"backbone": "lcnet_035", "stride_px": 4, "decoder_channels": 8, **HEATMAPS},
    "hrnet": {"backbone": "hrnet_w18_small", **HEATMAPS},
    "tokenpose": {"backbone": "hrnet_w18_small", "size_px": SIZE, **HEATMAPS},
    "dilated_resnet": {"sigma_px": 11.0, "refinement_radius_px": 17.0},
    "rtmpose": {"depth": 0.33, "width": 0.25, "size_px": SIZE, "sigma_bins": (5.0, 6.0)},
    "vit": {
        "backbone": "test_vit2",
        "size_px": SIZE,
        "stride_px": 4,
        "decoder_channels": 8,
        **HEATMAPS,
    },
}
PARAMETERS |= {
    f"{name}_context": PARAMETERS[name] for name in ("pyramid", "hrnet", "tokenpose", "vit")
}
XY = torch.tensor([[[20.0, 30.0], [70.5, 12.25], [float("nan"), float("nan")]]] * 2)


def test_every_architecture_is_tested_here():
    assert PARAMETERS.keys() == ARCHITECTURES.keys()


@pytest.fixture(scope="module", params=PARAMETERS)
def network(request):
    torch.manual_seed(0)
    return ARCHITECTURES[request.param](3, **PARAMETERS[request.param])


def crops_of(seed=0):
    return torch.randn(2, 3, SIZE[1], SIZE[0], generator=torch.Generator().manual_seed(seed))


def test_keypoints_lie_in_the_crop_and_scores_between_0_and_1(network):
    with torch.inference_mode():
        xy_px, score = network.eval().decode(network(crops_of()))
    assert xy_px.shape == (2, 3, 2)
    assert xy_px.dtype == score.dtype == torch.float32
    assert torch.isfinite(xy_px).all()
    assert ((score >= 0) & (score <= 1)).all()


def bundle_of(name, keypoints, seed):
    torch.manual_seed(seed)
    space = KeypointSpace("".join(keypoints), keypoints)
    crop = CropGeometry(
        size_px=SIZE, margin=1.0, mean=(0.5,) * 3, std=(0.2,) * 3, in_whole_pixels=False
    )
    bundle = new_bundle(
        space, architecture=name, parameters=PARAMETERS[name], crop=crop, trained_on=()
    )
    with torch.no_grad():  # heads begin near zero: make keypoints differ
        for tensor in bundle.network.parameters():
            tensor.add_(0.05 * torch.randn(tensor.shape))
    bundle.network.eval()
    return bundle


def flat_outputs(bundle):
    with torch.inference_mode():
        outputs = bundle.network(crops_of())
    return [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)


@pytest.mark.parametrize("name", PARAMETERS)
def test_keypoints_take_their_channels_along_into_another_order(name):
    """Whether keypoints look at each other or not: the same ones say the same."""
    parent, child = bundle_of(name, ("a", "b", "c"), 1), bundle_of(name, ("c", "a", "b"), 2)
    take_over(child, parent)
    for was, now in zip(flat_outputs(parent), flat_outputs(child), strict=True):
        per_keypoint = was.unflatten(1, (3, -1))[:, [2, 0, 1]].flatten(1, 2)
        assert not torch.allclose(was, now)
        torch.testing.assert_close(now, per_keypoint, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["pyramid", "hrnet", "dilated_resnet"])
def test_a_keypoint_that_the_other_network_lacks_keeps_its_own_weights(name):
    parent, child = bundle_of(name, ("a", "b"), 1), bundle_of(name, ("new", "b"), 2)
    before = {key: value.clone() for key, value in child.network.state_dict().items()}
    take_over(child, parent)
    for was, now in zip(flat_outputs(parent), flat_outputs(child), strict=True):
        was, now = was.unflatten(1, (2, -1)), now.unflatten(1, (2, -1))
        torch.testing.assert_close(now[:, 1], was[:, 1], rtol=1e-4, atol=1e-4)
    axes, after = keypoint_axes(name, PARAMETERS[name]), child.network.state_dict()
    assert axes
    for key, (axis, channels) in axes.items():
        own = after[key].narrow(axis, 0, channels)
        assert torch.equal(own, before[key].narrow(axis, 0, channels))
        assert not torch.equal(own, parent.network.state_dict()[key].narrow(axis, 0, channels))


def test_outputs_in_half_precision_are_decoded_too(network):
    with torch.inference_mode():
        outputs = network.eval()(crops_of())
        parts = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
        halved = [part.to(torch.bfloat16) for part in parts]
        xy_px, _ = network.decode(halved[0] if len(halved) == 1 else tuple(halved))
    assert xy_px.dtype == torch.float32


def test_there_is_one_finite_loss_per_keypoint_that_moves_the_network(network):
    losses = network.train().keypoint_losses(network(crops_of()), XY)
    assert losses.shape == (2, 3)
    assert torch.isfinite(losses).all()
    network.zero_grad()
    losses[:, :2].mean().backward()
    moved = [p for p in network.parameters() if p.grad is not None and p.grad.abs().max() > 0]
    # timm's ResNet begins with gains of zero, behind which nothing moves in the first step
    least = 0.3 if isinstance(network, DilatedResNetwork) else 0.9
    assert len(moved) > least * len(list(network.parameters()))


@pytest.mark.parametrize("name", ["hrnet", "tokenpose", "rtmpose", "vit"])
def test_a_network_learns_one_batch_from_scratch(name):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    network = ARCHITECTURES[name](3, **PARAMETERS[name]).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(25):
        loss = network.keypoint_losses(network(crops_of()), XY)[:, :2].mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_hrnet_keeps_the_scale_of_its_features_before_training():
    torch.manual_seed(0)
    features = build_hrnet("hrnet_w18_small").train()(crops_of())[0]
    assert 0.1 < features.std().item() < 10


def test_what_is_no_hrnet_is_named():
    with pytest.raises(SuperAnimalError, match=r"'hrnet_w33' is no HRNet of timm; did you mean"):
        build_hrnet("hrnet_w33")


def test_a_refined_heatmap_gives_back_the_position_exactly():
    network = ARCHITECTURES["dilated_resnet"](3, **PARAMETERS["dilated_resnet"])
    grid = (9, 13)
    heatmaps = encode_heatmaps(XY, grid, 8, 11.0)
    centers = cell_centers_px(torch.arange(grid[0] * grid[1]), grid[1], 8)
    way = ((XY[:, :, None] - centers) / REFINEMENT_PX).transpose(2, 3)
    refinement = torch.nan_to_num(way).reshape(2, 6, *grid)
    xy_px, score = network.decode((heatmaps, refinement))
    torch.testing.assert_close(xy_px[:, :2], XY[:, :2])
    assert (score[:, :2] > 0.8).all()
    assert isinstance(network, DilatedResNetwork)
    at_truth = network.keypoint_losses((heatmaps, refinement), XY)
    assert float(at_truth.max()) < 1e-9
    shifted = network.keypoint_losses((heatmaps, refinement + 1.0), XY)
    assert (shifted[:, :2] > 0.01).all()
    assert (shifted[:, 2] == 0).all()  # an absent keypoint has no way to be wrong about


def test_a_position_in_bins_comes_back_within_half_a_bin():
    x = torch.rand(5, 4, generator=torch.Generator().manual_seed(0)) * 60 + 2
    bins = encode_simcc(x, 128, 5.0)
    torch.testing.assert_close(bins.sum(dim=2), torch.ones(5, 4))
    xy_px, score = decode_simcc(bins, bins, (5.0, 5.0))
    assert (xy_px[..., 0] - x).abs().max() <= 0.25 + 1e-5
    assert torch.equal(xy_px[..., 0], xy_px[..., 1])
    assert (score > 0.2).all()


def test_scores_are_softmaxes_as_sharp_as_a_hundred_and_fifty_sigmas():
    """DeepLabCut 3's decoder; the less likely axis is the score."""
    x, y = torch.zeros(2, 1, 1, 1024)
    x[..., 40], y[..., 7] = 0.0125, 0.01
    xy_px, score = decode_simcc(x, y, (5.0, 6.0))
    assert xy_px.tolist() == [[[20.0, 3.5]]]
    likely = [np.exp(150 * sigma * height) for sigma, height in ((5.0, 0.0125), (6.0, 0.01))]
    assert score.item() == pytest.approx(min(of / (of + 1023) for of in likely), rel=1e-4)


def test_sigmas_of_released_networks_grow_with_the_root_of_their_own_side():
    """RTMPose's configurations: 4.9 bins at 192 px, 5.66 at 256, 6 at 288 and 6.93 at 384."""
    own = [layout.parameters for layout in LAYOUTS if layout.architecture == "rtmpose"]
    assert len(own) == 2
    for parameters in own:
        sides = np.array(parameters["size_px"])
        np.testing.assert_allclose(parameters["sigma_bins"], np.sqrt(sides / 8), atol=0.01)


def test_released_heatmaps_fall_to_a_third_at_deeplabcuts_distance_threshold():
    """A Gaussian whose deviation is two thirds of the threshold of 17 px."""
    sigmas = {p["sigma_px"] for p in (layout.parameters for layout in LAYOUTS) if "sigma_px" in p}
    (sigma_px,) = sigmas
    away = encode_heatmaps(torch.tensor([[[4.0 + 17.0, 4.0]]]), (1, 1), 8, sigma_px)
    assert away.item() == pytest.approx(np.exp(-9 / 8), rel=1e-5)


def test_bins_that_are_all_alike_are_nowhere():
    flat = torch.zeros(1, 1, 1024)
    xy_px, score = decode_simcc(flat, flat, (5.0, 5.0))
    assert xy_px.tolist() == [[[-0.5, -0.5]]]
    assert float(score) == pytest.approx(1 / 1024)


def test_every_cell_of_a_grid_has_its_own_position():
    positions = sine_positions(6, 4, 32)[0]
    assert positions.shape == (24, 32)
    distance = torch.cdist(positions, positions) + torch.eye(24) * 10
    assert distance.min() > 0.1
    row, column = positions[:, :16].reshape(6, 4, 16), positions[:, 16:].reshape(6, 4, 16)
    assert torch.equal(row[:, 0], row[:, 3])
    assert torch.equal(column[0], column[5])
