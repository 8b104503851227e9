import numpy as np
import pytest
from test_video import number_of, write_frames

from superanimal_core.media.frame_store import FrameStore
from superanimal_core.media.video import read_frames

SIZE = 48 * 64 * 3


@pytest.mark.parametrize(("max_bytes", "held"), [(0, 0), (SIZE - 1, 0), (3 * SIZE, 3), (2**29, 20)])
def test_frames_beyond_the_limit_lie_on_disk_and_are_the_same(tmp_path, max_bytes, held):
    path = str(write_frames(tmp_path / "v.mp4", 80))
    frames = list(read_frames(path))
    store = FrameStore(((str(i), frames[i]) for i in range(0, 80, 4)), max_bytes)
    assert store.held_bytes == held * SIZE
    for i in reversed(range(0, 80, 4)):
        np.testing.assert_array_equal(store(str(i)), frames[i])
    assert number_of(store("28")) == 28


def test_a_picture_from_disk_may_be_changed_without_harm():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    store = FrameStore(iter([("a", image)]), 0)
    store("a")[:] = 0
    np.testing.assert_array_equal(store("a"), image)


def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = FrameStore(iter([("a", np.zeros((2, 2, 3), np.uint8))]), 0)
    assert store("a").shape == (2, 2, 3)
    assert list(tmp_path.iterdir()) == []
