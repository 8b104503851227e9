"""Pictures whose animals are cut out, and patches that leave animals where they are."""

import numpy as np
import pytest
from marked_animals import HEIGHT, WIDTH, blue, boxes_by_lot, picture_of

from superanimal_core.training import negatives
from superanimal_core.training.negatives import MAX_COVERED, Place, with_patches, without_animals
from superanimal_core.training.picture_parts import CLEARANCE

SIDE = 128
CORNER = np.array([4, 24])  # of the picture in the square
SHOWN = np.array([4, 24, 4 + WIDTH, 24 + HEIGHT])
WAYS = {
    "cloth": (1.0, 1.0, 1.0),
    "another time": (0.0, 1.0, 1.0),
    "another part": (0.0, 0.0, 1.0),
    "painted": (0.0, 0.0, 0.0),
}


def place_of(boxes, seed=0, margin=0.0):
    """A picture in the middle of a black square."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    x0, y0, x1, y1 = SHOWN
    pixels[y0:y1, x0:x1] = picture_of(boxes, seed, margin)
    return Place(pixels, boxes + np.tile(CORNER, 2), SHOWN)


def only(monkeypatch, way):
    for name, value in zip(("CLOTH", "OTHER_TIME", "OTHER_PART"), WAYS[way], strict=True):
        monkeypatch.setattr(negatives, name, value)


def then(place):
    """What stands for a picture at another time."""
    return lambda: place


@pytest.mark.parametrize("way", ["another time", "another part", "painted"])
def test_nothing_of_an_animal_is_left_nor_comes_in(monkeypatch, way):
    """Animals are larger than their boxes, by almost as much as is allowed for."""
    only(monkeypatch, way)
    for seed in range(60):
        place = place_of(boxes_by_lot(seed, 1 + seed % 2), seed, 0.5 * CLEARANCE)
        other = place_of(boxes_by_lot(seed + 500), seed + 500, 0.5 * CLEARANCE)
        assert blue(place.pixels).any()
        pixels = without_animals(place, then(other), np.random.default_rng(seed))
        assert not blue(pixels).any(), seed


def test_a_cloth_is_flat_and_covers_the_animal(monkeypatch):
    only(monkeypatch, "cloth")
    box = np.array([[50.0, 30.0, 70.0, 50.0]])
    place = place_of(box)
    for seed in range(20):
        pixels = without_animals(place, then(None), np.random.default_rng(seed))
        x0, y0, x1, y1 = (box[0] + np.tile(CORNER, 2)).astype(int)
        assert (pixels[y0:y1, x0:x1].std(axis=(0, 1)) < 10).all()


def test_what_lies_behind_an_animal_is_taken_from_another_time(monkeypatch):
    only(monkeypatch, "another time")
    box, elsewhere = np.array([[10.0, 10.0, 30.0, 30.0]]), np.array([[80.0, 50.0, 100.0, 70.0]])
    place, other = place_of(box, seed=3), place_of(elsewhere, seed=3)  # the same background
    empty = place_of(box[:0], seed=3)
    for seed in range(10):
        pixels = without_animals(place, then(other), np.random.default_rng(seed))
        x0, y0, x1, y1 = (box[0] + np.tile(CORNER, 2)).astype(int)
        np.testing.assert_array_equal(pixels[y0:y1, x0:x1], empty.pixels[y0:y1, x0:x1])


def test_only_the_picture_is_filled_not_the_black_around_it():
    for seed in range(30):
        place = place_of(np.array([[0.0, 0.0, 40.0, 30.0]]), seed)
        pixels = without_animals(place, then(None), np.random.default_rng(seed))
        outside = np.ones((SIDE, SIDE), bool)
        outside[SHOWN[1] : SHOWN[3], SHOWN[0] : SHOWN[2]] = False
        assert not pixels[outside].any()


def test_an_animal_that_fills_the_picture_can_be_cut_out(monkeypatch):
    only(monkeypatch, "painted")  # what is left when no other way is open
    whole = place_of(np.array([[0.0, 0.0, WIDTH, HEIGHT]]))
    assert not blue(without_animals(whole, then(whole), np.random.default_rng(0))).any()


@pytest.mark.parametrize("way", list(WAYS))
def test_patches_leave_most_of_every_animal_and_bring_none(monkeypatch, way):
    only(monkeypatch, way)
    monkeypatch.setattr(negatives, "PATCHED", 1.0)
    changed = 0
    for seed in range(60):
        place = place_of(boxes_by_lot(seed), seed)
        other = place_of(boxes_by_lot(seed + 500), seed + 500)
        pixels = with_patches(place, then(other), np.random.default_rng(seed))
        before = blue(place.pixels)
        rows = 2 / np.sqrt(before.sum())  # windows are of whole pixels
        assert blue(pixels)[before].mean() >= 1 - MAX_COVERED - rows, seed
        if way != "cloth":
            assert not (blue(pixels) & ~before).any(), seed
        changed += int((pixels != place.pixels).any())
    assert changed > 20


def test_the_given_place_stays_as_it_is():
    place = place_of(boxes_by_lot(1))
    before = place.pixels.copy()
    for make in (without_animals, with_patches):
        make(place, then(None), np.random.default_rng(1))
        np.testing.assert_array_equal(place.pixels, before)
