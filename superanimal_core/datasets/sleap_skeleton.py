"""The edges of SLEAP's skeletons, as its files have them in the words of jsonpickle.

A link has the numbers of two nodes and a type: 1 is an edge of the body, 2 joins left and right.
Where a type comes first in a skeleton it is written out (`py/reduce`); later links refer to it by
its place among those that came before (`py/id`, from 1).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BODY = 1


def body_edges(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The edges of the body, by the names of their nodes, of all skeletons in a file's metadata.

    What is no edge of two known nodes is left out: nothing but lines in pictures rests on it.
    """
    names = [str(node["name"]).strip() for node in document["nodes"]]
    graphs = (skeleton.get("nx_graph", skeleton) for skeleton in document["skeletons"])
    edges = (edge for graph in graphs for edge in _edges(graph.get("links") or [], names))
    return tuple(dict.fromkeys(edges))


def _edges(links: Sequence[Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    written: list[Any] = []
    for link in links:
        try:
            kind = link["type"]
            if "py/reduce" in kind:
                written.append(kind["py/reduce"][1]["py/tuple"][0])
                is_body = written[-1] == BODY
            else:
                is_body = written[kind["py/id"] - 1] == BODY
            source, target = int(link["source"]), int(link["target"])
            ends = (names[source], names[target])
        except (LookupError, TypeError, ValueError):
            continue
        if is_body and source >= 0 and target >= 0:
            yield ends
