"""Optimisers and schedules of their rates."""

import torch


def make_optimizer(step, weights):
    """Return the optimiser of a recipe's Step over a list of parameters.

    Fused: the steps of a large network take less time then, above all on a CPU.
    """
    if step.optimizer == "sgd":
        return torch.optim.SGD(weights, step.lr, step.momentum, weight_decay=step.weight_decay, fused=True)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[step.optimizer]
    return kind(weights, step.lr, weight_decay=step.weight_decay, fused=True)


def make_schedule(step, optimizer, batches):
    """Return the Schedule of a recipe's Step; batches: of an epoch."""
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
    """A torch schedule that is moved after each "batch", after each "epoch", or by the "loss" on val after each epoch."""

    def __init__(self, rates, by):
        self.rates, self.by = rates, by

    def step(self):
        """Move it after a batch."""
        if self.by == "batch":
            self.rates.step()

    def step_epoch(self, loss):
        """Move it after an epoch; loss: on val, or on the training images where there is no val."""
        if self.by == "epoch":
            self.rates.step()
        elif self.by == "loss":
            self.rates.step(loss)

    def state_dict(self):
        """Return its state, for a checkpoint."""
        return self.rates.state_dict()

    def load_state_dict(self, state):
        """Set its state from a checkpoint."""
        self.rates.load_state_dict(state)
