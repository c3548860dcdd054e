"""A training that takes no time: a line through ten points, stopped and resumed at will."""

import pytest
import torch
from torch import nn

from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

ROWS = 10
POINTS = torch.linspace(-1, 1, ROWS)[:, None]
RUN = {"name": "it"}


class Stop(Exception):
    """Raised by a test to stop a training."""


class LineTrainer(Trainer):
    """Learns 2 x + 1 from ten points in batches of four, with noise, dropout and batch normalisation."""

    def __init__(self, seed=1, precision="float32", average=True, **options):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.Linear(8, 1))
        super().__init__(net, seed, precision=precision)
        self.epochs, self.rows, self.batch_size = 4, ROWS, 4
        self.average = MovingAverage(self.net, 0.8, **options) if average else None
        self.optimizer = torch.optim.AdamW(self.net.parameters(), 0.1)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, 0.1, total_steps=13)
        self.seen = []

    def load(self, rows):
        self.seen.append(rows.tolist())
        x = POINTS[rows]
        return x + 0.01 * torch.randn_like(x), 2 * x + 1

    def loss(self, x, y):
        loss = nn.functional.mse_loss(self.net(x).float(), y)
        return loss, {"loss": loss.detach() * len(x), "rows": len(x)}

    def validate(self):
        self.net.eval()
        with torch.inference_mode():
            error = float((self.averaged_net()(POINTS) - 2 * POINTS - 1).square().mean())
        return {"val": round(error, 6), "none": None}


class Writer:
    """A SummaryWriter that keeps what it gets."""

    def __init__(self):
        self.written = []

    def add_scalar(self, *of):
        self.written.append(of)


def train_and_stop(checkpoint, after, **options):
    """Train a LineTrainer, and stop it when the checkpoint of an epoch is written."""
    trainer = LineTrainer(**options)

    class StoppingWriter(Writer):
        def add_scalar(self, name, value, epoch):
            if epoch == after:
                raise Stop
    with pytest.raises(Stop):
        trainer.train(checkpoint, RUN, StoppingWriter())
    return trainer


def train_to_the_end(checkpoint=None, **options):
    trainer = LineTrainer(**options)
    trainer.train(checkpoint, RUN)
    return trainer


def without_seconds(history):
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in history]


def assert_same(one, other):
    """Assert that two trainings have the same history and weights, bit for bit."""
    assert without_seconds(one.history) == without_seconds(other.history)
    for name in ("net", "average"):
        if getattr(one, name) is not None:
            states = [getattr(trainer, name).state_dict() for trainer in (one, other)]
            assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
