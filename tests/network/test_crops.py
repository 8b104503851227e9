import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_networks import square_crop

from superanimal_core.network.crops import (
    CropChange,
    apply_affine,
    crop_affine,
    cut_crop,
    invert_affine,
    whole_pixel_window,
)

BOX = np.array([60.0, 40.0, 140.0, 100.0])
affines = st.fixed_dictionaries(
    {
        "rotation_rad": st.floats(-np.pi, np.pi),
        "scale": st.floats(0.5, 2.0),
        "shift": st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
        "is_mirrored": st.booleans(),
    }
)


@given(affines)
def test_the_inverse_maps_back(changes):
    affine = crop_affine(BOX, (64, 64), 1.25, CropChange(**changes))
    xy = np.random.default_rng(0).uniform(-50, 250, (20, 2))
    there_and_back = apply_affine(invert_affine(affine), apply_affine(affine, xy))
    np.testing.assert_allclose(there_and_back, xy, atol=1e-8)


def test_the_longer_side_with_its_margin_fills_the_crop():
    affine = crop_affine(BOX, (64, 64), 1.25)
    corners = apply_affine(affine, np.array([[50.0, 20.0], [150.0, 120.0]]))
    np.testing.assert_allclose(corners, [[0, 0], [64, 64]], atol=1e-9)


def test_a_mirrored_crop_is_the_crop_with_x_from_the_other_side():
    xy = np.array([[70.0, 50.0], [120.0, 90.0]])
    plain = apply_affine(crop_affine(BOX, (64, 64), 1.25), xy)
    mirrored = apply_affine(crop_affine(BOX, (64, 64), 1.25, CropChange(is_mirrored=True)), xy)
    np.testing.assert_allclose(mirrored, np.column_stack([64 - plain[:, 0], plain[:, 1]]))


def test_a_positive_rotation_turns_clockwise_as_seen():
    center = (BOX[:2] + BOX[2:]) / 2
    right_of_it = center + np.array([10.0, 0.0])
    affine = crop_affine(BOX, (64, 64), 1.25, CropChange(rotation_rad=np.pi / 2))
    x, y = apply_affine(affine, right_of_it)
    assert x == pytest.approx(32)
    assert y > 32


def test_unknown_positions_stay_unknown():
    moved = apply_affine(crop_affine(BOX, (64, 64), 1.25), np.array([[np.nan, np.nan], [1.0, 1.0]]))
    assert np.isnan(moved[0]).all()
    assert np.isfinite(moved[1]).all()


def dot_image(center, radius_px, size=(200, 160)):
    """A white disk whose center is exact (continuous coordinates), on black."""
    y, x = np.mgrid[: size[1], : size[0]] + 0.5
    inside = np.clip(radius_px + 0.5 - np.hypot(x - center[0], y - center[1]), 0, 1)
    return np.repeat((inside * 255).round().astype(np.uint8)[..., None], 3, axis=2)


def centroid(crop):
    weight = crop[..., 0].astype(float)
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


@given(
    st.floats(-np.pi, np.pi),
    st.floats(0.8, 1.3),
    st.booleans(),
    st.floats(85.0, 115.0),
    st.floats(60.0, 80.0),
)
def test_a_drawn_dot_lies_where_its_keypoint_is_moved(angle, scale, mirrored, x, y):
    change = CropChange(rotation_rad=angle, scale=scale, is_mirrored=mirrored)
    affine = crop_affine(BOX, (96, 96), 1.25, change)
    crop = cut_crop(dot_image((x, y), 5), affine, (96, 96))
    np.testing.assert_allclose(centroid(crop), apply_affine(affine, np.array([x, y])), atol=0.1)


@pytest.mark.parametrize("size_px", [24, 32, 48])
@pytest.mark.parametrize("shape", [(643, 481), (640, 480)])
def test_a_dot_keeps_its_place_when_the_crop_shrinks(size_px, shape):
    center, box = np.array([301.7, 222.3]), np.array([100.0, 50.0, 500.0, 400.0])
    affine = crop_affine(box, (size_px, size_px), 1.25, CropChange(rotation_rad=0.4))
    crop = cut_crop(dot_image(center, 40, shape), affine, (size_px, size_px))
    np.testing.assert_allclose(centroid(crop), apply_affine(affine, center), atol=0.1)


