from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.errors import VideoError
from superanimal_core.inference import detect as detect_module
from superanimal_core.inference.detect import DetectedBoxes
from superanimal_core.inference.detect_where_needed import SoughtBoxes, detected_boxes
from superanimal_core.inference.looks import TOLD
from superanimal_core.network.detector import DetectorBundle

FPS = 20
DETECTOR = DetectorBundle(torch.nn.Identity(), "fcos", {}, 64, None, 0, ())
SIDE_PX = 40.0


class Film:
    """A video whose frames say their number, and a detector that knows what is in each."""

    def __init__(self, boxes):
        self.boxes = np.asarray(boxes, np.float64)  # (frame, animal, 4), NaN: none
        self.asked = []
        self.given = 0  # frames decoded

    def frames(self, start=0):
        for number in range(start, len(self.boxes)):
            self.given = number + 1
            image = np.zeros((480, 640, 3), np.uint8)
            image[0, 0, :2] = number % 256, number // 256
            yield image

    def source(self, every="auto", **changes):
        limits = {"min_score": 0.5, "max_gap_s": 0.25, "batch": 8, "device": torch.device("cpu")}
        limits |= {"max_individuals": self.boxes.shape[1], "every_frames": every}
        return detected_boxes(DETECTOR, np.arange(len(self.boxes)) / FPS, **(limits | changes))

    def detect(self, detector, images, device, precision):
        numbers = [int(image[0, 0, 0]) + 256 * int(image[0, 0, 1]) for image in images]
        self.asked += numbers
        there = [self.boxes[n][np.isfinite(self.boxes[n]).all(axis=1)] for n in numbers]
        return [(boxes, np.full(len(boxes), 0.9)) for boxes in there]

    def boxed(self, source=None, start=0):
        source = source or self.source()
        with mock.patch.object(detect_module, "detect", self.detect):
            yield from source.boxed(self.frames(start), start)

    def found(self, **changes):
        """The boxes of all frames."""
        return np.stack([each.boxes_xyxy_px for each in self.boxed(self.source(**changes))])


def squares(x, y=100.0):
    """Boxes of one animal by their left and upper sides (px)."""
    x = np.asarray(x, np.float64)
    y = np.broadcast_to(np.asarray(y, np.float64), x.shape)
    return np.stack([x, y, x + SIDE_PX, y + SIDE_PX], axis=-1)[:, None]


def test_a_number_means_every_nth_frame_and_auto_where_needed():
    film = Film(squares(np.full(5, 100.0)))
    assert type(film.source(every=3)) is DetectedBoxes
    assert film.source(every=3).every_frames == 3
    assert isinstance(film.source(), SoughtBoxes)


