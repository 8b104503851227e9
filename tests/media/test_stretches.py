"""A stretch is what reading from the beginning would show under the same numbers."""

import numpy as np
import pytest
from test_stills import FRAMES, MAKERS, with_sound_first
from test_video import write_frames, write_two_sizes

from superanimal_core.errors import VideoError
from superanimal_core.media import stretches
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.stretches import read_stretch
from superanimal_core.media.video import read_frames


def never(*asked):
    raise AssertionError("counted from the beginning")


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("start", "stop"), [(0, 7), (1, 20), (59, 90), (100, 119)])
def test_frames_are_those_of_their_numbers(kind, start, stop, tmp_path, monkeypatch):
    path = str(MAKERS[kind](tmp_path))
    whole, stamp_s = list(read_frames(path)), index_frames(path, None).time_s
    if start:
        monkeypatch.setattr(stretches, "read_frames", never)
    shown = dict(read_stretch(path, start, stop, stamp_s))
    assert [*shown] == [*range(start, stop)]
    assert all(np.array_equal(image, whole[number]) for number, image in shown.items())


def test_sound_before_the_pictures_moves_nothing(tmp_path):
    path = str(with_sound_first(tmp_path))
    whole = list(read_frames(path))
    shown = dict(read_stretch(path, 50, 55, index_frames(path, None).time_s))
    assert [*shown] == [*range(50, 55)]
    assert all(np.array_equal(image, whole[number]) for number, image in shown.items())


def test_without_stamps_frames_are_counted(tmp_path):
    path = str(write_frames(tmp_path / "a.mp4", FRAMES, bf="2"))
    whole = list(read_frames(path))
    shown = dict(read_stretch(path, 30, 33, None))
    assert [*shown] == [30, 31, 32]
    assert all(np.array_equal(image, whole[number]) for number, image in shown.items())


def test_stamps_that_lead_nowhere_make_it_count(tmp_path):
    path = str(write_frames(tmp_path / "a.mp4", FRAMES))
    times = index_frames(path, None).time_s.copy()
    whole = list(read_frames(path))
    times[1:] += 0.013  # between two frames each
    shown = dict(read_stretch(path, 30, 33, times))
    assert [*shown] == [30, 31, 32]
    assert all(np.array_equal(image, whole[number]) for number, image in shown.items())


def test_a_frame_that_no_stamp_confirms_lacks(tmp_path):
    path = str(write_frames(tmp_path / "a.mp4", FRAMES))
    times = index_frames(path, None).time_s.copy()
    times[40] += 0.013
    assert [n for n, _ in read_stretch(path, 38, 43, times)] == [38, 39, 41, 42]


def test_stretches_in_any_order_and_beyond_the_end(tmp_path):
    path = str(write_frames(tmp_path / "a.mkv", FRAMES, g="30", bf="2"))
    times = index_frames(path, None).time_s
    for start, stop in ((110, 999), (3, 5), (60, 61)):
        numbers = [n for n, _ in read_stretch(path, start, stop, times)]
        assert numbers == [*range(start, min(stop, FRAMES))]


def test_pictures_that_change_their_size_are_an_error(tmp_path):
    path = str(write_two_sizes(tmp_path))
    with pytest.raises(VideoError, match="changes the size"):
        list(read_stretch(path, 0, 40, None))
    times = np.arange(40) * 0.04
    with pytest.raises(VideoError, match="change"):
        list(read_stretch(path, 12, 30, times))
