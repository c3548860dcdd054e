"""Optimisers and schedules of recipes."""

import pytest
import torch

from featfer.cnn.recipe import Step, load_recipe
from featfer.cnn.schedules import make_optimizer, make_schedule


def weights():
    return [torch.nn.Parameter(torch.ones(2))]


def batch_rates(step, batches, losses=None):
    """Return the rate of each batch, and of what would be the next."""
    optimizer = make_optimizer(step, weights())
    schedule, seen = make_schedule(step, optimizer, batches), []
    for epoch in range(step.epochs):
        for _ in range(batches):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        schedule.step_epoch(losses[epoch] if losses else 1.0)
    return [*seen, optimizer.param_groups[0]["lr"]]


def rates(step, batches=4, losses=None):
    """Return the rate of the first batch of each epoch, and of what would be the next."""
    return batch_rates(step, batches, losses)[::batches]


def test_milestones():
    assert rates(Step(epochs=6, lr=1.0, schedule="milestones", milestones=(2, 5))) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01])


def test_constant():
    assert rates(Step(epochs=3, lr=0.5, schedule="constant")) == [0.5] * 4


def test_plateau_waits_for_its_patience():
    step = Step(epochs=6, lr=1.0, schedule="plateau", patience=2, factor=0.5)
    assert rates(step, losses=[3, 2, 2, 2, 2, 1]) == [1, 1, 1, 1, 0.5, 0.5, 0.5]


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


FOUR_STEPS = [  # optimizer, and (epochs, rate) of each part of a step
    (torch.optim.Adam, [(20, 1e-3), (20, 1e-4), (20, 1e-5), (10, 1e-6)]),
    (torch.optim.Adam, [(20, 1e-3), (20, 1e-4), (20, 1e-5), (10, 1e-6)]),
    (torch.optim.SGD, [(40, 1e-2), (20, 1e-3)]),
    (torch.optim.SGD, [(40, 1e-3), (20, 1e-4)]),
]


def test_four_steps_has_four():
    assert len(load_recipe("four-steps").steps) == len(FOUR_STEPS)


@pytest.mark.parametrize("number", range(4))
def test_the_rates_of_four_steps_fall_at_its_milestones(number):
    step, (kind, parts) = load_recipe("four-steps").steps[number], FOUR_STEPS[number]
    assert type(make_optimizer(step, weights())) is kind
    assert batch_rates(step, 2)[:-1] == pytest.approx([rate for epochs, rate in parts for _ in range(2 * epochs)], rel=1e-6)


def test_the_rate_of_adversarial_stays_while_val_gets_better():
    step, = load_recipe("adversarial").steps
    assert rates(step, 2, losses=[2 - 0.05 * epoch for epoch in range(32)]) == [1e-3] * 33


def test_the_rate_of_adversarial_falls_after_ten_epochs_without_a_better_loss_on_val():
    step, = load_recipe("adversarial").steps
    seen = rates(step, 2, losses=[2.0, 1.0] + [1.5] * 30)  # the second epoch is the best
    assert seen == pytest.approx([1e-3] * 12 + [1e-4] * 10 + [1e-5] * 10 + [1e-6])


@pytest.mark.parametrize(("name", "epochs"), [("one-cycle", 30), ("short", 12)])
def test_the_cycle_rises_for_a_fifth_of_the_batches_and_falls_for_the_others(name, epochs):
    step, = load_recipe(name).steps
    seen, peak = batch_rates(step, 20), 4 * epochs  # 20 batches an epoch
    assert len(seen) == 20 * epochs + 1
    assert seen[0] == pytest.approx(2e-3 / 25)
    assert abs(seen.index(max(seen)) - peak) <= 1 and max(seen) == pytest.approx(2e-3, rel=1e-3)
    assert seen[:peak] == sorted(seen[:peak]) and seen[peak:] == sorted(seen[peak:], reverse=True)
    assert 2e-3 / 25e4 < seen[-2] < 2e-6 and seen[-1] == pytest.approx(2e-3 / 25e4)


@pytest.mark.parametrize("batches", range(1, 12))
def test_a_cycle_of_a_few_batches_rises_to_its_rate_and_falls(batches):
    seen = batch_rates(Step(epochs=1, lr=0.5), batches)
    assert len(seen) == batches + 1
    assert max(seen) == pytest.approx(0.5, rel=0.1) and seen[0] == pytest.approx(0.5 / 25)
