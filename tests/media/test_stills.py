"""A still is the frame that is shown under its number when the video is read from its start."""

import subprocess
from fractions import Fraction

import numpy as np
import pytest
from test_video import write_frames

from superanimal_core.errors import VideoError
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.stills import read_first_stills, read_stills
from superanimal_core.media.video import read_frames

FRAMES = 120


def with_sound_first(folder):
    """Sound begins before the pictures, so that the first frame is later than 0."""
    silent, mixed = folder / "silent.mp4", folder / "sound.mp4"
    write_frames(silent, FRAMES, g="20", bf="2")
    sound = ("-f", "lavfi", "-i", "anullsrc=r=8000", "-shortest", "-c:v", "copy", "-c:a", "aac")
    command = ["ffmpeg", "-v", "error", "-itsoffset", "0.7", "-i", str(silent), *sound]
    subprocess.run([*command, str(mixed)], check=True)
    return mixed


MAKERS = {
    "often": lambda folder: write_frames(folder / "often.mp4", FRAMES, g="10"),
    "rare": lambda folder: write_frames(folder / "rare.mp4", FRAMES, g="1000", bf="3"),
    "matroska": lambda folder: write_frames(folder / "matroska.mkv", FRAMES, g="30", bf="2"),
    "open": lambda folder: write_frames(
        folder / "open.mp4", FRAMES, g="12", bf="3", x264opts="open_gop=1"
    ),
    "avi": lambda folder: write_frames(folder / "old.avi", FRAMES, g="15", bf="0"),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_stills_are_the_frames_of_their_numbers(kind, tmp_path):
    path = str(MAKERS[kind](tmp_path))
    account = index_frames(path, None)
    whole = list(read_frames(path))
    assert not account.is_estimated.any()
    sought = [0, 1, 118, 60, 59, 61, 7]
    stills = read_stills(path, [*sought, 119], account.time_s)
    assert {*stills} - {119} == {*sought}
    assert 119 in stills or kind == "avi"  # whose last stamp stands twice
    assert all(np.array_equal(still, whole[number]) for number, still in stills.items())


def test_sound_before_the_pictures_moves_no_still(tmp_path):
    path = str(with_sound_first(tmp_path))
    account = index_frames(path, None)
    assert account.time_s[0] > 0.5
    whole, stills = list(read_frames(path)), read_stills(path, [0, 50], account.time_s)
    assert np.array_equal(stills[0], whole[0])
    assert np.array_equal(stills[50], whole[50])


def test_a_stream_that_begins_late_by_its_own_clock_is_read(tmp_path):
    times_ms = 40 * np.arange(FRAMES) + 7_200_000
    path = str(write_frames(tmp_path / "late.ts", FRAMES, times_ms, g="10", bf="2"))
    account = index_frames(path, None)
    whole, stills = list(read_frames(path)), read_stills(path, [0, 33, 90], account.time_s)
    assert sorted(stills) == [0, 33, 90]
    assert all(np.array_equal(still, whole[number]) for number, still in stills.items())


def test_a_frame_that_no_stamp_confirms_is_not_guessed(tmp_path):
    path = str(write_frames(tmp_path / "a.mp4", FRAMES))
    times = index_frames(path, None).time_s
    step_s = float(Fraction(1, 3)) * (times[1] - times[0])
    shifted = times.copy()
    shifted[40] += step_s
    assert sorted(read_stills(path, [40, 41], shifted)) == [41]


def test_stills_without_stamps_are_counted(tmp_path):
    path = str(write_frames(tmp_path / "a.mp4", FRAMES, bf="2"))
    whole, stills = list(read_frames(path)), read_first_stills(path, [3, 0, 77])
    assert sorted(stills) == [0, 3, 77]
    assert all(np.array_equal(still, whole[number]) for number, still in stills.items())
    assert read_first_stills(path, []) == {}


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(VideoError, match="does not exist"):
        read_stills(str(tmp_path / "gone.mp4"), [0], np.zeros(1))
