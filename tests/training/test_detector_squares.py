"""What a detector is shown: squares with animals in their boxes, and squares without any."""

from dataclasses import replace

import numpy as np
import pytest
from marked_animals import blue, boxes_by_lot, labels_of, picture_of

from superanimal_core.errors import TrainingError
from superanimal_core.network.crops import PLAIN as PLAIN_CROP
from superanimal_core.settings import AugmentSettings
from superanimal_core.training import detector_squares
from superanimal_core.training.detector_squares import (
    EMPTY,
    DetectorSquares,
    LabeledPictures,
    boxes_in_square,
)

PICTURES = 6
PLAIN = AugmentSettings(
    rotation_deg=0, scale=0, shift=0, flip=0,
    brightness=0, contrast=0, noise=0, blur=0, cutout=1, picture_edge=0, patch_mask=None,
)  # fmt: skip
GROUPS = ["v", "v", "v", "w", "w", "x"]


def squares(boxes_of=None, augment=PLAIN, batch=8, seed=0, size_px=128):
    boxes_of = (
        [boxes_by_lot(i, 1 + i % 2) for i in range(PICTURES)] if boxes_of is None else boxes_of
    )

    def read_image(name):
        known = boxes_of[int(name)]
        return picture_of(np.where(np.isfinite(known), known, [20.0, 20, 50, 50]), int(name))

    pictures = LabeledPictures.of(labels_of(boxes_of, GROUPS))
    return DetectorSquares(pictures, read_image, augment, batch, seed, size_px)


@pytest.fixture
def without_cloth_and_jpeg(monkeypatch):
    """What is blue is an animal, to the pixel."""
    monkeypatch.setattr("superanimal_core.training.negatives.CLOTH", 0.0)
    monkeypatch.setattr(detector_squares, "RECOMPRESSED", 0.0)


@pytest.mark.usefixtures("without_cloth_and_jpeg")
def test_a_square_shows_animals_in_its_boxes_or_no_animal_and_no_box():
    source = squares(augment=PLAIN.model_copy(update={"scale": 0.6, "shift": 0.1, "flip": 0.5}))
    empty = 0
    for step in range(40):
        for square in source.at(step):
            seen = blue(square.pixels)
            empty += not len(square.boxes_xyxy_px)
            for x0, y0, x1, y1 in square.boxes_xyxy_px:
                inside = seen[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
                assert inside.mean() > 0.35
                seen[int(y0) - 1 : int(y1) + 2, int(x0) - 1 : int(x1) + 2] = False
            left = seen.sum() / max(blue(square.pixels).sum(), 1)
            assert left < 0.02 or not is_clearly_seen(seen)
    assert empty > 30


def is_clearly_seen(rest):
    """Whether something away from the square's edges is in no box."""
    inner = rest[3:-3, 3:-3]
    return inner.sum() > 60 and not (rest[:, :2].any() or rest[:, -2:].any() or rest[:2].any()
                                     or rest[-2:].any())  # fmt: skip


def test_a_part_of_every_batch_is_empty_and_never_all_of_it():
    middle = [np.array([[50.0, 30, 70, 50]])] * PICTURES
    for batch in (1, 2, 8):
        source = squares(middle, batch=batch)
        counts = [sum(not len(s.boxes_xyxy_px) for s in source.at(step)) for step in range(60)]
        assert max(counts) <= max(batch - 1, 0)
        if batch == 8:
            assert min(counts) >= int(batch * EMPTY)
            assert np.mean(counts) < batch * (EMPTY + 0.25)  # some parts show no animal, too


def test_a_picture_with_an_animal_that_has_no_box_is_never_emptied_nor_taken_for_a_filling():
    boxes_of = [np.array([[60.0, 30, 80, 50], [np.nan] * 4])] * 2
    source = squares(boxes_of)
    assert not source.pictures.is_whole.any()
    for step in range(20):
        for square in source.at(step):
            assert len(square.boxes_xyxy_px) or not blue(square.pixels).any()
    assert source._other(0, PLAIN_CROP, np.random.default_rng(0)) is None


def test_the_squares_of_a_step_follow_from_the_seed_and_the_step():
    wild = PLAIN.model_copy(update={"noise": 0.1, "blur": 0.5, "scale": 0.5, "flip": 0.5})
    first, again, other = (squares(augment=wild, seed=seed) for seed in (0, 0, 1))
    first.at(2)
    for one, two, three in zip(first.at(7), again.at(7), other.at(7), strict=True):
        np.testing.assert_array_equal(one.pixels, two.pixels)
        np.testing.assert_array_equal(one.boxes_xyxy_px, two.boxes_xyxy_px)
        assert not np.array_equal(one.pixels, three.pixels)


def test_videos_of_the_same_name_in_two_data_sets_are_two_places():
    known = labels_of([boxes_by_lot(i, 1) for i in range(4)], ["images"] * 4)
    known = replace(known, source=np.array(["lab", "lab", "barn", "barn"], dtype=object))
    pictures = LabeledPictures.of(known)
    drawn = [pictures.another(0, np.random.default_rng(i)) for i in range(200)]
    assert np.mean(np.array(drawn) == 1) > 0.8


def test_another_picture_is_mostly_of_the_same_group_and_never_the_same_one():
    pictures = squares().pictures
    for row in range(PICTURES):
        drawn = [pictures.another(row, np.random.default_rng(i)) for i in range(200)]
        assert row not in drawn
        alike = np.mean([GROUPS[i] == GROUPS[row] for i in drawn])
        assert alike > 0.75 if GROUPS.count(GROUPS[row]) > 1 else alike == 0


def test_the_only_picture_has_no_other():
    only = squares([np.array([[50.0, 30, 70, 50]])])
    assert only.pictures.another(0, np.random.default_rng(0)) is None
    assert len(only.at(0)) == 8


def test_without_any_box_there_is_nothing_to_learn():
    labels = labels_of([np.full((1, 4), np.nan)], GROUPS)
    with pytest.raises(TrainingError, match="no labeled animal has a box"):
        LabeledPictures.of(labels)
    some = replace(labels, box_xyxy_px=np.array([[1.0, 2, 30, 40]]))
    assert len(LabeledPictures.of(some).names) == 1


def test_boxes_mostly_outside_the_square_are_left_out_and_the_others_clipped():
    boxes = np.array(
        [[-20.0, 10, 20, 30], [-35, 10, 15, 30], [-40, 10, 10, 30], [90, 90, 120, 120]]
    )
    found = boxes_in_square(boxes, 100)
    np.testing.assert_array_equal(found, [[0, 10, 20, 30], [0, 10, 15, 30]])
