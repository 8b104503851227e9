"""Text has the size that it was given, lines are equally high, and edges cut it off."""

import numpy as np
import pytest

from superanimal_core.report.lettering import MORE, fitted, line_height, text_width, write_text

WHITE = (255, 255, 255)
GROUND = 120


def written(text, size_px, x=20, y=20, shape=(200, 900)):
    image = np.full((*shape, 3), GROUND, np.uint8)
    write_text(image, x, y, text, size_px, WHITE)
    return image


@pytest.mark.parametrize("size_px", [14, 63])  # of a video of 480, and of 2160 rows
def test_a_capital_is_as_high_as_letters_of_this_size_are(size_px):
    """DejaVu Sans: 1493 of 2048 units."""
    row = np.nonzero((written("H", size_px) > 200).all(axis=2))[0]
    assert np.ptp(row) + 1 == pytest.approx(size_px * 1493 / 2048, abs=1.5)


def test_letters_stand_on_one_line_whatever_stands_beside_them():
    feet = [np.nonzero((written(t, 20) > 230).all(axis=2))[0] for t in ("H", "HÄH")]
    assert feet[0].max() == feet[1].max()
    below = np.nonzero((written("Hg", 20) > 230).all(axis=2))[0].max()
    assert below > feet[0].max() + 2


def test_text_is_white_with_a_dark_rim_on_every_ground():
    for ground in (0, 120, 255):
        image = np.full((40, 200, 3), ground, np.uint8)
        write_text(image, 5, 5, "frame 12", 16, WHITE)
        assert image.max() > 230
        assert image.min() < 40


def test_all_lines_of_a_size_take_the_same_rows():
    height = line_height(14)
    for text in ("x", "Ägypten", "", "|"):
        row = np.nonzero((written(text, 14) != GROUND).any(axis=2))[0]
        assert row.min(initial=20) >= 20
        assert row.max(initial=20) < 20 + height


def test_an_edge_cuts_text_off_and_leaves_the_rest_in_place():
    whole = written("frame 12", 20, 20, 20)
    for x, y, shape in ((-5, 20, (200, 900)), (20, -7, (200, 900)), (20, 20, (30, 60))):
        part = written("frame 12", 20, x, y, shape)
        height, width = shape
        top, left = max(20 - y, 0), max(20 - x, 0)
        same = whole[top : top + height, left : left + width]
        assert np.array_equal(part[: len(same), : same.shape[1]], same)
    assert (written("frame 12", 20, 2000, 20) == GROUND).all()


def test_what_is_too_long_is_cut_where_it_no_longer_fits():
    text = "walk, in_center, turn_left"
    assert fitted(text, 14, text_width(text, 14)) == text
    shorter = fitted(text, 14, text_width(text, 14) - 1)
    assert shorter.endswith(MORE)
    assert text_width(shorter, 14) < text_width(text, 14)
    begun = shorter.removesuffix(MORE)
    assert text.startswith(begun)
    assert text_width(text[: len(begun) + 1] + MORE, 14) > text_width(text, 14) - 1
    assert fitted(text, 14, 0) == MORE
