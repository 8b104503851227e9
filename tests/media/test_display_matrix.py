import itertools
import math
import shutil
import subprocess

import av
import numpy as np
import pytest
from test_video import write_frames

from superanimal_core.errors import VideoError
from superanimal_core.media.display_matrix import UPRIGHT, turn_of_matrix
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames

ONE = 1 << 16
SIGNED = [
    (a, b, c, d)
    for a, b, c, d in itertools.product((-1, 0, 1), repeat=4)
    if abs(a) == abs(d) != abs(b) == abs(c) and abs(a) + abs(b) == 1
]


def matrix(a, b, c, d):
    return (round(a * ONE), round(b * ONE), 0, round(c * ONE), round(d * ONE), 0, 0, 0, 1 << 30)


def by_formula(image, a, b, c, d):
    """Each pixel at x' = a x + c y, y' = b x + d y, moved into view."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    columns, rows = a * x + c * y, b * x + d * y
    columns, rows = columns - columns.min(), rows - rows.min()
    shown = np.empty((rows.max() + 1, columns.max() + 1, 3), np.uint8)
    shown[rows, columns] = image
    return shown


@pytest.mark.parametrize("entries", SIGNED)
def test_all_eight_turns_are_those_of_the_standard(entries):
    image = np.random.default_rng(0).integers(0, 255, (4, 6, 3)).astype(np.uint8)
    turn = turn_of_matrix(matrix(*entries))
    assert turn is not None
    np.testing.assert_array_equal(turn.of(image), by_formula(image, *entries))
    a, b, c, d = entries
    assert turn.is_mirrored == (a * d - b * c < 0)
    assert turn.size_px(6, 4) == turn.of(image).shape[1::-1]


def test_scale_counts_for_nothing_and_zeros_turn_nothing():
    assert turn_of_matrix((0,) * 9) == UPRIGHT
    assert turn_of_matrix(matrix(0, 2, -2, 0)) == turn_of_matrix(matrix(0, 1, -1, 0))


@pytest.mark.parametrize(("degrees", "is_quarter"), [(0.9, True), (1.1, False), (45, False)])
@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_a_degree_is_what_may_be_missing_to_a_quarter(quarter, degrees, is_quarter):
    angle = math.radians(quarter + degrees)
    turned = matrix(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle))
    assert (turn_of_matrix(turned) is not None) == is_quarter


def write_turned(folder, entries):
    """Two files of the same pictures: upright, and one that asks for a turn."""
    upright, turned = write_frames(folder / "u.mp4", 3), folder / "t.mp4"
    with av.open(str(upright)) as old, av.open(str(turned), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        stream.set_display_matrix(matrix(*entries))
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return upright, turned


@pytest.mark.parametrize("entries", SIGNED)
def test_pictures_are_shown_as_ffmpeg_shows_them(tmp_path, entries):
    upright, turned = write_turned(tmp_path, entries)
    index, found = index_frames(turned, None), next(read_frames(turned))
    np.testing.assert_array_equal(found, by_formula(next(read_frames(upright)), *entries))
    assert found.shape == (index.height_px, index.width_px, 3)
    assert index.is_mirrored == (entries[0] * entries[3] - entries[1] * entries[2] < 0)
    if shutil.which("ffmpeg"):
        asked = ["ffmpeg", "-v", "error", "-i", str(turned), "-frames:v", "1"]
        raw = subprocess.run(
            [*asked, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True
        )
        expected = np.frombuffer(raw.stdout, np.uint8).reshape(found.shape)
        np.testing.assert_allclose(found, expected.astype(int), atol=4)


def test_a_turn_by_another_angle_is_refused(tmp_path):
    _, turned = write_turned(tmp_path, (0.866, 0.5, -0.5, 0.866))
    with pytest.raises(VideoError, match=r"turned by .* degrees or stretched; encode it anew"):
        index_frames(turned, None)
    with pytest.raises(VideoError, match="turned by"):
        next(read_frames(turned))
