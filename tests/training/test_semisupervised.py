import math

import pytest
import torch
from lightning_pose_fixtures import (
    SIGMA_PX,
    STRIDE_PX,
    arrays,
    needs_fixtures,
    numbers,
    ours,
    pairs,
)

from superanimal_core.network.soft_argmax import probability_maps, sub_pixel_maxima
from superanimal_core.training import semisupervised as losses

GRID = (48, 64)
UPSTREAM_SCALE = 5 * 48 / (48 * 64)  # keypoints x rows in place of rows x columns


def published(name):
    return pytest.approx(numbers()["losses"][name], rel=1e-5)


def doubles(name):
    return arrays()[name].double()


@needs_fixtures
@pytest.mark.parametrize("name", ["heatmap_mse", "heatmap_kl", "heatmap_js"])
def test_losses_on_labels_are_the_published_ones(name):
    found = getattr(losses, name)(doubles("loss_pred"), doubles("loss_targ"))
    assert found.mean().item() == published(name)


@needs_fixtures
def test_temporal_differences_are_the_published_ones():
    xy_px, confidence = pairs(doubles("temporal_kp")), doubles("temporal_conf")

    def loss(epsilon_px, min_confidence=0.0, confidence=None):
        how = {"epsilon_px": epsilon_px, "min_confidence": min_confidence}
        return losses.temporal_difference(xy_px, confidence, **how).mean().item()

    assert loss(0.0) == published("temporal_eps0")
    assert loss(20.0, 0.05, confidence) == published("temporal_eps20_pt05_conf")
    each = torch.tensor([5.0, 10.0, 20.0], dtype=torch.float64)
    assert loss(each, 0.5, confidence) == published("temporal_epslist_5_10_20_pt0.5")


@needs_fixtures
@pytest.mark.parametrize("name", ["temporal_heatmap_mse", "temporal_heatmap_kl"])
def test_temporal_differences_of_maps_are_the_published_ones(name):
    maps, confidence = doubles("temporal_hm"), doubles("temporal_hm_conf")
    found = getattr(losses, name)(maps, confidence, epsilon=0.0, min_confidence=0.1)
    assert found.mean().item() == published(name)


@needs_fixtures
def test_distances_in_space_are_the_published_ones():
    found, is_known = losses.pairwise_projections(doubles("pp_pred"), doubles("pp_targ"))
    assert (found.sum() / is_known.sum()).item() == published("supervised_pairwise_projections")


@needs_fixtures
def test_maps_of_reprojected_points_are_compared_like_all_maps():
    """Upstream scales this one by keypoints x rows instead of the number of cells."""
    reprojected = ours(doubles("hm_keypoints")[2:] + 3)
    maps = probability_maps(reprojected, GRID, STRIDE_PX, SIGMA_PX)
    loss = losses.heatmap_mse(maps, doubles("loss_targ")).mean().item()
    assert loss == published("heatmap_mse")
    assert UPSTREAM_SCALE * loss == published("supervised_reprojection_heatmap_mse")


@needs_fixtures
@pytest.mark.parametrize("log_weight", [11, 5, 0])
def test_weights_are_the_published_ones(log_weight):
    assert losses.weight_of(log_weight) == published(f"weight_log{log_weight}")


def walk(*x):
    """One keypoint that is at these places along x."""
    return torch.tensor([[[float(place), 0.0]] for place in x])


def jumps(xy_px, confidence=None, epsilon_px=1.0):
    how = {"epsilon_px": epsilon_px, "min_confidence": 0.5}
    return losses.temporal_difference(xy_px, confidence, **how)[:, 0].tolist()


def test_only_what_a_jump_exceeds_epsilon_by_counts():
    assert jumps(walk(0, 1, 3, 3)) == [0, 1, 0]


def test_a_jump_counts_only_between_two_sure_frames():
    confidence = torch.tensor([[0.5], [0.5], [0.49], [0.9], [0.9]])
    assert jumps(walk(0, 9, 0, 9, 0), confidence) == [8, 0, 0, 8]


def test_a_still_keypoint_has_a_defined_gradient():
    xy_px = walk(4, 4, 9).requires_grad_()
    how = {"epsilon_px": 0.0, "min_confidence": 0.0}
    losses.temporal_difference(xy_px, None, **how).sum().backward()
    assert xy_px.grad is not None
    assert xy_px.grad[:, 0, 0].tolist() == [0, -1, 1]


def test_divergences_of_equal_maps_are_zero_and_of_others_above():
    xy_px = torch.tensor([[[60.0, 70.0]], [[64.0, 70.0]], [[80.0, 70.0]]], dtype=torch.float64)
    here, near, far = probability_maps(xy_px, GRID, 4, 5.0)[:, None]
    for loss in (losses.heatmap_mse, losses.heatmap_kl, losses.heatmap_js):
        same, close, wide = (loss(maps, here).item() for maps in (here, near, far))
        assert same == pytest.approx(0, abs=1e-12)
        assert 0 < close < wide


def test_maps_that_share_no_cell_differ_by_the_logarithm_of_two():
    maps = torch.zeros(2, 1, 8, 8, dtype=torch.float64)
    maps[0, 0, 2, 3] = maps[1, 0, 6, 6] = 1
    assert losses.heatmap_js(maps[:1], maps[1:]).item() == pytest.approx(math.log(2), rel=1e-6)


def test_a_map_with_two_peaks_is_not_unimodal():
    at = torch.tensor([[[60.0, 70.0]], [[140.0, 90.0]]], dtype=torch.float64)
    one, other = probability_maps(at, GRID, 4, 5.0)[:, None]
    for loss in (losses.unimodal_mse, losses.unimodal_kl):

        def of(maps, loss=loss, min_confidence=0.0):
            found, confidence = sub_pixel_maxima(maps, 4, enlargements=2)
            ideal = probability_maps(found, GRID, 4, 5.0)
            return loss(maps, ideal, confidence, min_confidence=min_confidence).item()

        assert of(one) < 1e-9
        assert of(0.6 * one + 0.4 * other) > 1e-3
        assert of(0.6 * one + 0.4 * other, min_confidence=1.1) == 0


def test_losses_on_video_grow_from_nothing_to_all():
    def at(epoch):
        how = {"frozen_until": 60, "initial": 0.0, "increase": 0.01, "final": 1.0}
        return losses.annealed(epoch, **how)

    assert [at(0), at(59), at(60)] == [0, 0, 0]
    assert [at(61), at(110), at(160), at(300)] == pytest.approx([0.01, 0.5, 1, 1])
    steps = {"frozen_until": 5, "initial": 0.2, "increase": 0.1, "final": 0.6}
    assert [losses.annealed(n, **steps) for n in (4, 5, 7, 50)] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_a_weight_halves_per_ln_2():
    ratio = losses.weight_of(3.0) / losses.weight_of(3.0 + math.log(2))
    assert ratio == pytest.approx(2)
