"""Polygons in the cells of a sheet: corners in order around each, which does not cross itself."""

import re
from itertools import combinations

Corner = tuple[float, float]
Corners = tuple[Corner, ...]
Edge = tuple[Corner, Corner]

CORNER = re.compile(r"^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$")
LEAST_CORNERS = 3


def polygon_in(cell: str, where: str, mistakes: list[str]) -> Corners:
    """Corners of a polygon, each once; none for an empty cell. What is wrong is noted.

    The first corner may stand again at the end.
    """
    found = [CORNER.match(word) for word in cell.split()]
    corners = tuple((float(c[1]), float(c[2])) for c in found if c)
    corners = corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners
    if len(found) and (not all(found) or len(set(corners)) < LEAST_CORNERS):
        mistakes.append(
            f"{where} is '{cell}'; expected three corners or more in order around it, in pixels, "
            "as in 10,10 410,10 410,410 10,410"
        )
        return ()
    crossed = _crossed(corners)
    if crossed:
        first, second = (
            f"{edge[0][0]:g},{edge[0][1]:g} to {edge[1][0]:g},{edge[1][1]:g}" for edge in crossed
        )
        mistakes.append(
            f"{where}: the edges {first} and {second} meet; write the corners in order around it"
        )
        return ()
    return corners


def _crossed(corners: Corners) -> tuple[Edge, Edge] | None:
    """Two edges of a polygon that are no neighbors and meet, or neighbors that lie on each other.

    Corners in the order of a letter Z make an hourglass, half of whose inside is outside.
    """
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    for (i, one), (j, other) in combinations(enumerate(edges), 2):
        is_next = j - i == 1 or (i == 0 and j == len(edges) - 1)
        if is_next:
            first, second = (one, other) if j - i == 1 else (other, one)
            ahead = [(b[0] - a[0], b[1] - a[1]) for a, b in (first, second)]
            turns_back = ahead[0][0] * ahead[1][0] + ahead[0][1] * ahead[1][1] < 0
            if _side(*first, second[1]) == 0 and turns_back:
                return one, other
        elif _meet(one, other):
            return one, other
    return None


def _meet(one: Edge, other: Edge) -> bool:
    """Whether two edges have a point in common."""
    sides = [_side(*one, corner) for corner in other], [_side(*other, corner) for corner in one]
    if all(a * b < 0 for a, b in sides):
        return True
    return any(
        side == 0
        and all(min(a, b) <= c <= max(a, b) for a, b, c in zip(*edge, corner, strict=True))
        for edge, corners, found in ((one, other, sides[0]), (other, one, sides[1]))
        for corner, side in zip(corners, found, strict=True)
    )


def _side(start: Corner, stop: Corner, corner: Corner) -> float:
    """Positive on one side of a line, negative on the other, 0 on it."""
    ahead = stop[0] - start[0], stop[1] - start[1]
    return ahead[0] * (corner[1] - start[1]) - ahead[1] * (corner[0] - start[0])
