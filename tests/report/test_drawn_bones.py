"""Skeletons keep together what belongs together when keypoints are missing for good."""

from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.drawn_bones import drawn_bones

NAMES = tuple("abcdefgh")


def joined(space, taught):
    """Drawn bones by name."""
    return {"".join(space.keypoints[k] for k in bone) for bone in drawn_bones(space, taught)}


def space_of(*bones):
    return KeypointSpace("s", NAMES, bones=tuple((a, b) for a, b in bones))


def test_a_bone_goes_across_what_was_not_taught():
    assert joined(space_of("ab", "bc"), "ac") == {"ac"}
    assert joined(space_of("ab", "bc", "cd"), "ad") == {"ad"}
    assert joined(space_of("ab", "bc", "cd"), "abd") == {"ab", "bd"}


def test_nothing_leads_to_an_untaught_end():
    assert joined(space_of("ab", "bc"), "ab") == {"ab"}
    assert joined(space_of("ab"), "") == set()


def test_a_hub_that_was_not_taught_is_replaced_by_a_tree():
    assert joined(space_of("ea", "eb", "ec", "ed"), "abcd") == {"ab", "ac", "ad"}


def test_the_shortest_ways_come_first():
    """a and d hang on the hub e; c is one step farther, behind f."""
    assert joined(space_of("ea", "ed", "ef", "fc"), "acd") == {"ad", "ac"}
    assert joined(space_of("ae", "ed", "df", "fc", "ec"), "acd") == {"ac", "ad", "cd"}


def groups(keypoints, bones):
    """What hangs together, as sets."""
    found = [{k} for k in keypoints]
    for a, b in bones:
        whole = set().union(*(g for g in found if a in g or b in g))
        found = [g for g in found if not g & whole] + [whole]
    return found


PAIRS = [(a, b) for a in NAMES for b in NAMES if a < b]


@given(st.sets(st.sampled_from(PAIRS)), st.sets(st.sampled_from(NAMES)))
def test_what_hangs_together_still_does_and_nothing_else(bones, taught):
    space = KeypointSpace("s", NAMES, bones=tuple(sorted(bones)))
    drawn = [(NAMES[a], NAMES[b]) for a, b in drawn_bones(space, taught)]
    assert len({*drawn}) == len(drawn)
    assert {*drawn} >= {bone for bone in bones if {*bone} <= taught}
    assert all({*bone} <= taught for bone in drawn)
    whole = [group & taught for group in groups(NAMES, bones)]
    assert sorted(map(sorted, filter(None, whole))) == sorted(map(sorted, groups(taught, drawn)))


@given(st.permutations(NAMES), st.lists(st.integers(0, 6), min_size=7, max_size=7), st.data())
def test_a_tree_stays_one(order, parents, data):
    bones = [(order[i + 1], order[min(parents[i], i)]) for i in range(7)]
    taught = data.draw(st.sets(st.sampled_from(NAMES), min_size=1))
    space = KeypointSpace("s", NAMES, bones=tuple(bones))
    assert len(drawn_bones(space, taught)) == len(taught) - 1
