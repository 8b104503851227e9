"""Training and inference agree where a network's positions lie, to less than any pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_networks import square_crop

from superanimal_core.inference.views import cut_views
from superanimal_core.network.crops import CropChange, apply_affine, crop_affine, invert_affine
from superanimal_core.network.heatmaps import decode_peaks, encode_heatmaps
from superanimal_core.training.batches import make_batch

BOX = np.array([8.0, 8.0, 40.0, 40.0])


def crop_of(in_whole_pixels, size_px):
    return square_crop(size_px=size_px, margin=1.0, in_whole_pixels=in_whole_pixels)


def trained_positions(world, crop, xy_px, flip):
    """What a network is taught for three points in BOX, without any other change."""
    labels = world.labels(["lab"])
    labels.xy_px[0], labels.box_xyxy_px[0] = xy_px, BOX
    batch = make_batch(
        labels,
        np.array([0]),
        world.read_image,
        world.augment(flip=flip),
        crop,
        [np.random.default_rng(0)],
    )
    return batch.xy_px.double()


points = st.lists(st.tuples(*[st.floats(12, 36)] * 2), min_size=3, max_size=3)


@pytest.mark.parametrize("in_whole_pixels", [True, False])
@pytest.mark.parametrize("size_px", [64, 32, 24])
@pytest.mark.parametrize("flip", [0.0, 1.0])
@given(points)
@settings(max_examples=15)
def test_a_taught_point_is_decoded_where_it_is(world, in_whole_pixels, size_px, flip, at):
    """Taught in a crop, mirrored or not; encoded, decoded, and led back by inference's own map."""
    crop, xy = crop_of(in_whole_pixels, size_px), np.array(at)
    taught = trained_positions(world, crop, xy, flip)
    grid = (size_px // 2, size_px // 2)
    decoded, _ = decode_peaks(encode_heatmaps(taught, grid, 2, 2.0), 2)
    found = cut_views(crop, world.read_image("0"), BOX, (1.0,), flip=True)
    names = world.space.mirror_permutation() if flip else np.arange(3)
    seen = apply_affine(found[int(flip)].to_image, decoded[0].numpy()[names])
    np.testing.assert_allclose(seen, xy, atol=1e-4)


@pytest.mark.parametrize("in_whole_pixels", [True, False])
@given(st.tuples(*[st.floats(-10, 30)] * 2, *[st.floats(5, 40)] * 2))
@settings(max_examples=20)
def test_a_crop_without_changes_is_the_one_that_inference_cuts(world, in_whole_pixels, sides):
    """So that early stopping measures what will be seen: pixels and places, at any box."""
    x, y, width, height = sides
    crop = square_crop(size_px=(24, 32), margin=1.3, in_whole_pixels=in_whole_pixels)
    labels = world.labels(["lab"])
    labels.box_xyxy_px[0] = x, y, x + width, y + height
    generators = [np.random.default_rng(0)]
    batch = make_batch(labels, np.array([0]), world.read_image, world.augment(), crop, generators)
    (view,) = cut_views(crop, world.read_image("0"), labels.box_xyxy_px[0], (1.0,), flip=False)
    assert np.abs(batch.crops[0].numpy().astype(int) - view.pixels).max() <= 1  # light is float32
    np.testing.assert_allclose(batch.to_image[0].numpy(), view.to_image, rtol=1e-5, atol=1e-4)
    is_known = np.isfinite(batch.xy_px[0].numpy()).all(axis=1)
    seen = apply_affine(view.to_image, batch.xy_px[0].double().numpy())
    np.testing.assert_allclose(seen[is_known], labels.xy_px[0][is_known], atol=1e-3)


@pytest.mark.parametrize("is_mirrored", [True, False])
@pytest.mark.parametrize("turn", [0.0, 0.7, 3.0])
def test_the_half_pixel_lies_along_the_crop_however_it_is_turned(is_mirrored, turn):
    """In a turned crop a network that counts from 0 also says half an image pixel less."""
    change = CropChange(rotation_rad=turn, scale=1.3, is_mirrored=is_mirrored)
    to_crop = crop_affine(BOX, (64, 64), 1.0, change)
    to_network = crop_of(True, 64).to_network(to_crop)
    point = np.array([20.0, 30.0])
    lacks = apply_affine(to_crop, point) - apply_affine(to_network, point)
    np.testing.assert_allclose(lacks, 0.5 * 1.3 * 64 / 32)
    back = apply_affine(invert_affine(to_network), apply_affine(to_network, point))
    np.testing.assert_allclose(back, point)
    np.testing.assert_array_equal(crop_of(False, 64).to_network(to_crop), to_crop)
