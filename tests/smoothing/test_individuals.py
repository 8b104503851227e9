"""The same animal under the same name in every member."""

from dataclasses import replace

import numpy as np
from test_eks import ensemble

from superanimal_core.smoothing.individuals import match_individuals


def apart(members):
    return [replace(m, xy_px=m.xy_px + np.array([0.0, 500.0])[:, None, None]) for m in members]


def test_animals_that_change_places_halfway_are_followed():
    _, members = ensemble()
    members = apart(members)
    xy, score = members[2].xy_px.copy(), members[2].score.copy()
    xy[90:], score[90:] = xy[90:, ::-1], score[90:, ::-1]
    found = match_individuals([*members[:2], replace(members[2], xy_px=xy, score=score)])
    for before, after in zip(members[:3], found, strict=True):
        np.testing.assert_array_equal(after.xy_px, before.xy_px)
        np.testing.assert_array_equal(after.score, before.score)


def test_absent_animals_leave_the_others_where_they_are():
    _, members = ensemble()
    members = apart(members)
    xy = members[1].xy_px[:, ::-1].copy()
    xy[50:60] = np.nan
    xy[20:30, 1] = np.nan  # one animal, under the other's name
    found = match_individuals([members[0], replace(members[1], xy_px=xy)])[1]
    np.testing.assert_array_equal(found.xy_px[20:30, 1], members[1].xy_px[20:30, 1])
    assert np.isnan(found.xy_px[20:30, 0]).all()
    assert np.isnan(found.xy_px[50:60]).all()
    np.testing.assert_array_equal(found.xy_px[60:], members[1].xy_px[60:])


def test_one_animal_is_left_alone():
    _, members = ensemble(individuals=1)
    for before, after in zip(members, match_individuals(members), strict=True):
        assert after is before
