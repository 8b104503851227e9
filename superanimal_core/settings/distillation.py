"""One network that learns what an ensemble knows."""

from math import ceil
from typing import Annotated

from pydantic import Field

from superanimal_core.settings.section import Count, Fraction, Positive, Section


class DistillationSettings(Section):
    """What the ensemble teaches on which frames, and how its student is trusted.

    `neighbors` are the frames on either side of one that is taught, for the smoother.
    """

    videos: Count
    stretches: Annotated[int, Field(ge=2)]
    neighbors: Count
    lessons: Count
    min_score: Fraction
    max_error: Positive
    taught_share: Annotated[float, Field(gt=0, le=0.9)]  # in at most 10 times the steps
    probe_frames: Count
    max_disagreement: Fraction

    def steps_of_student(self, steps: int) -> int:
        """In which a student sees labels of people as often as its teacher does in `steps`."""
        return ceil(steps / (1 - self.taught_share))
