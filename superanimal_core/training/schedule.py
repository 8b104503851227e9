"""The learning rate over the steps of a training, and the running mean of the weights."""

import math

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


def learning_rate_factor(step: int, steps: int, warmup_steps: int) -> float:
    """Linear warm-up to 1, then half a cosine to 0 (Loshchilov & Hutter 2017)."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(steps - warmup_steps, 1)
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


class AveragedWeights:
    """Exponential moving average of a network's weights and of its running statistics.

    Statistics belong to the weights that they were taken with, so both are averaged alike; counters
    are taken as they are.

    Early on the average follows faster: its decay is at most (1 + steps) / (10 + steps).
    """

    def __init__(self, network: nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the network's weights after a step."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        current = network.state_dict()
        floats = [name for name, value in current.items() if value.dtype.is_floating_point]
        average = get_ema_multi_avg_fn(decay)
        average([self.state[name] for name in floats], [current[name] for name in floats], 0)
        for name in current.keys() - set(floats):
            self.state[name].copy_(current[name])
