"""Scenes in which no animal is: a mouse that leaves and comes back, and places alone."""

import numpy as np
import pytest

from superanimal_core.synthetic.backgrounds import BACKGROUNDS
from superanimal_core.synthetic.casting import empty_scene_picture, visiting_mouse_scene


def test_a_visitor_leaves_the_picture_and_comes_back():
    leaves, comes = [], []
    for seed in range(4):
        scene = visiting_mouse_scene(seed, 40.0)
        xy = scene.camera.project(scene.animal.figure(np.arange(400) / 10).keypoints)
        size = np.array([scene.camera.width_px, scene.camera.height_px])
        is_seen = ((xy >= 0) & (xy < size)).all(axis=2).any(axis=1)
        change = np.diff(is_seen.astype(int))
        leaves.append((change < 0).sum())
        comes.append((change > 0).sum())
    assert min(leaves) >= 1
    assert min(comes) >= 1


@pytest.mark.parametrize("kind", sorted(BACKGROUNDS))
def test_an_empty_place_is_the_same_for_the_same_seed_and_as_large_as_asked(kind):
    first, again, other = (empty_scene_picture(seed, kind, (160, 120)) for seed in (0, 0, 1))
    assert first.shape == (120, 160, 3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5
