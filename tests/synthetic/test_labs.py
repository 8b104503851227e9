import numpy as np
import pytest

from superanimal_core.synthetic.labs import KEYPOINTS, LABS, lab_images

SIZE_PX = (320, 240)


def known_to(lab):
    return {unified for _, unified in lab.words if unified}


@pytest.mark.parametrize("animal", KEYPOINTS)
def test_no_lab_labels_all_keypoints_and_together_they_do(animal):
    labs = [lab for lab in LABS if lab.animal == animal]
    assert all(known_to(lab) < set(KEYPOINTS[animal]) for lab in labs)
    assert set.union(*(known_to(lab) for lab in labs)) == set(KEYPOINTS[animal])
    owners = {k: sum(k in known_to(lab) for lab in labs) for k in KEYPOINTS[animal]}
    assert sum(count == 1 for count in owners.values()) >= 4


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_lab_uses_each_word_once_for_one_keypoint(lab):
    assert len(set(lab.sources)) == len(lab.sources)
    unified = [name for _, name in lab.words if name]
    assert len(set(unified)) == len(unified)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_labels_are_the_truth_in_the_labs_words(lab):
    names = KEYPOINTS[lab.animal]
    pictures = list(lab_images(lab, 18, SIZE_PX, seed=1))
    assert len(pictures) == 18
    assert len({picture.group for picture in pictures}) == lab.groups >= 4
    for picture in pictures:
        for i, (_, unified) in enumerate(lab.words):
            if unified and np.isfinite(picture.xy_px[i, 0]):
                k = names.index(unified)
                np.testing.assert_array_equal(picture.xy_px[i], picture.frame.xy_px[k])
                assert picture.is_visible[i] == picture.frame.is_visible[k]
    labeled = np.isfinite([picture.xy_px[:, 0] for picture in pictures])
    assert 0.6 < labeled.mean() < 1.0


def test_labs_see_all_headings_of_the_mouse_and_both_directions_of_the_quadruped():
    for lab in LABS:
        names = KEYPOINTS[lab.animal]
        ends = [names.index("nose"), names.index("tail_base")]
        ahead = [
            picture.frame.xy_px[ends[0]] - picture.frame.xy_px[ends[1]]
            for picture in lab_images(lab, 60, (64, 48), seed=2)
        ]
        x, y = np.array(ahead).T
        if lab.animal == "mouse":
            quadrants = np.bincount((x > 0) * 2 + (y > 0), minlength=4)
            assert quadrants.min() >= 6
        else:
            assert 15 <= (x > 0).sum() <= 45


def test_the_same_seed_gives_the_same_lab():
    first, again = (list(lab_images(LABS[0], 6, SIZE_PX, seed=3)) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.frame.image, b.frame.image)
        np.testing.assert_array_equal(a.xy_px, b.xy_px)
