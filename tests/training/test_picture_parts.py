"""Parts of pictures: animals are clearly in them or not at all."""

import numpy as np
from marked_animals import HEIGHT, WIDTH, blue, boxes_by_lot, picture_of

from superanimal_core.pose.boxes import box_area_px2
from superanimal_core.synthetic.labs import ARENA, CABINET, lab_images
from superanimal_core.training.picture_parts import (
    CLEARANCE,
    LEAST_PART,
    LEAST_SEEN,
    LEAST_SIDE,
    Picture,
    beside_animals,
    cleared,
    part_with_animals,
    seen_parts,
)


def pictures(margin=0.0):
    for seed in range(80):
        boxes = boxes_by_lot(seed, 1 + seed % 2)
        yield Picture(picture_of(boxes, seed, margin), boxes), np.random.default_rng(seed)


def test_beside_the_animals_there_is_nothing_of_them():
    found = 0
    for picture, generator in pictures(0.9 * CLEARANCE):
        beside = beside_animals(picture, generator)
        if beside is picture:
            continue
        found += 1
        assert not len(beside.boxes_xyxy_px)
        assert not blue(beside.pixels).any()
        assert min(beside.size_px) >= LEAST_SIDE * min(picture.size_px) - 2
    assert found > 40


def test_an_animal_that_leaves_no_room_beside_it_keeps_its_picture():
    whole = np.array([[5.0, 5.0, WIDTH - 5.0, HEIGHT - 5.0]])
    picture = Picture(picture_of(whole), whole)
    assert beside_animals(picture, np.random.default_rng(0)) is picture


def test_in_a_part_every_animal_has_a_box_around_what_is_seen_of_it():
    cut = gone = 0
    for picture, generator in pictures():
        part = part_with_animals(picture, generator)
        seen = np.zeros(blue(part.pixels).shape, bool)
        for x0, y0, x1, y1 in part.boxes_xyxy_px:
            seen[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
        assert not (blue(part.pixels) & ~seen).any()
        gone += len(picture.boxes_xyxy_px) - len(part.boxes_xyxy_px)
        cut += int(box_area_px2(part.boxes_xyxy_px).sum() < 0.9 * blue(picture.pixels).sum())
        assert (np.array(part.size_px) >= LEAST_PART * np.array(picture.size_px) - 2).all()
    assert cut > 5
    assert gone > 5


def test_less_than_a_clear_part_of_an_animal_is_never_shown():
    for picture, generator in pictures():
        part = part_with_animals(picture, generator)
        if part is picture:
            continue
        least = LEAST_SEEN * box_area_px2(picture.boxes_xyxy_px).min()
        assert (box_area_px2(part.boxes_xyxy_px) >= least - 1e-6).all()


def test_the_part_of_a_box_that_a_window_shows():
    boxes = np.array([[0.0, 0.0, 4.0, 10.0], [20.0, 0.0, 24.0, 4.0], [5.0, 5.0, 5.0, 9.0]])
    found = seen_parts(boxes, np.array([2, 0, 10, 5]))
    np.testing.assert_allclose(found, [0.25, 0.0, 0.0])


def test_cleared_boxes_hold_the_whole_animal_also_where_only_keypoints_are_labeled():
    """Against the truth of drawn animals: no more than 2 % of their boxes lie outside."""
    outside = []
    for lab in (ARENA, CABINET):
        for picture in lab_images(lab, 30, (320, 240), seed=1):
            known = picture.xy_px[[bool(unified) for _, unified in lab.words]]
            tight = np.concatenate([np.nanmin(known, axis=0), np.nanmax(known, axis=0)])
            margin = 0.1 * (tight[2:] - tight[:2]).max()
            box = tight + margin * np.array([-1, -1, 1, 1])
            truth = picture.frame.box_xyxy_px[None]
            [wide] = cleared(box[None])
            outside.append(1 - seen_parts(truth, wide)[0])
    assert np.mean(np.array(outside) > 0.02) <= 0.05
