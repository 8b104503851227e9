import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from superanimal_core.errors import VideoError
from superanimal_core.inference.box_gaps import assign_slots, interpolate_boxes
from superanimal_core.inference.detect import DetectedBoxes
from superanimal_core.network.detector import DetectorBundle

CPU = torch.device("cpu")


def brute_force(boxes, time_s, max_gap_s):
    """Frame by frame, with loops."""
    known = [i for i in range(len(boxes)) if np.isfinite(boxes[i]).all()]
    filled = np.full_like(boxes, np.nan)
    for i in range(len(boxes)):
        before = [k for k in known if k <= i]
        after = [k for k in known if k >= i]
        if before and after:
            a, b = before[-1], after[0]
            gap = time_s[b] - time_s[a]
            if gap <= max_gap_s:
                part = (time_s[i] - time_s[a]) / gap if gap else 0.0
                filled[i] = boxes[a] + part * (boxes[b] - boxes[a])
        elif before and time_s[-1] - time_s[before[-1]] <= max_gap_s / 2:
            filled[i] = boxes[before[-1]]
        elif after and time_s[after[0]] - time_s[0] <= max_gap_s / 2:
            filled[i] = boxes[after[0]]
    return filled


@given(st.lists(st.booleans(), min_size=1, max_size=25), st.integers(0, 2**16), st.floats(0.0, 1.0))
def test_gaps_are_filled_as_frame_by_frame(is_seen, seed, max_gap_s):
    random = np.random.default_rng(seed)
    time_s = np.cumsum(random.uniform(0.01, 0.2, len(is_seen)))
    boxes = random.uniform(0, 100, (len(is_seen), 4))
    boxes[~np.array(is_seen)] = np.nan
    filled = interpolate_boxes(boxes, time_s, max_gap_s)
    np.testing.assert_allclose(filled, brute_force(boxes, time_s, max_gap_s))


def square(x, y):
    return [x - 5.0, y - 5.0, x + 5.0, y + 5.0]


def test_identities_are_kept_on_motion_without_crossing():
    previous, slots_of = np.full((2, 4), np.nan), []
    for step in range(30):
        boxes = np.array([square(10 + 3 * step, 20), square(15 + 3 * step, 60)])
        order = [0, 1] if step % 2 == 0 else [1, 0]  # the detector's order means nothing
        slots = assign_slots(previous, boxes[order])
        slots_of.append([slots[order.index(animal)] for animal in (0, 1)])
        for slot, box in zip(slots, boxes[order], strict=True):
            previous[slot] = box
    assert slots_of == [slots_of[0]] * 30
    assert sorted(slots_of[0]) == [0, 1]


def test_a_new_animal_takes_the_free_place():
    previous = np.array([[np.nan] * 4, square(50, 50)])
    assert assign_slots(previous, np.array([square(52, 50), square(90, 20)])) == [1, 0]
    assert assign_slots(previous, np.empty((0, 4))) == []


@given(st.integers(0, 2**16), st.integers(1, 4))
def test_no_place_is_given_twice(seed, count):
    random = np.random.default_rng(seed)
    previous = random.uniform(0, 100, (4, 4))
    previous[random.random(4) < 0.3] = np.nan
    slots = assign_slots(previous, random.uniform(0, 100, (count, 4)))
    assert len(set(slots)) == len(slots) == count


class SeesBright(torch.nn.Module):
    """Stands for a detector: one box around the bright pixels, scored by their brightness."""

    def forward(self, images):
        found = []
        for image in images:
            rows, columns = torch.nonzero(image[0] > 0.2, as_tuple=True)
            if len(rows):
                sides = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                box = torch.tensor([[float(s) for s in sides]])
                found.append({"boxes": box, "scores": image[0].max()[None]})
            else:
                found.append({"boxes": torch.zeros(0, 4), "scores": torch.zeros(0)})
            found[-1]["labels"] = torch.zeros(len(found[-1]["boxes"]), dtype=torch.int64)
        return found


def frame_with(x, brightness):
    image = np.zeros((96, 96, 3), np.uint8)
    image[30:50, x : x + 20] = brightness
    return image


