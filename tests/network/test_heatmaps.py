import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.network.heatmaps import (
    decode_cells,
    decode_peaks,
    encode_heatmaps,
    soft_argmax,
)
from superanimal_core.pose.keypoints import KeypointSpace

SIZE_PX = 64


def grid_of(stride_px):
    return SIZE_PX // stride_px, SIZE_PX // stride_px


@given(
    st.floats(14.0, SIZE_PX - 14.0),
    st.floats(14.0, SIZE_PX - 14.0),
    st.sampled_from([2, 4, 8]),
    st.floats(4.0, 12.0),
)
def test_decoding_gives_back_what_was_encoded(x, y, stride_px, sigma_px):
    xy = torch.tensor([[[x, y]]], dtype=torch.float32)
    heatmaps = encode_heatmaps(xy, grid_of(stride_px), stride_px, sigma_px)
    decoded, score = decode_peaks(heatmaps, stride_px)
    assert torch.linalg.norm(decoded - xy) <= 0.1
    assert 0 < float(score) <= 1


def test_heatmaps_are_the_gaussian_of_the_distance_to_each_cell():
    x, y, stride, sigma = 21.3, 40.9, 4, 6.0
    heatmap = encode_heatmaps(torch.tensor([[[x, y]]]), (16, 16), stride, sigma)[0, 0].numpy()
    for row in range(16):
        for column in range(16):
            squared = ((column + 0.5) * stride - x) ** 2 + ((row + 0.5) * stride - y) ** 2
            assert heatmap[row, column] == pytest.approx(np.exp(-squared / 2 / sigma**2), abs=1e-6)


def test_an_unknown_position_has_an_empty_heatmap():
    xy = torch.tensor([[[float("nan"), float("nan")], [10.0, 10.0]]])
    heatmaps = encode_heatmaps(xy, (16, 16), 4, 6.0)
    assert heatmaps[0, 0].abs().max() == 0
    assert heatmaps[0, 1].max() > 0.5


def test_mirrored_keypoints_have_mirrored_heatmaps():
    space = KeypointSpace("s", ("nose", "left", "right"), mirror_pairs=(("left", "right"),))
    mirror = torch.from_numpy(space.mirror_permutation())
    xy = torch.rand(5, 3, 2, generator=torch.Generator().manual_seed(0)) * SIZE_PX
    mirrored = torch.stack([SIZE_PX - xy[..., 0], xy[..., 1]], dim=2)[:, mirror]
    heatmaps = encode_heatmaps(xy, (16, 16), 4, 6.0)
    expected = heatmaps.flip(3)[:, mirror]
    torch.testing.assert_close(encode_heatmaps(mirrored, (16, 16), 4, 6.0), expected)


def test_scores_stay_between_zero_and_one():
    heatmaps = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 3
    xy, score = decode_peaks(heatmaps, 4)
    assert ((score >= 0) & (score <= 1)).all()
    assert ((xy >= 0) & (xy <= SIZE_PX)).all()


def test_a_peak_at_the_border_is_the_cells_center():
    heatmaps = torch.zeros(1, 1, 16, 16)
    heatmaps[0, 0, 0, 15] = 0.7
    xy, score = decode_peaks(heatmaps, 4)
    assert xy[0, 0].tolist() == [62.0, 2.0]
    assert float(score) == pytest.approx(0.7)


def test_without_refinement_a_peak_is_the_center_of_the_first_highest_cell():
    heatmaps = torch.rand(4, 3, 16, 12, generator=torch.Generator().manual_seed(2)) * 2 - 0.5
    heatmaps[0, 0, 3, 5] = heatmaps[0, 0, 9, 1] = 5.0
    xy, score = decode_cells(heatmaps, 4)
    assert xy[0, 0].tolist() == [22.0, 14.0]
    for b, k in np.ndindex(4, 3):
        row, column = np.unravel_index(int(heatmaps[b, k].argmax()), (16, 12))
        assert xy[b, k].tolist() == [column * 4 + 2, row * 4 + 2]
        assert float(score[b, k]) == pytest.approx(min(float(heatmaps[b, k].max()), 1.0))


