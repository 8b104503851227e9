"""How a training went."""

from dataclasses import dataclass, field

import numpy as np

EARLY_STOPPING, TIME = "early stopping", "time"


@dataclass
class History:
    """Loss and learning rate over the steps of a training (means since the entry before).

    `held_out_px` is the last error of the running mean on held-out animals, where a training holds
    some out (early stopping); None elsewhere. `ended_by` says what ended it before its last step:
    EARLY_STOPPING or TIME, or nothing.
    """

    step: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    held_out_px: list[float | None] = field(default_factory=list)
    ended_by: str = ""

    @property
    def steps(self) -> int:
        """The step of the last entry, which is the last step of a training that has ended."""
        return self.step[-1] if self.step else 0

    def add(
        self, step: int, losses: list[float], learning_rate: float, held_out_px: list[float]
    ) -> None:
        """Note the mean of the losses up to a step, and empty the list; the last held-out error."""
        self.step.append(step)
        self.loss.append(float(np.mean(losses)))
        self.learning_rate.append(learning_rate)
        self.held_out_px.append(held_out_px[-1] if held_out_px else None)
        losses.clear()
