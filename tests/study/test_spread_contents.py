"""Blocks all over a file: no hundredth of it is left out."""

import pytest

from superanimal_core.study.spread_contents import BLOCK_BYTES, BLOCKS, spread_digest

SIZE = BLOCKS * BLOCK_BYTES * 9  # most of it lies between blocks


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(SIZE))
    return path


def changed(path, start, stop):
    """The digest while a stretch is other; it is then as before."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"x" * (stop - start))
        file.flush()
        found = spread_digest(str(path), 0)
        file.seek(start)
        file.write(bytes(stop - start))
    return found


def test_every_hundredth_of_a_file_is_looked_at(large):
    before, length = spread_digest(str(large), 0), -(-SIZE // 100)
    starts = [*range(0, SIZE - length, 30_011), SIZE - length]
    assert all(changed(large, start, start + length) != before for start in starts)
    assert spread_digest(str(large), 0) == before


@pytest.mark.parametrize(
    ("byte", "is_looked_at"),
    [(0, True), (BLOCK_BYTES - 1, True), (BLOCK_BYTES, False), (SIZE - 1, True)],
)
def test_blocks_begin_at_the_head_and_end_at_the_tail(large, byte, is_looked_at):
    before = spread_digest(str(large), 0)
    assert (changed(large, byte, byte + 1) != before) == is_looked_at


def test_a_file_that_is_read_whole_and_a_folder_have_none(large):
    assert spread_digest(str(large), SIZE) == ""
    assert spread_digest(str(large), SIZE - 1)
    assert spread_digest(str(large.parent), 0) == ""
    with pytest.raises(OSError, match="No such file"):
        spread_digest(str(large.parent / "gone"), 0)
