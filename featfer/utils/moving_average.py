"""A moving average of the weights of a network in training."""

from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel


class MovingAverage(AveragedModel):
    """A copy of a network whose weights are an exponential moving average of those in training.

    Parameters
    ----------
    net : torch.nn.Module
        The network in training.
    decay : float
        The weight of the old average at each update, from 0 to 1.
    from_start : bool
        Whether the initial weights count; if not, the average starts with the weights of the first update.
    warms_up : bool
        Whether the decay is smaller in the first updates, so that the initial weights are soon forgotten.
    use_buffers : bool
        Whether buffers, such as running means, are averaged too; if not, they are copied.
    """

    def __init__(self, net: torch.nn.Module, decay: float, from_start: bool = False, warms_up: bool = False,
                 use_buffers: bool = False) -> None:
        super().__init__(net, multi_avg_fn=self._move, use_buffers=use_buffers)
        self.requires_grad_(False).eval()
        self.decay, self.warms_up = decay, warms_up
        self.n_averaged += from_start

    @torch.no_grad()
    def _move(self, averaged: Any, current: Any, _: object) -> None:
        decay = self.decay
        if self.warms_up:
            count = int(self.n_averaged)
            decay = min(decay, count / (9 + count))
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - decay)
        else:  # counters
            torch._foreach_copy_(averaged, current)
