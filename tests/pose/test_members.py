"""What several networks say together, against loops."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.pose.members import middle_of_members


@given(st.integers(0, 2**16), st.integers(1, 5))
def test_only_members_with_a_position_have_a_say(seed, members):
    random = np.random.default_rng(seed)
    xy, score = random.normal(size=(members, 4, 3, 2)), random.random((members, 4, 3))
    xy[random.random(xy.shape) < 0.25] = np.nan  # one coordinate alone is no position
    middle, mean = middle_of_members(xy, score)
    for place in np.ndindex(4, 3):
        who = [m for m in range(members) if np.isfinite(xy[(m, *place)]).all()]
        if who:
            np.testing.assert_allclose(middle[place], np.median(xy[(who, *place)], axis=0))
            np.testing.assert_allclose(mean[place], np.mean(score[(who, *place)]))
        else:
            assert np.isnan(middle[place]).all()
            assert mean[place] == 0
