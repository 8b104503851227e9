"""Which limb is whose partner: the other one of its girdle, the one of its side, the diagonal one.

Limbs are told by their names: left and right, front or fore, back, hind or rear, in any case, or by
letters that stand for them: `paw_l`, `pawL`, `LF`, `paw1RH`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SIDES = ("left", "right")
GIRDLES = {"front": "front", "fore": "front", "back": "hind", "hind": "hind", "rear": "hind"}

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of paw1LH_bot: paw, LH, bot
LETTERS = re.compile(r"(?P<side>[LR])(?P<girdle>[FHB]?)|(?P<first>[FHB])(?P<second>[LR])")
OF_LETTER = {"L": "left", "R": "right", "F": "front", "H": "hind", "B": "hind"}


@dataclass(frozen=True)
class Partners:
    """Places among the limbs of one limb's partners; None where there is none."""

    homologous: int | None
    homolateral: int | None
    diagonal: int | None


def girdle_of(limb: str) -> str:
    """`front` or `hind`; empty where the name does not say."""
    name = limb.lower()
    by_word = next((girdle for word, girdle in GIRDLES.items() if word in name), "")
    return by_word or _by_letters(limb, "girdle", "first")


def side_of(limb: str) -> str:
    """`left` or `right`; empty where the name does not say."""
    by_word = next((side for side in SIDES if side in limb.lower()), "")
    return by_word or _by_letters(limb, "side", "second")


def _by_letters(limb: str, *names: str) -> str:
    """What the first word of one or two letters that stand for a place says; empty: nothing."""
    for word in WORDS.findall(limb):
        if found := LETTERS.fullmatch(word.upper()):
            return OF_LETTER.get("".join(found[name] or "" for name in names), "")
    return ""


def partners_of(limbs: Sequence[str]) -> list[Partners]:
    """Partners of each limb: the first one whose side and girdle are those."""
    kinds = [(side_of(limb), girdle_of(limb)) for limb in limbs]

    def partner(limb: int, other_side: bool, other_girdle: bool) -> int | None:
        side, girdle = kinds[limb]
        found = (
            place
            for place, (its_side, its_girdle) in enumerate(kinds)
            if side
            and its_side
            and place != limb
            and (its_side != side) == other_side
            and (its_girdle != girdle) == other_girdle
            and (not other_girdle or (girdle and its_girdle))
        )
        return next(found, None)

    return [
        Partners(partner(k, True, False), partner(k, False, True), partner(k, True, True))
        for k in range(len(limbs))
    ]
