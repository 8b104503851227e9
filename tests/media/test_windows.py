import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_display_matrix import by_formula, write_turned
from test_video import number_of, write_frames, write_two_sizes

from superanimal_core.errors import VideoError
from superanimal_core.media.video import read_frames
from superanimal_core.media.windows import read_window

FRAMES = 120


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """The same frames in files that seek in different ways: B-frames, rare key frames, AVI."""
    folder = tmp_path_factory.mktemp("videos")
    return [
        str(write_frames(folder / "often.mp4", FRAMES, g="10")),
        str(write_frames(folder / "rare.mp4", FRAMES, g="1000", bf="3")),
        str(write_frames(folder / "matroska.mkv", FRAMES, g="30", bf="2")),
        str(write_frames(folder / "open.mp4", FRAMES, g="12", bf="3", x264opts="open_gop=1")),
        str(write_frames(folder / "old.avi", FRAMES, g="15", bf="0")),
    ]


@given(st.floats(0, 1), st.integers(2, 40), st.integers(0, 4))
def test_frames_of_a_window_follow_each_other_and_lie_where_it_is_asked_for(
    videos, place, frames, number
):
    window = read_window(videos[number], place, frames)
    numbers = [number_of(image) for image in window]
    assert numbers == list(range(numbers[0], numbers[0] + frames))
    assert abs(numbers[-1] - max(place * FRAMES, frames - 1)) <= 2


@pytest.mark.parametrize("number", range(5))
def test_a_window_is_what_is_read_from_the_beginning_on(videos, number):
    whole = list(read_frames(videos[number]))
    for place in (0.0, 0.31, 0.77, 1.0):
        window = read_window(videos[number], place, 16)
        first = number_of(window[0])
        assert all(map(np.array_equal, window, whole[first : first + 16]))


def test_every_frame_can_be_in_a_window(videos):
    seen = set()
    for place in np.linspace(0, 1, 60):
        seen.update(map(number_of, read_window(videos[1], float(place), 8)))
    assert seen == set(range(FRAMES))


def test_a_video_of_too_few_frames_is_told(tmp_path):
    short = str(write_frames(tmp_path / "short.mp4", 5))
    assert len(read_window(short, 0.5, 5)) == 5
    with pytest.raises(VideoError, match=r"short\.mp4 has 5 frames to give, not 6"):
        read_window(short, 0.5, 6)


def test_what_is_no_video_is_told(tmp_path):
    broken = tmp_path / "broken.mp4"
    for content in (b"", b"no video at all" * 100):
        broken.write_bytes(content)
        with pytest.raises(VideoError, match=r"broken\.mp4"):
            read_window(str(broken), 0.5, 4)


def test_a_file_that_is_cut_short_gives_frames_or_is_told(tmp_path):
    whole = write_frames(tmp_path / "whole.mkv", 60).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: len(whole) // 2])
    for place in (0.0, 0.5, 1.0):
        numbers = [number_of(image) for image in read_window(str(cut), place, 4)]
        assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_a_file_that_does_not_say_how_long_it_is_is_told(tmp_path):
    bare = str(write_frames(tmp_path / "bare.h264", 30))
    with pytest.raises(VideoError, match="does not say how long"):
        read_window(bare, 0.5, 4)


def test_a_window_is_turned_as_the_file_says(tmp_path):
    upright, turned = write_turned(tmp_path, (0, 1, -1, 0))
    window = read_window(str(turned), 0.5, 3)
    for image, whole in zip(window, read_frames(upright), strict=True):
        np.testing.assert_array_equal(image, by_formula(whole, 0, 1, -1, 0))
    _, askew = write_turned(tmp_path, (0.866, 0.5, -0.5, 0.866))
    with pytest.raises(VideoError, match=r"turns its pictures"):
        read_window(str(askew), 0.5, 3)


def test_a_window_of_pictures_of_two_sizes_is_refused(tmp_path):
    joined = write_two_sizes(tmp_path)
    shapes = set()
    for place in np.linspace(0, 1, 9):
        try:
            shapes.update(image.shape for image in read_window(str(joined), float(place), 8))
        except VideoError as error:
            shapes.add("changes" in str(error))
    assert shapes == {(48, 64, 3), (96, 128, 3), True}
