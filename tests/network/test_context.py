"""Networks that look at neighboring frames, against Lightning Pose's numbers and by definition."""

import pytest
import torch
from lightning_pose_fixtures import arrays, needs_fixtures
from torch import nn

from superanimal_core.network.context import REACH, WINDOW, Recurrence
from superanimal_core.network.context_networks import PyramidContextNetwork
from superanimal_core.network.heatmaps import encode_heatmaps

NETWORK = {"backbone": "lcnet_035", "stride_px": 4, "decoder_channels": 8}
NETWORK |= {"sigma_px": 6.0, "is_subpixel": True}


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = PyramidContextNetwork(3, **NETWORK).eval()
    with torch.no_grad():
        network.head.weight.normal_()  # begins near zero
    return network


def windows_of(batch=2, seed=0):
    return torch.randn(batch, WINDOW, 3, 64, 96, generator=torch.Generator().manual_seed(seed))


def published(name, direction):
    """Lightning Pose's stored recurrence in one direction, with what enlarges its features."""
    stored = {k.removeprefix(f"{name}_w_"): v for k, v in arrays().items() if f"{name}_w_" in k}
    see = nn.ConvTranspose2d(*stored[f"W_{direction}.weight"].shape[:2], 3, 2, 1, output_padding=1)
    before: list[nn.Module] = [nn.PixelShuffle(2)]
    if "W_pre.weight" in stored:
        before.append(nn.ConvTranspose2d(8, 3, 3, 2, 1, output_padding=1))
        before[-1].load_state_dict({k: stored[f"W_pre.{k}"] for k in ("weight", "bias")})
    remember = nn.Sequential(
        nn.Conv2d(3, 48, 2, stride=2, groups=3), nn.ConvTranspose2d(48, 3, 2, stride=2, groups=3)
    )
    see.load_state_dict({k: stored[f"W_{direction}.{k}"] for k in ("weight", "bias")})
    remember.load_state_dict({k: stored[f"H_{direction}.{k}"] for k in remember.state_dict()})
    return Recurrence(nn.Sequential(*before, see), remember, nn.Identity())


@needs_fixtures
@pytest.mark.parametrize("name", ["crnn1", "crnn2"])
@torch.no_grad()
def test_the_recurrence_is_lightning_poses(name):
    frames = arrays()[f"{name}_in"].unbind()
    both = published(name, "f")(frames) + published(name, "b")(frames[::-1])
    maps = torch.softmax((both / 2).flatten(2), dim=2).view_as(both)
    torch.testing.assert_close(maps, arrays()[f"{name}_out"], rtol=0, atol=1e-6)


def test_of_each_keypoint_the_head_that_is_surer_is_believed(network):
    here, there = torch.tensor([[[30.0, 20.0]] * 3]), torch.tensor([[[70.0, 40.0]] * 3])
    alone, around = (encode_heatmaps(xy_px, (16, 24), 4, 6.0) for xy_px in (here, there))
    height = torch.tensor([0.9, 0.2, 0.5])[None, :, None, None]
    xy_px, score = network.decode((alone * height, around * 0.5))
    torch.testing.assert_close(score[0], torch.tensor([0.9, 0.5, 0.5]), rtol=0, atol=0.05)
    torch.testing.assert_close(
        xy_px[0, :2], torch.stack([here[0, 0], there[0, 0]]), atol=0.5, rtol=0
    )


@torch.inference_mode()
def test_a_lone_crop_is_its_own_neighbor(network):
    crops = windows_of()[:, 0]
    lone, still = network(crops), network(crops[:, None].expand(-1, WINDOW, -1, -1, -1))
    for of_lone, of_still in zip(lone, still, strict=True):
        torch.testing.assert_close(of_lone, of_still, rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_one_head_sees_the_middle_frame_alone_the_other_all_of_them(network):
    before = network(windows_of())
    for place in range(WINDOW):
        changed = windows_of()
        changed[:, place] += 1
        alone, around = (
            not torch.equal(was, now) for was, now in zip(before, network(changed), strict=True)
        )
        assert around
        assert alone == (place == REACH)


@torch.inference_mode()
def test_both_passes_end_in_the_middle(network):
    """With the same weights in both, a window that is played backwards says the same."""
    context = network.context
    context.backwards.load_state_dict(context.forwards.state_dict())
    with torch.no_grad():
        context.head.weight.normal_()
        half = context.head.in_channels // 2
        context.head.weight[:, half:] = context.head.weight[:, :half]
    shown, backwards = (network(w)[1] for w in (windows_of(), windows_of().flip(1)))
    assert shown.std() > 0.01
    torch.testing.assert_close(backwards, shown, rtol=1e-3, atol=1e-4)


def test_both_heads_are_taught_alike(network):
    xy_px = torch.tensor([[[20.0, 30.0], [70.5, 12.25], [float("nan")] * 2]] * 2)
    alone, around = network(windows_of())
    losses = network.keypoint_losses((alone, around), xy_px)
    only = [network.keypoint_losses((maps, maps), xy_px) for maps in (alone, around)]
    assert not torch.allclose(*only)
    torch.testing.assert_close(losses, (only[0] + only[1]) / 2)
