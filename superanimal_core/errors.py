"""What can be wrong with a user's input, each said in one clear sentence.

Every message names the place (file, row or key path), what was read, what was expected and what
to do.
"""

from collections.abc import Sequence

MOST_TOLD = 50


def first_of(names: Sequence[str], most: int) -> str:
    """The first names and how many more there are: 'a, b and 3 more'."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def first_lines(lines: Sequence[str], most: int, before: str = "") -> list[str]:
    """The first lines, and one that says how many more there are, which begins with `before`."""
    more = len(lines) - most
    return [*lines[:most], *([f"{before}and {more:,} more"] if more > 0 else [])]


class SuperAnimalError(Exception):
    """A mistake that a user can mend. Shown without a traceback."""


class ConfigError(SuperAnimalError):
    """Settings or sheets are wrong. Carries all mistakes found, not only the first.

    Its text has the first of them: a disk that is away makes thousands.
    """

    def __init__(self, mistakes: list[str]):
        self.mistakes = list(mistakes)
        super().__init__("\n".join(first_lines(self.mistakes, MOST_TOLD)))


class DatasetError(SuperAnimalError):
    """A labeled data set, or its conversion table, cannot be used as it is."""


class VideoError(SuperAnimalError):
    """One video cannot be processed. It becomes a row of the quality table; the other videos go on.

    `stage` is the rule that found it, `reason` one sentence for the user.
    """

    def __init__(self, stage: str, reason: str):
        self.stage = stage
        self.reason = reason
        super().__init__(f"{stage}: {reason}")


class TrainingError(SuperAnimalError):
    """A network cannot be trained on what it was given."""
