import numpy as np
import pytest

from superanimal_core.errors import DatasetError
from superanimal_core.media import images
from superanimal_core.media.images import cached_reader, read_image, write_image


def colors(seed=0):
    return np.random.default_rng(seed).integers(0, 255, (20, 30, 3)).astype(np.uint8)


def test_a_written_image_comes_back_in_rgb(tmp_path):
    write_image(colors(), tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(str(tmp_path / "a.png")), colors())


def test_names_beyond_ascii_are_read(tmp_path):
    write_image(colors(), tmp_path / "Mäuse 1.png")
    np.testing.assert_array_equal(read_image(str(tmp_path / "Mäuse 1.png")), colors())


def test_a_missing_image_and_what_is_none_are_named(tmp_path):
    with pytest.raises(DatasetError, match=r"absent\.png: image missing or unreadable"):
        read_image(str(tmp_path / "absent.png"))
    for content in (b"", b"no picture"):
        (tmp_path / "bad.png").write_bytes(content)
        with pytest.raises(DatasetError, match=r"bad\.png: not an image that can be decoded"):
            read_image(str(tmp_path / "bad.png"))


def test_a_cached_reader_reads_each_image_once_while_there_is_room(tmp_path, monkeypatch):
    for i in range(3):
        write_image(colors(i), tmp_path / f"{i}.png")
    read, original = [], images.read_image

    def counted(path):
        read.append(path)
        return original(path)

    monkeypatch.setattr(images, "read_image", counted)
    names = [str(tmp_path / f"{i}.png") for i in range(3)]
    reader = cached_reader()
    for name in names * 2:
        reader(name)
    assert read == names
    read.clear()
    small = cached_reader(max_bytes=2 * colors().nbytes)
    for name in (names[0], names[1], names[0], names[2], names[0], names[1]):
        np.testing.assert_array_equal(small(name), original(name))
    assert read == [names[0], names[1], names[2], names[1]]  # the one used longest ago went


def test_a_frame_that_was_deleted_says_how_to_take_it_again():
    read = cached_reader({"lab#": "results/datasets/lab/frames"})
    with pytest.raises(DatasetError, match=r"snakemake --cores all results/datasets/lab/frames$"):
        read("lab#000-top-000012.jpg")
