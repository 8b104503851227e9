import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean


def space_of(pairs, alone):
    names = [f"{side}_{i}" for i in range(pairs) for side in ("left", "right")]
    names += [f"middle_{i}" for i in range(alone)]
    mirror = tuple((f"left_{i}", f"right_{i}") for i in range(pairs))
    return KeypointSpace("s", tuple(sorted(names)), mirror_pairs=mirror)


@given(st.integers(0, 5), st.integers(0, 5))
def test_mirroring_twice_changes_nothing(pairs, alone):
    space = space_of(pairs, alone)
    mirror = space.mirror_permutation()
    np.testing.assert_array_equal(mirror[mirror], np.arange(len(space)))
    for i, keypoint in enumerate(space.keypoints):
        swapped = keypoint.replace("left", "?").replace("right", "left").replace("?", "right")
        assert space.keypoints[mirror[i]] == swapped


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"keypoints": ("a", "b", "a")}, "stand more than once"),
        ({"mirror_pairs": (("nose", "tale"),)}, "no keypoint 'tale'; did you mean 'tail'"),
        ({"bones": (("nose", "x"),)}, "has no keypoint 'x'"),
        ({"mirror_pairs": (("nose", "tail"), ("tail", "ear"))}, "in two mirror pairs"),
        ({"oks_sigmas": (0.1,)}, "1 oks_sigmas for 3 keypoints"),
    ],
)
def test_a_space_that_contradicts_itself_is_refused(parts, told):
    with pytest.raises(DatasetError, match=told):
        KeypointSpace(**({"name": "s", "keypoints": ("nose", "tail", "ear")} | parts))


def test_the_nearest_word_is_proposed_or_all_are_named():
    assert did_you_mean("steps_", ["steps", "batch"]) == "; did you mean 'steps'?"
    assert did_you_mean("zzz", ["steps", "batch"]) == "; known are steps, batch"
    assert did_you_mean("zzz", []) == ""
