"""Optimisers and rates, as recipes say."""

import pytest
import torch

from featfer.cnn.recipe import Step
from featfer.cnn.schedules import make_optimizer, make_schedule


def weights():
    return [torch.nn.Parameter(torch.ones(2))]


def rates(step, batches=4, losses=None):
    """Return the rate of the first batch of each epoch, and of what would be the next."""
    optimizer = make_optimizer(step, weights())
    schedule, seen = make_schedule(step, optimizer, batches), []
    for epoch in range(step.epochs):
        seen.append(optimizer.param_groups[0]["lr"])
        for _ in range(batches):
            optimizer.step()
            schedule.batch()
        schedule.epoch(losses[epoch] if losses else 1.0)
    return [*seen, optimizer.param_groups[0]["lr"]]


def test_milestones():
    assert rates(Step(epochs=6, lr=1.0, schedule="milestones", milestones=(2, 5))) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01])


def test_constant():
    assert rates(Step(epochs=3, lr=0.5, schedule="constant")) == [0.5] * 4


def test_plateau_waits_as_long_as_it_is_patient():
    step = Step(epochs=6, lr=1.0, schedule="plateau", patience=2, factor=0.5)
    assert rates(step, losses=[3, 2, 2, 2, 2, 1]) == [1, 1, 1, 1, 1, 0.5, 0.5]


def test_one_cycle_rises_to_its_rate_and_falls_to_next_to_nothing():
    seen = rates(Step(epochs=10, lr=1.0, schedule="one-cycle"), batches=10)
    assert seen[0] == pytest.approx(1 / 25)
    assert max(seen) == pytest.approx(1.0, abs=0.01)
    assert seen.index(max(seen)) == 2
    assert seen[-1] < 1e-4


@pytest.mark.parametrize(("step", "kind", "values"), [
    (Step(optimizer="sgd", lr=0.1, momentum=0.8, weight_decay=0.02), torch.optim.SGD,
     {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.02}),
    (Step(optimizer="adam", lr=0.2), torch.optim.Adam, {"lr": 0.2, "weight_decay": 0.0}),
    (Step(optimizer="adamw", lr=0.3, weight_decay=0.5), torch.optim.AdamW, {"lr": 0.3, "weight_decay": 0.5}),
])
def test_optimizers(step, kind, values):
    optimizer = make_optimizer(step, weights())
    assert type(optimizer) is kind
    assert {key: optimizer.param_groups[0][key] for key in values} == values
