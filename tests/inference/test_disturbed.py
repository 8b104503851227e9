"""Pictures made worse: by how much, which of them, and that labels stay with their animals."""

import numpy as np
import pytest
from boxed_labels import labels_of_boxes

from superanimal_core.inference import labeled
from superanimal_core.inference.disturbed import (
    DISTURBANCES,
    LEAST,
    PICTURES,
    chosen_animals,
    disturb,
)
from superanimal_core.inference.labeled import predict_disturbed
from superanimal_core.pose.keypoints import KeypointSpace

SEEDS = 60


def picture(seed=0):
    """Mid-gray noise, so that nothing is cut off at black or white by chance."""
    return np.random.default_rng(seed).integers(90, 160, (40, 60, 3)).astype(np.uint8)


def strengths(kind, measured):
    """What is measured on a picture disturbed with many seeds, from its weakest to its worst."""
    found = [measured(disturb(kind, picture(), picture(1), (0, i))) for i in range(SEEDS)]
    return min(found), max(found)


@pytest.mark.parametrize("kind", DISTURBANCES)
def test_the_same_seed_gives_the_same_picture_of_the_same_size_and_another_one_another(kind):
    first, again, other = (disturb(kind, picture(), picture(1), (3, i)) for i in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.shape == picture().shape
    assert first.dtype == np.uint8
    assert (first != other).any()
    assert (first != picture()).any()


def test_darkness_takes_from_the_least_to_most_of_the_light():
    weakest, worst = sorted(
        1 - part for part in strengths("dark", lambda p: p.mean() / picture().mean())
    )
    assert 0.075 <= weakest < 0.17  # a tenth of the worst
    assert 0.75 < worst <= 0.86


def test_brightness_is_darkness_of_the_negative():
    dark = disturb("dark", 255 - picture(), picture(1), (0, 4)).astype(int)
    bright = disturb("bright", picture(), picture(1), (0, 4)).astype(int)
    np.testing.assert_allclose(bright, 255 - dark, atol=1)


def test_fading_ends_in_the_negative():
    contrast = picture().astype(float) - 127

    def kept(shown):
        return float(((shown.astype(float) - 127) * contrast).sum() / np.square(contrast).sum())

    least, most = strengths("faded", kept)
    assert -0.81 <= least < -0.6
    assert 1 - 1.8 * (LEAST + 0.1) < most <= 1 - 1.8 * LEAST + 0.01


def test_noise_is_as_large_as_its_strength_says():
    least, most = strengths("noisy", lambda p: np.std(p.astype(float) - picture()))
    assert 90 * LEAST * 0.8 < least < 90 * (LEAST + 0.1)
    assert 60 < most < 90  # cut off at black and white


def test_blur_takes_the_grain_away():
    least, most = strengths("blurred", lambda p: p.std() / picture().std())
    assert least < most < 0.7


def test_a_mixture_lies_between_the_two_pictures_whatever_their_sizes():
    black, white = np.zeros((40, 60, 3), np.uint8), np.full((25, 30, 3), 255, np.uint8)
    parts = [disturb("mixed", black, white, (0, i)).mean() / 255 for i in range(SEEDS)]
    assert 0.7 * LEAST - 0.01 <= min(parts) < 0.7 * (LEAST + 0.1)
    assert 0.6 < max(parts) <= 0.71


@pytest.mark.parametrize(
    ("animals", "count"), [(0, 0), (1, 1), (PICTURES, PICTURES), (PICTURES + 1, PICTURES // 2)]
)
def test_up_to_so_many_animals_are_all_shown_and_of_more_an_even_part(animals, count):
    for kind in range(len(DISTURBANCES)):
        rows = chosen_animals(animals, kind)
        assert count <= len(rows) <= min(animals, PICTURES)
        assert (np.diff(rows) == -(-animals // PICTURES)).all() or len(rows) < 2


def test_of_many_animals_each_kind_shows_others():
    every = [set(chosen_animals(3 * PICTURES, kind).tolist()) for kind in range(3)]
    assert set.union(*every) == set(range(3 * PICTURES))
    assert not every[0] & every[1]


@pytest.fixture
def means(monkeypatch):
    """What a network would see: the mean of the picture that it is shown."""

    def predicted(_bundles, shown, read_image):
        seen = np.array([read_image(str(name)).mean() for name in shown.image])
        shape = (1, len(shown), len(shown.space))
        return np.broadcast_to(seen[None, :, None, None], (*shape, 2)), np.ones(shape)

    monkeypatch.setattr(labeled, "predict_labels", predicted)
    boxes = np.tile([10.0, 10.0, 40.0, 30.0], (4, 1))
    labels = labels_of_boxes(KeypointSpace("s", ("nose", "tail")), boxes)
    pictures = {str(name): picture(i) - np.uint8(20 * i) for i, name in enumerate(labels.image)}
    return labels, pictures


def test_every_animal_is_seen_once_for_each_kind(means):
    labels, pictures = means
    xy_px, score, rows, kinds = predict_disturbed([], labels, pictures.__getitem__)
    assert xy_px.shape[1] == score.shape[1] == len(rows) == len(kinds) == 4 * len(DISTURBANCES)
    assert sorted(zip(kinds, rows.tolist(), strict=True)) == sorted(
        (kind, row) for kind in DISTURBANCES for row in range(4)
    )
    own = np.array([pictures[str(name)].mean() for name in labels.image])[rows]
    assert (xy_px[0, kinds == "dark", 0, 0] < own[kinds == "dark"]).all()
    assert (xy_px[0, kinds == "bright", 0, 0] > own[kinds == "bright"]).all()


def test_every_animal_is_seen_in_its_own_picture(means, monkeypatch):
    labels, pictures = means
    monkeypatch.setattr(labeled, "disturb", lambda _kind, image, _other, _seed: image)
    xy_px, _, rows, _ = predict_disturbed([], labels, pictures.__getitem__)
    own = np.array([pictures[str(name)].mean() for name in labels.image])[rows]
    np.testing.assert_allclose(xy_px[0, :, 0, 0], own)
