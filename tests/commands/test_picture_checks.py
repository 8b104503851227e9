"""Pictures of a data set that are broken, or whose 16 bits are hardly used."""

import cv2
import numpy as np
import pytest

from superanimal_core.commands.picture_checks import DEEP_PICTURES, picture_findings
from superanimal_core.commands.study_checks import DOUBT, STOPS
from superanimal_core.media.images import read_image
from superanimal_core.pose.labels import Labels


def labels_of(paths):
    """Only the names of pictures count here."""
    labels = object.__new__(Labels)
    object.__setattr__(labels, "image", np.array([str(path) for path in paths], dtype=object))
    return labels


def write(folder, count=12, highest=255, dtype=np.uint8, suffix="png"):
    paths = [folder / f"{number:02d}.{suffix}" for number in range(count)]
    for number, path in enumerate(paths):
        values = np.random.default_rng(number).integers(0, highest + 1, (40, 60))
        values[0, 0] = highest
        assert cv2.imwrite(str(path), values.astype(dtype))
    return paths


def test_whole_pictures_of_8_bits_are_not_told(tmp_path):
    assert picture_findings(labels_of(write(tmp_path)), "set") == []


@pytest.mark.parametrize("cut", [400, 0])
def test_each_broken_picture_is_told_with_the_number(tmp_path, cut):
    paths = write(tmp_path)
    for number in (7, 3):
        paths[number].write_bytes(paths[number].read_bytes()[:cut])
    [found] = picture_findings(labels_of([*paths, *paths]), "data set lab")
    assert (found.weight, found.what) == (STOPS, "data set lab")
    assert found.told.startswith(f"2 of 12 pictures cannot be decoded: {paths[3]}: not an image")
    assert "looked at" not in found.told


def test_where_time_is_up_it_is_told_how_many_were_not_looked_at(tmp_path):
    paths = write(tmp_path)
    for path in paths:
        path.write_bytes(b"none")
    [found] = picture_findings(labels_of(paths), "set", longest_s=0.0)
    assert found.told.startswith("1 of 1 pictures cannot")
    assert found.told.endswith("(11 others were not looked at)")


def test_frames_of_videos_and_lost_pictures_are_left_to_others(tmp_path):
    names = [tmp_path / "a.mp4#frame=3", tmp_path / "gone.png"]
    assert picture_findings(labels_of(names), "set") == []


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize(
    ("highest", "is_told"), [(1023, True), (4095, True), (16383, True), (16384, False)]
)
def test_pictures_that_hardly_use_their_16_bits_are_told(tmp_path, suffix, highest, is_told):
    paths = write(tmp_path, 3, highest, np.uint16, suffix)
    found = picture_findings(labels_of(paths), "set")
    assert [each.weight for each in found] == [DOUBT] * is_told
    as_read = max(int(read_image(str(path)).max()) for path in paths)
    for each in found:
        assert f"{highest} of 65535 is the highest value" in each.told
        assert f"with {as_read} of 255 at most" in each.told


def test_one_bright_picture_of_those_looked_at_tells_that_all_bits_are_used(tmp_path):
    paths = write(tmp_path, DEEP_PICTURES, 4095, np.uint16)
    assert len(picture_findings(labels_of(paths), "set")) == 1
    cv2.imwrite(str(paths[2]), np.full((40, 60), 60_000, dtype=np.uint16))
    assert picture_findings(labels_of(paths), "set") == []


def test_the_values_of_five_pictures_are_looked_at(tmp_path):
    """Of seven, one of which is bright in turn."""
    paths, silent = write(tmp_path, 7, 4095, np.uint16), 0
    for path in paths:
        dark = path.read_bytes()
        cv2.imwrite(str(path), np.full((40, 60), 60_000, dtype=np.uint16))
        silent += picture_findings(labels_of(paths), "set") == []
        path.write_bytes(dark)
    assert silent == 5
