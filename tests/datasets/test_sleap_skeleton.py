"""The edges of SLEAP's skeletons out of jsonpickle's words, whichever type is written out first."""

import pytest

from superanimal_core.datasets.sleap_skeleton import body_edges

NODES = [{"name": name} for name in ("tail ", "head", "ear_l", "ear_r")]
EDGES = [(1, 0, 1), (1, 2, 1), (2, 3, 2), (1, 3, 1), (3, 2, 2)]  # source, target, type


def links(edges):
    """Links as jsonpickle writes them: a type whole where it is first, then by its place."""
    seen = []
    for source, target, kind in edges:
        if kind in seen:
            written = {"py/id": seen.index(kind) + 1}
        else:
            seen.append(kind)
            written = {"py/reduce": [{"py/type": "sleap.EdgeType"}, {"py/tuple": [kind]}]}
        yield {"source": source, "target": target, "type": written}


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize("edges", [EDGES, EDGES[::-1]])
def test_edges_of_the_body_are_found_and_symmetries_are_none(edges, is_wrapped):
    graph = {"links": [*links(edges)]}
    skeleton = {"nx_graph": graph} if is_wrapped else graph
    found = body_edges({"nodes": NODES, "skeletons": [skeleton, skeleton]})
    assert set(found) == {("head", "tail"), ("head", "ear_l"), ("head", "ear_r")}
    assert len(found) == 3


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"source": 0, "target": 1},
        {"source": 0, "target": 9, "type": {"py/reduce": [{}, {"py/tuple": [1]}]}},
        {"source": -1, "target": 1, "type": {"py/reduce": [{}, {"py/tuple": [1]}]}},
        {"source": 0, "target": 1, "type": {"py/id": 1}},
        "text",
    ],
)
def test_what_is_no_edge_of_two_nodes_is_left_out(link):
    assert body_edges({"nodes": NODES, "skeletons": [{"links": [link]}]}) == ()
    assert body_edges({"nodes": NODES, "skeletons": [{"links": None}, {}]}) == ()