def source_of(frames, network=None, **changes):
    settings = {
        "max_individuals": 1,
        "min_score": 0.5,
        "every_frames": 1,
        "max_gap_s": 0.25,
        "batch": 4,
    }
    detector = DetectorBundle(network or SeesBright(), "fcos", {}, 96, None, 0, ())
    return DetectedBoxes(detector, np.arange(frames) / 10, device=CPU, **(settings | changes))


def detected(frames, **changes):
    """Boxes and scores of all frames."""
    source = source_of(len(frames), **changes)
    boxes = [boxed.boxes_xyxy_px for boxed in source.boxed(iter(frames), 0)]
    return np.array(boxes), source.scores


def frames_of(is_seen):
    return [frame_with(3 + i, 255 if seen else 0) for i, seen in enumerate(is_seen)]


@given(
    st.lists(st.booleans(), min_size=1, max_size=40).filter(lambda seen: seen[0] or any(seen[::3])),
    st.integers(1, 3),
    st.integers(1, 12),
    st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_boxes_of_a_stream_are_those_of_the_whole_video(is_seen, every, batch, max_gap_s):
    is_seen = [seen and i % every == 0 for i, seen in enumerate(is_seen)]
    assume(any(is_seen))
    frames = frames_of(is_seen)
    boxes, scores = detected(frames, every_frames=every, batch=batch, max_gap_s=max_gap_s)
    raw = np.full((len(frames), 4), np.nan)
    raw[is_seen] = [[3 + i, 30, 23 + i, 50] for i in np.flatnonzero(is_seen)]
    if every > 1 and len(frames) > 1:
        max_gap_s = max(max_gap_s, 2 * every / 10)
    whole = interpolate_boxes(raw, np.arange(len(frames)) / 10, max_gap_s)
    np.testing.assert_allclose(boxes[:, 0], whole, atol=1e-5)
    np.testing.assert_array_equal(np.isfinite(scores[:, 0]), is_seen)


@pytest.mark.parametrize("stop", [1, 5, 9, 16, 20])
def test_a_detection_goes_on_in_the_middle_as_if_it_had_never_stopped(stop):
    frames = frames_of([i % 7 != 3 for i in range(26)])
    whole = [*source_of(26, every_frames=2).boxed(iter(frames), 0)]
    first = source_of(26, every_frames=2)
    stream = first.boxed(iter(frames), 0)
    for _ in range(stop):
        next(stream)
    later = source_of(26, every_frames=2)
    later.restore(0, first.saved(0))
    looked_before = np.isfinite(later.scores).sum()
    rest = [*later.boxed(iter(frames[stop:]), stop)]
    assert looked_before > 0
    assert len(rest) == 26 - stop
    for a, b in zip(rest, whole[stop:], strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.boxes_xyxy_px, b.boxes_xyxy_px)
        np.testing.assert_array_equal(a.is_detected, b.is_detected)


def test_only_frames_that_wait_for_a_detection_are_held():
    """Two hundred frames without the animal after it was seen: none of them is kept back."""
    taken = []

    def decoded():
        for i in range(300):
            taken.append(i)
            yield frame_with(5, 255 if i < 10 or i > 250 else 0)

    held = []
    for number, _ in enumerate(source_of(300, max_gap_s=0.5).boxed(decoded(), 0)):
        held.append(len(taken) - number)
    assert max(held) <= 4 + 6  # a batch, and the frames of half a second


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_boxes_follow_the_animal_whatever_the_batch(batch):
    boxes, scores = detected([frame_with(10 + 2 * i, 255) for i in range(10)], batch=batch)
    np.testing.assert_allclose(boxes[:, 0, 0], 10 + 2 * np.arange(10))
    np.testing.assert_allclose(scores, 1)


def test_frames_in_between_are_interpolated_and_say_so():
    boxes, scores = detected([frame_with(10 + 2 * i, 255) for i in range(9)], every_frames=2)
    np.testing.assert_allclose(boxes[:, 0, 0], 10 + 2 * np.arange(9))
    assert np.isnan(scores[1::2]).all()
    assert np.isfinite(scores[::2]).all()


def test_frames_that_were_not_looked_at_are_no_gap():
    frames = [frame_with(10 + 2 * i, 255) for i in range(28)]
    boxes, scores = detected(frames, every_frames=9, max_gap_s=0.0)
    assert np.isfinite(scores[:, 0]).sum() == 4
    assert np.isfinite(boxes).all()


def test_a_weak_detection_does_not_count():
    frames = [frame_with(10, 255 if i != 5 else 100) for i in range(10)]
    _, scores = detected(frames)
    assert np.flatnonzero(np.isnan(scores[:, 0])).tolist() == [5]


def test_a_video_without_an_animal_says_what_was_best():
    frames = [frame_with(10, 100 if i == 3 else 0) for i in range(6)]
    with pytest.raises(VideoError, match=r"any of 6 frames.*best score 0\.39, needed 0\.5") as told:
        detected(frames)
    assert told.value.stage == "predict_poses"


class Told(torch.nn.Module):
    """Stands for a detector that finds the next of some lists of (box, score)."""

    def __init__(self, found):
        super().__init__()
        self.found = iter(found)

    def forward(self, images):
        return [self.answer(next(self.found)) for _ in images]

    def answer(self, found):
        boxes = torch.tensor([box for box, _ in found]).reshape(-1, 4)
        labels = torch.zeros(len(found), dtype=torch.int64)
        scores = torch.tensor([score for _, score in found])
        return {"boxes": boxes, "scores": scores, "labels": labels}


def test_animals_keep_their_places_over_frames_without_any():
    one, other = square(20, 20), square(60, 60)
    found = [[(one, 0.9), (other, 0.8)]] * 2 + [[]] * 3 + [[(other, 0.9), (one, 0.8)]] * 2
    frames = [np.zeros((96, 96, 3), np.uint8)] * len(found)
    boxes, _ = detected(frames, network=Told(found), max_individuals=2, max_gap_s=0.0)
    np.testing.assert_allclose(boxes[[0, 1, 5, 6]], [[one, other]] * 4)
    assert np.isnan(boxes[2:5]).all()


def test_a_score_of_just_the_limit_counts():
    found = [[(square(20, 20), 0.5)], [(square(20, 20), 0.49)]]
    frames = [np.zeros((96, 96, 3), np.uint8)] * len(found)
    _, scores = detected(frames, network=Told(found), min_score=0.5)
    assert np.isfinite(scores[:, 0]).tolist() == [True, False]
    source = source_of(2, network=Told(found), min_score=0.5)
    again = source.detect_again(frames, [np.full((1, 4), np.nan)] * 2)
    assert [bool(np.isfinite(boxes).all()) for boxes in again] == [True, False]


@pytest.mark.parametrize("hour", [0, 1, 7, 23])
@pytest.mark.parametrize(("first", "last", "held"), [(6, 14, True), (7, 13, False)])
def test_a_box_half_of_the_limit_from_an_end_is_held_up_to_it(hour, first, last, held):
    for start in range(0, 400, 7):
        time_s = (hour * 3600 * 60 + start + np.arange(21)) / 60
        boxes = np.full((21, 4), np.nan)
        boxes[[first, last]] = [0.0, 0.0, 1.0, 1.0]
        is_known = np.isfinite(interpolate_boxes(boxes, time_s, 0.2)).all(axis=1)
        expected = range(21) if held else range(first, last + 1)
        assert np.flatnonzero(is_known).tolist() == [*expected]


def test_boxes_end_at_the_image():
    boxes, _ = detected([np.full((60, 96, 3), 255, np.uint8)])
    assert boxes[0, 0].tolist() == [0, 0, 96, 60]


@pytest.mark.parametrize("hour", [0, 1, 7, 23])
def test_detections_just_the_limit_apart_are_bridged_at_every_hour(hour):
    for start in range(0, 400, 7):
        time_s = (hour * 3600 * 60 + start + np.arange(13)) / 60
        boxes = np.full((13, 4), np.nan)
        boxes[[0, 12]] = [0.0, 0.0, 1.0, 1.0]
        assert np.isfinite(interpolate_boxes(boxes, time_s, 0.2)).all()
        assert np.isnan(interpolate_boxes(boxes, time_s, 0.199)[6]).all()
