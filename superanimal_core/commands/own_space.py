"""A keypoint space of a project's own body parts: sides by their names, bones as it has them."""

import re
from collections.abc import Iterator, Sequence

import yaml

from superanimal_core.pose.keypoints import KeypointSpace

OWN = "own"  # the species of whoever wants the body parts of a project or of files as they are
OTHER_SIDE = {"left": "right", "right": "left", "l": "r", "r": "l"}
SIDES = (  # where in a name its side stands
    re.compile(r"left|right", re.IGNORECASE),
    re.compile(r"(?<![A-Za-z])[lLrR](?![a-z])"),  # ear_l, L1, lPaw
    re.compile(r"(?<=[a-z0-9])[LR](?![a-z])"),  # pawL
    re.compile(r"(?<![A-Za-z])[LR](?=[a-z])"),  # Lpaw
)


def own_space(
    name: str, body_parts: Sequence[str], skeleton: Sequence[tuple[str, str]]
) -> KeypointSpace:
    """The space of that name. Bones between what are no body parts are left out."""
    bones = dict.fromkeys(bone for bone in skeleton if set(bone) <= {*body_parts})
    return KeypointSpace(name, tuple(body_parts), mirror_pairs_of(body_parts), tuple(bones))


def mirror_pairs_of(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pairs (left, right) of names that differ in nothing but their side, in the names' order."""
    free, pairs = dict.fromkeys(names), []
    for name in names:
        found = (pair for pair in _pairs_with(name) if {*pair} <= free.keys())
        if name in free and (pair := next(found, None)):
            pairs.append(pair)
            for each in pair:
                del free[each]
    return tuple(pairs)


def _pairs_with(name: str) -> Iterator[tuple[str, str]]:
    """What may be the pair (left, right) of a name."""
    for pattern in SIDES:
        for found in pattern.finditer(name):
            side = found[0]
            word = OTHER_SIDE[side.lower()]
            word = word.upper() if side.isupper() else word.title() if side.istitle() else word
            other = name[: found.start()] + word + name[found.end() :]
            yield (name, other) if side[0] in "lL" else (other, name)


def space_text(space: KeypointSpace) -> str:
    """The file of a space, as a person would write it."""
    lines = ["# The body parts as they are called there. Pairs of left and right by their names."]
    lines += [_line("name", space.name), _line("keypoints", list(space.keypoints))]
    for key, pairs in (("mirror_pairs", space.mirror_pairs), ("bones", space.bones)):
        lines += [f"{key}:"] if pairs else []
        lines += [f"  - {_flow(list(pair))}" for pair in pairs]
    lines += [_line("oks_sigmas", list(space.oks_sigmas))] if space.oks_sigmas else []
    return "\n".join(lines) + "\n"


def _line(key: str, value: object) -> str:
    return f"{key}: {_flow(value)}"


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...")