@given(
    st.floats(24.0, SIZE_PX - 24.0),
    st.floats(24.0, SIZE_PX - 24.0),
    st.sampled_from([2, 4]),
    st.sampled_from([1.0, 2.0, 4.0]),
)
def test_the_mean_position_of_a_gaussian_is_its_peak(x, y, stride_px, temperature):
    """To a hundredth of a pixel, down to the narrowest Gaussian that the docstring allows."""
    sigma_px = stride_px * max(0.7 * temperature**0.5, 1.0)
    xy = torch.tensor([[[x, y]]], dtype=torch.float64)
    heatmaps = encode_heatmaps(xy, grid_of(stride_px), stride_px, sigma_px)
    found = soft_argmax(heatmaps, stride_px, temperature=temperature)
    decoded, _ = decode_peaks(heatmaps, stride_px)
    assert torch.linalg.norm(found - decoded) < 0.01
    assert torch.linalg.norm(found - xy) < 0.01


@given(st.integers(0, 15), st.integers(0, 11), st.sampled_from([1.0, 8.0]))
def test_the_mean_position_of_one_cell_is_its_center(row, column, temperature):
    heatmaps = torch.zeros(1, 1, 16, 12, dtype=torch.float64)
    heatmaps[0, 0, row, column] = 0.3
    found = soft_argmax(heatmaps, 4, temperature=temperature)
    assert found[0, 0].tolist() == pytest.approx([column * 4 + 2, row * 4 + 2], abs=0.01)
    torch.testing.assert_close(found, decode_cells(heatmaps, 4)[0].double(), atol=0.01, rtol=0)


def test_the_mean_position_is_the_sum_over_cells_that_one_would_write():
    heatmaps = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(3)).double()
    found = soft_argmax(heatmaps, 8, temperature=3.0)
    for b, k in np.ndindex(2, 3):
        total, place = 0.0, np.zeros(2)
        for row, column in np.ndindex(5, 7):
            weight = float(heatmaps[b, k, row, column]) ** 3
            total += weight
            place += weight * 8 * (np.array([column, row]) + 0.5)
        np.testing.assert_allclose(found[b, k].numpy(), place / total)


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_the_mean_position_moves_with_the_heatmap(down, right):
    heatmaps = torch.zeros(1, 2, 16, 16, dtype=torch.float64)
    heatmaps[:, :, 5:11, 5:11] = torch.rand(6, 6, generator=torch.Generator().manual_seed(4))
    moved = torch.roll(heatmaps, (down, right), dims=(2, 3))
    there, here = (soft_argmax(h, 4, temperature=4.0) for h in (moved, heatmaps))
    wanted = here + 4 * torch.tensor([right, down])
    torch.testing.assert_close(there, wanted, atol=1e-6, rtol=0)


def test_the_gradient_of_the_mean_position_is_that_of_small_changes():
    heatmaps = torch.rand(1, 2, 4, 5, generator=torch.Generator().manual_seed(5)).double() + 0.1
    heatmaps.requires_grad_()
    assert torch.autograd.gradcheck(lambda h: soft_argmax(h, 2, temperature=2.0), heatmaps)


@pytest.mark.parametrize("level", [0.0, -1.0, 1.0])
def test_a_heatmap_without_a_peak_has_its_middle_and_a_finite_gradient(level):
    heatmaps = torch.full((1, 1, 16, 12), level, requires_grad=True)
    found = soft_argmax(heatmaps, 4, temperature=8.0)
    found.sum().backward()
    assert found[0, 0].tolist() == pytest.approx([24.0, 32.0])
    assert torch.isfinite(heatmaps.grad).all()
    assert level > 0 or torch.count_nonzero(heatmaps.grad) == 0
