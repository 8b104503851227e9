import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.network.crops import PLAIN, CropChange, apply_affine, crop_affine, cut_crop
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.augment import change_light, move_keypoints, random_change

BOX = np.array([10.0, 20.0, 50.0, 60.0])


def test_without_augmentation_the_crop_is_the_plain_one(world):
    assert random_change(world.augment(), np.random.default_rng(0)) == PLAIN


@given(st.integers(0, 2**32 - 1))
def test_random_crops_stay_within_their_limits(world, seed):
    augment = world.augment(rotation_deg=20.0, scale=0.25, shift=0.05, flip=0.5)
    change = random_change(augment, np.random.default_rng(seed))
    affine, mirrored = crop_affine(BOX, (64, 64), 1.25, change), change.is_mirrored
    plain = crop_affine(BOX, (64, 64), 1.25)
    ratio = np.sqrt(abs(np.linalg.det(affine[:, :2]) / np.linalg.det(plain[:, :2])))
    assert 1 / 1.25 - 1e-9 <= ratio <= 1.25 + 1e-9
    assert (np.linalg.det(affine[:, :2]) < 0) == mirrored
    linear = affine[:, :2] * [[-1, -1], [1, 1]] if mirrored else affine[:, :2]
    turn = np.degrees(np.arctan2(linear[1, 0], linear[0, 0]))
    assert abs(turn) <= 20 + 1e-9
    center = apply_affine(affine, (BOX[:2] + BOX[2:]) / 2)
    assert (np.abs(center - 32) <= 0.05 * 64 + 1e-9).all()


def test_a_mirrored_crop_exchanges_left_and_right_names(world):
    image, xy = world.dots(1)
    box = np.array([0.0, 0.0, 64.0, 64.0])
    affine = crop_affine(box, (64, 64), 1.0, CropChange(is_mirrored=True))
    state = np.array([LabelState.VISIBLE, LabelState.OCCLUDED, LabelState.VISIBLE]).astype(int)
    moved, moved_state = move_keypoints(
        affine, xy, state, (64, 64), world.space.mirror_permutation()
    )
    red, green, blue = xy
    expected = np.array([[64 - green[0], green[1]], [64 - red[0], red[1]], [64 - blue[0], blue[1]]])
    np.testing.assert_allclose(moved, expected)
    assert moved_state.tolist() == [2, 3, 3]
    crop = cut_crop(image, affine, (64, 64))
    x, y = moved[0].astype(int)  # the one now called red is where green was drawn
    assert crop[y, x].argmax() == 1


def test_what_left_the_crop_loses_its_position_but_stays_defined():
    affine = crop_affine(BOX, (64, 64), 1.0)
    xy = np.array([[30.0, 40.0], [300.0, 40.0], [np.nan, np.nan], [np.nan, np.nan]])
    state = np.array([3, 3, 1, 0])
    moved, moved_state = move_keypoints(affine, xy, state, (64, 64), None)
    assert moved_state.tolist() == [3, 1, 1, 0]
    assert np.isfinite(moved).all(axis=1).tolist() == [True, False, False, False]
    assert state.tolist() == [3, 3, 1, 0]


def test_a_keypoint_on_the_very_edge_is_in_the_crop():
    same = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    xy = np.array([[0.0, 0.0], [64.0, 32.0], [0.5, 31.5], [-0.1, 5.0], [64.1, 5.0], [5.0, 32.1]])
    state = np.full(6, int(LabelState.VISIBLE))
    moved, moved_state = move_keypoints(same, xy, state, (64, 32), None)
    assert np.isfinite(moved).all(axis=1).tolist() == [True] * 3 + [False] * 3
    assert (moved_state == [LabelState.VISIBLE] * 3 + [LabelState.NOT_LABELED] * 3).all()


def test_light_without_strength_changes_nothing(world):
    image, _ = world.dots(0)
    changed = change_light(image, world.augment(), np.random.default_rng(0))
    np.testing.assert_allclose(changed.astype(int), image, atol=1)


def two_grays():
    image = np.full((40, 40, 3), 120, np.uint8)
    image[:20] = 136
    return image


def lights(world, **augment):
    """Three hundred random lights of a picture of two grays: means of its halves, per channel."""
    light = world.augment(**augment)
    for seed in range(300):
        changed = change_light(two_grays(), light, np.random.default_rng(seed)).astype(float)
        yield changed[:20].mean(axis=(0, 1)), changed[20:].mean(axis=(0, 1))


def test_brightness_moves_all_grays_alike_by_at_most_its_part_of_255(world):
    moved = np.array([[high - 136, low - 120] for high, low in lights(world, brightness=0.2)])
    assert np.abs(moved - moved[:, :1, :1]).max() <= 1  # rounding
    assert 45 < moved.max() <= 51
    assert -51 <= moved.min() < -45


def test_contrast_stretches_by_at_most_its_ratio_around_the_mean_and_casts_a_color(world):
    found = [((high + low) / 2, (high - low) / 16) for high, low in lights(world, contrast=1.0)]
    middle, stretch = map(np.array, zip(*found, strict=True))
    cast = middle / 128
    assert 2**0.27 < cast.max() < 2**0.3 + 0.01
    assert 2**-0.3 - 0.01 < cast.min() < 2**-0.27
    gain = (stretch / cast).mean(axis=1)
    assert 1.9 < gain.max() < 2.1
    assert 0.45 < gain.min() < 0.55


def test_noise_has_at_most_its_part_of_255_as_deviation(world):
    light = world.augment(noise=0.1)
    noise = [
        change_light(two_grays(), light, np.random.default_rng(seed)).astype(float) - two_grays()
        for seed in range(100)
    ]
    deviation = [n[..., 0].std() for n in noise]
    assert 23 < max(deviation) < 27
    assert min(deviation) < 2
    assert all((n == n[..., :1]).all() for n in noise)  # gray, as a sensor's in the dark


def test_a_cover_is_at_most_a_third_of_the_shorter_side_and_within_the_picture(world):
    light, sizes = world.augment(cutout=1.0), []
    for seed in range(300):
        image = np.full((48, 96, 3), 128, np.uint8)
        covered = (change_light(image, light, np.random.default_rng(seed)) != 128).any(axis=2)
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        sizes.append((np.ptp(rows) + 1, np.ptp(columns) + 1))
        assert covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert np.min(sizes, axis=0).tolist() == [4, 4]
    assert np.max(sizes, axis=0).tolist() == [15, 15]


@pytest.mark.parametrize("kind", ["brightness", "contrast", "noise", "blur", "cutout"])
def test_every_change_of_light_shows_and_repeats_with_its_seed(world, kind):
    image, _ = world.dots(0)
    augment = world.augment(**{kind: 1.0})
    first, second = (change_light(image, augment, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.uint8
    assert np.abs(first.astype(int) - image).max() > 5
