"""Optimisers, and schedules of their learning rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from featfer.cnn.recipe import Step


def make_optimizer(step: Step, weights: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    """Make the optimiser of a step.

    It is fused: the updates of a large network then take less time, above all on a CPU.

    Parameters
    ----------
    step : featfer.cnn.Step
    weights : list of torch.nn.Parameter

    Returns
    -------
    torch.optim.Optimizer

    References
    ----------
    Adam: Kingma and Ba 2015. AdamW: Loshchilov and Hutter 2019.
    """
    if step.optimizer == "sgd":
        return torch.optim.SGD(weights, step.lr, step.momentum, weight_decay=step.weight_decay, fused=True)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[step.optimizer]
    return kind(weights, step.lr, weight_decay=step.weight_decay, fused=True)


def make_schedule(step: Step, optimizer: torch.optim.Optimizer, batches: int) -> Schedule:
    """Make the learning-rate schedule of a step.

    Parameters
    ----------
    step : featfer.cnn.Step
    optimizer : torch.optim.Optimizer
    batches : int
        In an epoch.

    Returns
    -------
    Schedule

    Notes
    -----
    One-cycle: Smith and Topin 2018. Plateau: as ReduceLROnPlateau of Keras.
    """
    rates = torch.optim.lr_scheduler
    if step.schedule == "one-cycle":  # Smith and Topin 2018
        # a cycle of one batch more: the last one of OneCycleLR has a rate of next to nothing; it cannot rise within one batch
        total = step.epochs * batches + 1
        return Schedule(rates.OneCycleLR(optimizer, step.lr, total_steps=total, pct_start=max(0.2, 2 / total)), "batch")
    if step.schedule == "milestones":
        return Schedule(rates.MultiStepLR(optimizer, list(step.milestones), step.factor), "epoch")
    if step.schedule == "plateau":  # torch lowers the rate an epoch after its patience, Keras at the end of it
        patience = max(step.patience - 1, 0)
        return Schedule(rates.ReduceLROnPlateau(optimizer, factor=step.factor, patience=patience), "loss")
    return Schedule(rates.ConstantLR(optimizer, factor=1.0), "epoch")


class Schedule:
    """A scheduler of torch that is updated at the right time.

    Parameters
    ----------
    rates : torch.optim.lr_scheduler.LRScheduler
    by : str
        When to update it: after each "batch", after each "epoch", or after each epoch by the "loss" on val.
    """

    def __init__(self, rates: Any, by: str) -> None:
        self.rates, self.by = rates, by

    def step(self) -> None:
        """Update it after a batch."""
        if self.by == "batch":
            self.rates.step()

    def step_epoch(self, loss: float) -> None:
        """Update it after an epoch.

        Parameters
        ----------
        loss : float
            On val, or on the training images if there is no val.
        """
        if self.by == "epoch":
            self.rates.step()
        elif self.by == "loss":
            self.rates.step(loss)

    def state_dict(self) -> dict[str, Any]:
        """Return its state for a checkpoint."""
        return self.rates.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore its state from a checkpoint.

        Parameters
        ----------
        state : dict
        """
        self.rates.load_state_dict(state)
