"""Animals are told apart by their colors also by those who see fewer of them."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.colors import (
    ANIMALS,
    LEFT,
    MIDDLE,
    RIGHT,
    animal_color,
    side_colors,
)

# Machado, Oliveira and Fernandes 2009, severity 1, of linear RGB
SEEN_BY = {
    "everybody": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(colors, seen_by):
    linear = (np.array(colors) / 255) ** 2.2 @ np.array(seen_by).T
    seen = np.clip(linear, 0, 1) ** (1 / 2.2)
    return cv2.cvtColor(seen[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]


@pytest.mark.parametrize("who", SEEN_BY)
@pytest.mark.parametrize("colors", [ANIMALS, (LEFT, RIGHT, MIDDLE)], ids=["animals", "sides"])
def test_no_two_colors_look_alike(colors, who):
    """A difference of 2.3 is just noticed; 10 is plain."""
    for first, second in combinations(lab(colors, SEEN_BY[who]), 2):
        assert np.linalg.norm(first - second) > 10


def test_an_animal_keeps_its_color_and_many_repeat_them():
    assert [animal_color(i) for i in range(len(ANIMALS))] == [*ANIMALS]
    assert animal_color(len(ANIMALS)) == ANIMALS[0]


def test_sides_of_a_body_have_their_colors():
    space = KeypointSpace("s", ("nose", "l", "r"), (("l", "r"),))
    assert side_colors(space) == [MIDDLE, LEFT, RIGHT]
