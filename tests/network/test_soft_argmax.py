import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning_pose_fixtures import SIGMA_PX, STRIDE_PX, arrays, needs_fixtures, ours, pairs

from superanimal_core.network.heatmaps import encode_heatmaps
from superanimal_core.network.soft_argmax import (
    as_probabilities,
    enlarged,
    probability_maps,
    sub_pixel_maxima,
)

GRID = (48, 64)
UPSTREAM_BIAS_PX = {1: 0.0, 2: 0.0, 3: 1.0}  # by enlargements


def close(found, stored, absolute):
    torch.testing.assert_close(found, stored, rtol=0, atol=absolute)


@needs_fixtures
def test_maps_are_the_published_targets():
    xy_px = ours(arrays()["hm_keypoints"])
    close(probability_maps(xy_px, GRID, STRIDE_PX, SIGMA_PX), arrays()["hm"], 1e-6)


@needs_fixtures
def test_the_map_of_an_occluded_keypoint_is_flat():
    visibility = arrays()["hm_visibility"]
    xy_px = ours(arrays()["hm_keypoints"]).clone()
    xy_px[visibility == 0] = float("nan")
    maps = probability_maps(xy_px, GRID, STRIDE_PX, SIGMA_PX, visibility == 1)
    close(maps, arrays()["hm_vis"], 1e-6)


@needs_fixtures
def test_an_enlargement_is_the_published_one():
    close(enlarged(arrays()["sp_noisy_in"][:1, :1], 1), arrays()["upsample_noisy"], 1e-6)


def test_enlargements_are_bicubic_ones_that_are_smoothed_by_a_convolution():
    maps = torch.rand(2, 3, 9, 14, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    line = torch.tensor([1.0, 4, 6, 4, 1], dtype=torch.float64) / 16
    expected = maps
    for _ in range(3):
        twice = torch.nn.functional.interpolate(expected, scale_factor=2, mode="bicubic")
        flat = twice.flatten(0, 1)[:, None]
        smooth = torch.nn.functional.conv2d(flat, torch.outer(line, line)[None, None], padding=2)
        expected = smooth.view_as(twice)
    close(enlarged(maps, 3), expected, 1e-12)
    assert torch.equal(enlarged(maps, 0), maps)


@needs_fixtures
@pytest.mark.parametrize("enlargements", [1, 2, 3])
def test_maxima_and_confidence_are_the_published_ones_but_for_the_bias(enlargements):
    stride = 2**enlargements
    xy_px = ours(arrays()["hm_keypoints"][2:], stride)
    maps = probability_maps(xy_px, (192 // stride, 256 // stride), stride, 1.25 * stride)
    found, confidence = sub_pixel_maxima(maps, stride, enlargements=enlargements)
    stored = pairs(arrays()[f"sp_ds{enlargements}_preds"]) - UPSTREAM_BIAS_PX[enlargements]
    close(found, ours(stored, stride), 1e-3)
    close(confidence, arrays()[f"sp_ds{enlargements}_conf"], 1e-5)


@needs_fixtures
def test_maxima_of_noisy_maps_are_the_published_ones():
    found, confidence = sub_pixel_maxima(arrays()["sp_noisy_in"], STRIDE_PX, enlargements=2)
    close(found, ours(pairs(arrays()["sp_noisy_preds"])), 1e-3)
    close(confidence, arrays()["sp_noisy_conf"], 1e-5)


@given(st.floats(24, 230), st.floats(24, 168), st.sampled_from([1, 2, 3]))
def test_a_position_inside_comes_back(x, y, enlargements):
    """Also after three enlargements, where the published positions lie 1 px off."""
    stride = 2**enlargements
    xy_px = torch.tensor([[[x, y]]])
    maps = probability_maps(xy_px, (192 // stride, 256 // stride), stride, 1.25 * stride)
    found, confidence = sub_pixel_maxima(maps, stride, enlargements=enlargements)
    # with little room between cells the softmax is too sharp (published: up to 0.21 px)
    assert torch.linalg.norm(found - xy_px) < {1: 0.3, 2: 0.05, 3: 0.05}[enlargements]
    assert float(confidence) > 0.8


def test_a_map_sums_to_one_or_is_zero():
    nowhere = float("nan")
    xy_px = torch.tensor([[[20.0, 30.0], [-1.0, 5.0], [nowhere, nowhere], [-2.1, 5.0]]])
    sums = probability_maps(xy_px, GRID, 4, 5.0).sum(dim=(2, 3))
    close(sums, torch.tensor([[1.0, 1.0, 0.0, 0.0]]), 1e-6)


def test_a_flat_map_has_the_confidence_of_its_window():
    flat = torch.full((1, 1, 16, 16), 1 / 256)
    middle, confidence = sub_pixel_maxima(flat, 4, enlargements=0)
    close(middle, torch.tensor([[[32.0, 32.0]]]), 1e-4)
    assert float(confidence) == pytest.approx(25 / 256, rel=1e-5)


def test_a_heatmap_becomes_the_map_of_its_position():
    xy_px = torch.tensor([[[100.0, 90.0], [61.3, 88.2]]])
    heatmaps = encode_heatmaps(xy_px, GRID, 4, 8.0)
    close(as_probabilities(heatmaps, 4, 8.0), probability_maps(xy_px, GRID, 4, 8.0), 1e-6)


def test_a_lower_peak_is_less_sure():
    heatmap = encode_heatmaps(torch.tensor([[[100.0, 90.0]]]), GRID, 4, 8.0)
    found = [
        float(sub_pixel_maxima(as_probabilities(h * heatmap, 4, 8.0), 4, enlargements=2)[1])
        for h in (0.05, 0.2, 0.4, 1.0)
    ]
    assert found == sorted(found)
    assert found[0] < 0.05
    assert found[-1] > 0.8


def test_gradients_go_through_an_enlargement_that_was_first_made_without():
    maps = torch.rand(1, 1, 11, 13, dtype=torch.float64)
    with torch.inference_mode():
        sub_pixel_maxima(maps, 4, enlargements=1)
    maps.requires_grad_()
    sub_pixel_maxima(maps, 4, enlargements=1)[0].sum().backward()
    assert maps.grad is not None


def test_gradients_of_positions_and_confidence_are_those_of_small_steps():
    xy_px = torch.tensor([[[14.2, 17.9]]], dtype=torch.float64)
    maps = (0.2 * probability_maps(xy_px, (8, 8), 4, 5.0)).requires_grad_()

    def both(given):
        found, confidence = sub_pixel_maxima(given, 4, enlargements=1)
        return torch.cat([found.flatten(), confidence.flatten()])

    assert torch.autograd.gradcheck(both, maps)
