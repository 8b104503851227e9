"""Which lines make a skeleton when networks were not taught all of its keypoints."""

from collections.abc import Collection

from superanimal_core.pose.keypoints import KeypointSpace


def drawn_bones(space: KeypointSpace, taught: Collection[str]) -> list[tuple[int, int]]:
    """Pairs of taught keypoints to be joined, as positions in the space.

    The bones between taught keypoints, and across keypoints that were not taught: of a bone A-B-C
    without B the line A-C. Where more than two bones meet in what was not taught, the shortest ways
    come first and none closes a circle, so that what hangs together in the space hangs together
    here, and nothing else does.
    """
    is_taught = [name in taught for name in space.keypoints]
    bones = [(space.index(a), space.index(b)) for a, b in space.bones]
    drawn = [bone for bone in bones if all(is_taught[end] for end in bone)]
    neighbors: dict[int, list[int]] = {k: [] for k in range(len(space))}
    for a, b in bones:
        neighbors[a].append(b)
        neighbors[b].append(a)
    for gap in _gaps(neighbors, is_taught):
        drawn += _bridges(gap, neighbors, is_taught)
    return list(dict.fromkeys((min(bone), max(bone)) for bone in drawn))


def _gaps(neighbors: dict[int, list[int]], is_taught: list[bool]) -> list[set[int]]:
    """Groups of untaught keypoints that bones join with each other."""
    gaps: list[set[int]] = []
    for start in neighbors:
        if is_taught[start] or any(start in gap for gap in gaps):
            continue
        gap, found = {start}, [start]
        while found:
            near = [n for n in neighbors[found.pop()] if not is_taught[n] and n not in gap]
            gap.update(near)
            found += near
        gaps.append(gap)
    return gaps


def _bridges(
    gap: set[int], neighbors: dict[int, list[int]], is_taught: list[bool]
) -> list[tuple[int, int]]:
    """Lines that join the taught keypoints around a gap, the shortest first (Kruskal)."""
    around = sorted({n for k in gap for n in neighbors[k] if is_taught[n]})
    ways = []
    for first in around:
        steps = _steps_through(gap, neighbors, first)
        ways += [(steps[second], first, second) for second in around if first < second]
    group = {k: k for k in around}
    bridges = []
    for _, first, second in sorted(ways):
        mine, other = group[first], group[second]
        if mine != other:
            bridges.append((first, second))
            group = {k: mine if g == other else g for k, g in group.items()}
    return bridges


def _steps_through(gap: set[int], neighbors: dict[int, list[int]], start: int) -> dict[int, int]:
    """How many bones it is through a gap from a keypoint beside it to each other one there."""
    steps, edge = {start: 0}, [start]
    while edge:
        here = edge.pop(0)
        near = [n for n in neighbors[here] if n in gap or here in gap]
        for found in near:
            if found not in steps:
                steps[found] = steps[here] + 1
                edge += [found] if found in gap else []
    return steps
