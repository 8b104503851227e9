"""How a training went."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class History:
    """Loss and learning rate over the steps of a training (means since the entry before)."""

    step: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)

    def add(self, step: int, losses: list[float], learning_rate: float) -> None:
        """Note the mean of the losses up to a step, and empty the list."""
        self.step.append(step)
        self.loss.append(float(np.mean(losses)))
        self.learning_rate.append(learning_rate)
        losses.clear()
