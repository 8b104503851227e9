"""What can be wrong with a user's input, each said in one clear sentence.

Every message names the place (file, row or key path), what was read, what was expected and what
to do.
"""

MOST_TOLD = 50


class SuperAnimalError(Exception):
    """A mistake that a user can mend. Shown without a traceback."""


class ConfigError(SuperAnimalError):
    """Settings or sheets are wrong. Carries all mistakes found, not only the first.

    Its text has the first of them: a disk that is away makes thousands.
    """

    def __init__(self, mistakes: list[str]):
        self.mistakes = list(mistakes)
        more = len(self.mistakes) - MOST_TOLD
        rest = [f"and {more:,} more"] if more > 0 else []
        super().__init__("\n".join([*self.mistakes[:MOST_TOLD], *rest]))


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