def test_a_strong_shrink_averages_instead_of_picking():
    board = np.indices((512, 512)).sum(axis=0) % 2 * 255
    image = np.repeat(board.astype(np.uint8)[..., None], 3, axis=2)
    affine = crop_affine(np.array([0.0, 0.0, 512.0, 512.0]), (32, 32), 1.0)
    inner = cut_crop(image, affine, (32, 32))[4:-4, 4:-4]
    assert abs(inner.astype(float) - 127.5).max() <= 2
    naive = cv2.warpAffine(image, affine, (32, 32), flags=cv2.INTER_NEAREST)[4:-4, 4:-4]
    assert abs(naive.astype(float) - 127.5).max() > 100


def test_outside_of_the_image_is_black():
    image = np.full((20, 20, 3), 200, np.uint8)
    crop = cut_crop(
        image, crop_affine(np.array([-30.0, -30.0, -10.0, -10.0]), (32, 32), 1.0), (32, 32)
    )
    assert crop.max() == 0


def test_a_crop_that_is_no_square_holds_the_box_in_its_own_aspect():
    affine = crop_affine(BOX, (60, 80), 1.0)
    corners = apply_affine(affine, np.array([BOX[:2], BOX[2:]]))
    np.testing.assert_allclose(corners[:, 0], [0, 60], atol=1e-9)
    assert corners[:, 1].mean() == pytest.approx(40)


boxes_partly_outside = st.tuples(*[st.floats(-40, 120)] * 2, *[st.floats(1, 150)] * 2)


@given(boxes_partly_outside, st.sampled_from([(64, 64), (48, 64)]))
def test_a_whole_pixel_crop_is_the_resized_window_of_the_padded_image(sides, size_px):
    x, y, width, height = sides
    image = np.random.default_rng(0).integers(0, 255, (90, 110, 3)).astype(np.uint8)
    box = np.array([x, y, x + width, y + height])
    crop = square_crop(size_px=size_px, margin=1.0, in_whole_pixels=True).cut(image, box)
    x0, y0, x1, y1 = whole_pixel_window(box, size_px, 1.0)
    padded = np.pad(image, ((400, 400), (400, 400), (0, 0)))
    window = padded[y0 + 400 : y1 + 400, x0 + 400 : x1 + 400]
    np.testing.assert_array_equal(crop.pixels, cv2.resize(window, size_px))
    corners = apply_affine(crop.to_image, np.array([[0.0, 0.0], np.array(size_px, float)]))
    np.testing.assert_allclose(corners, [[x0 + 0.5, y0 + 0.5], [x1 + 0.5, y1 + 0.5]], atol=1e-9)
    assert x0 <= x + 0.5
    assert x1 >= x + width - 0.5
    assert y1 >= y + height - 0.5


@pytest.mark.parametrize(
    ("box", "margin", "window"),
    [
        ((40, 40, 50, 70), 1.0, (15, 40, 75, 70)),  # high: widened to twice its height
        ((0, 40, 100, 50), 1.0, (0, 20, 100, 70)),  # wide: heightened to half its width
        ((0, 40, 100, 50), 1.5, (-25, 8, 125, 82)),  # 7.5 and 82.5 are rounded to even
    ],
)
def test_a_whole_pixel_window_has_the_aspect_of_the_crop(box, margin, window):
    assert whole_pixel_window(np.array(box, dtype=float), (40, 20), margin) == window


def test_a_box_of_no_size_still_has_a_window():
    box = np.array([10.0, 10.0, 10.0, 10.0])
    crop = square_crop(in_whole_pixels=True).cut(np.full((20, 20, 3), 7, np.uint8), box)
    assert (crop.pixels == 7).all()