def test_of_an_animal_that_rests_two_frames_in_a_second_are_looked_at():
    film = Film(squares(np.full(200, 100.0)))
    np.testing.assert_allclose(film.found(), film.boxes)
    assert film.asked == [0, 1, 3, 7, *range(15, 199, FPS // 2), 199]


@pytest.mark.parametrize("seed", range(10))
def test_boxes_lie_near_those_of_every_frame_where_the_animal_goes_dashes_and_stops(seed):
    """Forwards, at speeds that last for half a second at least."""
    random = np.random.default_rng(seed)
    speeds = np.repeat(random.choice([0.0, 1.0, 4.0], 10), random.integers(10, 15))
    film = Film(squares(10 + np.cumsum(speeds)))
    off = np.abs(film.found() - film.boxes).max(axis=(1, 2))
    assert off.max() <= 4 * TOLD * SIDE_PX
    assert np.mean(off) <= TOLD * SIDE_PX
    assert len(film.asked) == len(set(film.asked)) < len(film.boxes) / 2


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_animals_come_and_go_in_the_frames_of_every_frame_detection(data):
    """Each stays, and stays away, for longer than the distance of two looks."""
    animals = data.draw(st.integers(1, 3))
    boxes = []
    for animal in range(animals):
        lengths = data.draw(st.lists(st.integers(FPS + 1, 50), min_size=3, max_size=6))
        is_first = data.draw(st.booleans())
        there = np.concatenate(
            [np.full(n, (i % 2 == 0) == is_first) for i, n in enumerate(lengths)]
        )
        own = squares(np.full(300, 50.0 + 150 * animal))
        own[: len(there)][~there] = np.nan
        boxes.append(own)
    film = Film(np.concatenate(boxes, axis=1))
    gap_s = data.draw(st.sampled_from([0.0, 0.25]))
    expected = film.found(every=1, max_gap_s=gap_s)
    film.asked.clear()
    np.testing.assert_allclose(film.found(max_gap_s=gap_s), expected)
    assert len(film.asked) < 150


def test_a_look_that_finds_none_is_a_gap_and_frames_passed_over_are_none():
    boxes = squares(np.full(100, 100.0))
    boxes[40:70] = np.nan
    film = Film(boxes)
    found = film.found(max_gap_s=0.0)
    np.testing.assert_allclose(found, boxes)
    assert {39, 40, 69, 70} <= set(film.asked)


def test_two_animals_that_pass_each_other_between_looks_keep_their_places():
    """At the looks around, each is nearest to where the other was."""
    along = np.concatenate([np.full(20, 0.0), np.linspace(0, 120, 12), np.full(30, 120.0)])
    film = Film(np.concatenate([squares(200 + along, 100), squares(320 - along, 150)], axis=1))
    found = film.found()
    assert np.abs(found - film.boxes).max() <= 2 * TOLD * SIDE_PX
    assert len(film.asked) < len(along)


def walk(frames=160, seed=1):
    """Two animals that go here and there; one leaves for a while."""
    random = np.random.default_rng(seed)
    steps = np.repeat(random.normal(0, 4, (frames // 8, 2)), 8, axis=0)
    way = np.cumsum(steps, axis=0) % 300
    boxes = np.concatenate([squares(way[:, 0], 50), squares(way[:, 1], 300)], axis=1)
    boxes[60:90, 1] = np.nan
    return Film(boxes)


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_what_is_looked_at_does_not_depend_on_the_batch(batch):
    one, other = walk(), walk()
    np.testing.assert_array_equal(one.found(), other.found(batch=batch))
    assert sorted(one.asked) == sorted(other.asked)


@pytest.mark.parametrize("stop", [1, 2, 15, 59, 61, 75, 100, 159, 160])
def test_it_goes_on_in_the_middle_as_if_it_had_never_stopped(stop):
    film = walk()
    source = film.source()
    whole = [*film.boxed(source)]
    first = film.source()
    stream = film.boxed(first)
    for _ in range(stop):
        next(stream)
    later = film.source()
    later.restore(0, first.saved(0))
    film.asked.clear()
    rest = [*film.boxed(later, stop)]
    assert not set(film.asked) & set(np.flatnonzero(first.is_looked_at))
    assert len(rest) == 160 - stop
    for a, b in zip(rest, whole[stop:], strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.boxes_xyxy_px, b.boxes_xyxy_px)
        np.testing.assert_array_equal(a.is_detected, b.is_detected)
    np.testing.assert_array_equal(later.is_looked_at, source.is_looked_at)
    np.testing.assert_array_equal(later.scores, source.scores)


def test_only_frames_that_wait_for_a_look_are_held():
    film = Film(squares(np.full(300, 100.0)))
    held = [film.given - number for number, _ in enumerate(film.boxed())]
    assert max(held) <= FPS // 2 + 1
    film.boxes[50:250] = np.nan
    held = [film.given - number for number, _ in enumerate(film.boxed())]
    assert max(held) <= FPS // 2 + 1


def test_a_video_that_ends_before_its_time_gives_the_frames_it_has():
    film = Film(squares(np.full(40, 100.0)))
    times = np.arange(60) / FPS
    source = detected_boxes(
        DETECTOR, times, max_individuals=1, min_score=0.5, every_frames="auto",
        max_gap_s=0.25, batch=8, device=torch.device("cpu"),
    )  # fmt: skip
    assert len([*film.boxed(source)]) == 40


def test_of_a_video_without_an_animal_it_says_how_many_frames_it_saw():
    film = Film(np.full((100, 1, 4), np.nan))
    with pytest.raises(VideoError, match=r"any of 23 frames looked at") as told:
        film.found()
    assert told.value.stage == "predict_poses"
    assert len(film.asked) == 23
