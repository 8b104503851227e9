"""Long lists are cut where they are told to be, and say by how much."""

import pytest

from superanimal_core.errors import ConfigError, first_lines, first_of


@pytest.mark.parametrize(
    ("count", "told"), [(0, ""), (1, "n0"), (3, "n0, n1, n2"), (4, "n0, n1, n2 and 1 more")]
)
def test_the_first_names_and_how_many_more(count, told):
    assert first_of([f"n{i}" for i in range(count)], 3) == told


def test_thousands_are_legible():
    assert first_of(["n"] * 2003, 3) == "n, n, n and 2,000 more"


@pytest.mark.parametrize(("count", "more"), [(2, []), (3, []), (4, ["  and 1 more"])])
def test_the_first_lines_and_how_many_more(count, more):
    lines = [f"  line {i}" for i in range(count)]
    assert first_lines(lines, 3, "  ") == lines[:3] + more


def test_all_mistakes_are_kept_and_the_first_are_told():
    wrong = ConfigError([f"row {i}" for i in range(51)])
    assert len(wrong.mistakes) == 51
    assert str(wrong).splitlines()[-2:] == ["row 49", "and 1 more"]
