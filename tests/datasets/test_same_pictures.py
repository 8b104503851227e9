"""Copies of a picture are found by content, and different pictures are not copies."""

import cv2
import numpy as np
import pytest

from superanimal_core.datasets.same_pictures import (
    pixel_digest,
    repeated_pictures,
    thumbnail,
)
from superanimal_core.media.images import read_image

LIMIT = 0.06  # as in config/config.yaml


def arena(x, y, seed=0):
    """A gray arena with noise and a dark mouse at (x, y)."""
    image = np.full((240, 320, 3), 170, dtype=np.uint8)
    cv2.circle(image, (160, 120), 110, (205, 200, 190), -1)
    cv2.ellipse(image, (x, y), (22, 10), 20, 0, 360, (45, 40, 40), -1)
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def encoded(image, quality=30, scale=0.5):
    """The picture after JPEG and scaling, as another data set may hold it."""
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", small, [1, quality])[1], cv2.IMREAD_COLOR)


def repeats(pictures, datasets):
    return repeated_pictures(
        np.array(datasets, dtype=object),
        np.array([pixel_digest(p) for p in pictures], dtype=object),
        np.stack([thumbnail(p) for p in pictures]),
        LIMIT,
    )


def test_an_exact_copy_is_found_within_a_set_and_across():
    pictures = [arena(100, 100), arena(200, 150), arena(100, 100), arena(100, 100)]
    found = repeats(pictures, ["a", "a", "a", "b"])
    assert [(r.picture, r.earlier, r.kind) for r in found] == [
        (2, 0, "identical"),
        (3, 0, "identical"),
    ]


@pytest.mark.parametrize(("quality", "scale"), [(30, 1.0), (90, 0.5), (50, 0.7)])
def test_an_encoded_copy_in_another_set_is_found_among_many(quality, scale):
    random = np.random.default_rng(0)
    places = random.integers(40, 200, (40, 2))
    pictures = [arena(x, y, seed) for seed, (x, y) in enumerate(places)]
    copies = [encoded(pictures[i], quality, scale) for i in (7, 21)]
    found = repeats([*pictures, *copies], ["a"] * 40 + ["b"] * 2)
    assert [(r.picture, r.earlier, r.kind) for r in found] == [
        (40, 7, "similar"),
        (41, 21, "similar"),
    ]


def test_a_mouse_at_another_place_makes_another_picture():
    moved = [arena(100, 100, 0), arena(122, 100, 1), arena(100, 112, 2)]
    assert repeats(moved, ["a", "b", "c"]) == []


def test_frames_of_one_set_may_look_alike_and_blank_pictures_say_nothing():
    alike = [arena(100, 100, 0), arena(101, 100, 1)]
    assert repeats(alike, ["a", "a"]) == []
    blank = [np.full((50, 50, 3), 7 + i, dtype=np.uint8) for i in range(2)]
    assert repeats(blank, ["a", "b"]) == []


def test_the_quick_first_look_loses_no_pair(labels_of):
    """Against all pairs, one by one."""
    random = np.random.default_rng(0)
    base = random.integers(0, 200, (6, 1024))
    noise = random.integers(1, 12, (60, 1)) * random.choice([-1, 0, 1], (60, 1024))
    cells = np.clip(base[random.integers(0, 6, 60)] + noise, 0, 255)
    cells = cells.astype(np.uint8)
    dataset = random.choice(["a", "b", "c"], 60).astype(object)
    digest = np.array([str(i) for i in range(60)], dtype=object)
    found = {(r.picture, r.earlier) for r in repeated_pictures(dataset, digest, cells, LIMIT)}
    contrast = np.ptp(cells, axis=1).astype(float)
    wanted = set()
    for i in range(60):
        near = {}
        for j in range(i):
            largest = np.abs(cells[i].astype(int) - cells[j].astype(int)).max()
            difference = largest / min(contrast[i], contrast[j])
            if dataset[i] != dataset[j] and difference <= LIMIT:
                near[j] = difference
        if near:
            wanted.add((i, min(near, key=near.get)))
    assert wanted
    assert found == wanted


def test_neighboring_frames_of_a_real_video_in_two_sets_are_found(shared_data):
    folder = shared_data / "openfield"
    paths = sorted(str(path) for path in folder.rglob("img*.png"))[:40]
    pictures = [read_image(path) for path in paths]
    copies = [encoded(p, 60, 0.5) for p in pictures[::4]]
    found = repeats([*pictures, *copies], ["a"] * len(pictures) + ["b"] * len(copies))
    assert {(r.picture, r.earlier) for r in found} == {(40 + i, 4 * i) for i in range(10)}
