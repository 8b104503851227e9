from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from superanimal_core.datasets.few_shot import few_shot
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels

FRACTIONS = (0.0, 0.01, 0.05, 0.1, 0.5, 1.0)


def labels_of(images=40, per_image=2):
    n = images * per_image
    return Labels(
        space=KeypointSpace("s", ("a",)),
        source=np.full(n, "lab"),
        image=np.repeat([f"img{i}.png" for i in range(images)], per_image),
        image_size_px=np.full((n, 2), 9),
        individual=np.tile(["x", "y"], images),
        group=np.full(n, "g"),
        split=np.full(n, "train"),
        box_xyxy_px=np.zeros((n, 4)),
        xy_px=np.zeros((n, 1, 2)),
        state=np.full((n, 1), 3),
        score=np.ones((n, 1)),
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_parts_are_nested_and_hold_whole_images(seed):
    parts = [few_shot(labels_of(), fraction, seed) for fraction in FRACTIONS]
    assert [len(part) for part in parts] == [0, 2, 4, 8, 40, 80]
    for smaller, larger in pairwise(parts):
        assert set(smaller.image) <= set(larger.image)


def test_a_part_depends_on_names_and_seed_only():
    labels = labels_of()
    shuffled = labels.select(np.random.default_rng(0).permutation(len(labels)))
    assert set(few_shot(labels, 0.1, 3).image) == set(few_shot(shuffled, 0.1, 3).image)
    assert set(few_shot(labels, 0.1, 3).image) != set(few_shot(labels, 0.1, 4).image)
    other = replace(labels, source=np.full(len(labels), "other"))
    assert set(few_shot(labels, 0.1, 3).image) != set(few_shot(other, 0.1, 3).image)
