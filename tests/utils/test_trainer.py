"""The training loop of all networks: epochs, seeds, averages, checkpoints, curves."""

import pytest
import torch
from helpers.trainers import (
    ROWS,
    LineTrainer,
    Writer,
    assert_same,
    train_to_the_end,
)
from torch import nn

from featfer.utils.trainer import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_history_has_an_entry_an_epoch_and_the_error_falls():
    trainer = train_to_the_end()
    assert [list(epoch) for epoch in trainer.history] == [["epoch", "loss", "rows", "seconds", "val", "none"]] * 4
    assert [epoch["epoch"] for epoch in trainer.history] == [1, 2, 3, 4]
    assert trainer.history[-1]["val"] < trainer.history[0]["val"]
    assert trainer.is_finished()


def test_every_epoch_has_every_row_once_in_another_order():
    trainer = train_to_the_end()
    epochs = [[*one, *two, *three] for one, two, three in zip(*[iter(trainer.seen)] * 3, strict=True)]
    assert [len(rows) for rows in trainer.seen] == 4 * [4, 4, 2]
    assert all(sorted(rows) == list(range(ROWS)) for rows in epochs)
    assert len(set(map(tuple, epochs))) == 4


def test_means_are_over_rows_not_over_batches():
    trainer = train_to_the_end()
    assert trainer.history[0]["rows"] == 1.0  # 4 + 4 + 2 of 10; over three batches it would be 3.3
    assert trainer.compute_means({"loss": torch.tensor(3.0)}, [range(4), range(2)]) == {"loss": 0.5}


def test_a_seed_gives_the_same_result_whatever_random_numbers_came_before():
    one = train_to_the_end()
    other = LineTrainer()
    torch.rand(7)
    other.train()
    assert_same(one, other)
    assert train_to_the_end(seed=2).history[-1]["val"] != one.history[-1]["val"]


def test_the_schedule_moves_with_every_batch():
    trainer, rates = LineTrainer(), []
    load = trainer.load
    trainer.load = lambda rows: rates.append(trainer.optimizer.param_groups[0]["lr"]) or load(rows)
    trainer.train()
    cycle = torch.optim.lr_scheduler.OneCycleLR(torch.optim.AdamW(nn.Linear(1, 1).parameters(), 0.1), 0.1, total_steps=13)
    expected = []
    for _ in range(12):
        expected.append(cycle.get_last_lr()[0])
        cycle.optimizer.step()
        cycle.step()
    assert rates == pytest.approx(expected)


class PulledTrainer(Trainer):
    """Two weights with a gradient of (3, 4)."""

    def __init__(self, clip):
        super().__init__(nn.Linear(2, 1, bias=False))
        self.clip = clip
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=1.0)
        self.schedule = torch.optim.lr_scheduler.ConstantLR(self.optimizer, factor=1.0)

    def load(self, rows):
        return (torch.tensor([[3.0, 4.0]]),)

    def loss(self, x):
        return self.net(x).sum(), {}


@pytest.mark.parametrize(("clip", "length"), [(None, 5.0), (0.5, 0.5), (9.0, 5.0)])
def test_the_norm_of_the_gradient_is_clipped(clip, length):
    trainer = PulledTrainer(clip)
    before = trainer.net.weight.detach().clone()
    trainer.train()
    assert float((trainer.net.weight.detach() - before).norm()) == pytest.approx(length, rel=1e-4)


def test_gradients_do_not_add_up():
    trainer = Trainer(nn.Linear(1, 1, bias=False))
    optimizer, before = torch.optim.SGD(trainer.net.parameters(), lr=1.0), float(trainer.net.weight.detach())
    for _ in range(3):
        trainer.descend(trainer.net.weight.sum(), optimizer)
    assert float(trainer.net.weight.detach()) == pytest.approx(before - 3)


@pytest.mark.parametrize(("precision", "expected"), [("float32", [False, False]), ("bf16", [False, True])])
def test_only_the_loss_is_computed_in_mixed_precision(precision, expected):
    trainer, seen = LineTrainer(precision=precision), []
    load, loss = trainer.load, trainer.loss
    trainer.load = lambda rows: (seen.append(torch.is_autocast_enabled("cpu")), load(rows))[1]
    trainer.loss = lambda x, y: (seen.append(torch.is_autocast_enabled("cpu")), loss(x, y))[1]
    trainer.train_epoch()
    assert seen == 3 * expected


def test_the_network_is_trained_in_training_mode_and_its_average_is_never():
    trainer, modes = LineTrainer(), []
    load = trainer.load
    trainer.load = lambda rows: modes.append((trainer.net.training, trainer.averaged_net().training)) or load(rows)
    trainer.train()  # `validate` sets the network to evaluation
    assert set(modes) == {(True, False)}


def test_a_subclass_may_take_its_own_steps():
    class Rivals(LineTrainer):
        """Two networks, each with an optimiser."""

        def train_batch(self, rows):
            self.descend(self.rival.weight.sum(), self.second)
            return {"twice": 2.0 * len(rows)}

    trainer = Rivals(average=False)
    trainer.rival = nn.Linear(1, 1)
    trainer.second = torch.optim.SGD(trainer.rival.parameters(), lr=0.1)
    before = float(trainer.rival.weight.detach())
    trainer.train_epoch()
    assert trainer.history[0]["twice"] == 2.0
    assert float(trainer.rival.weight.detach()) == pytest.approx(before - 0.3)


def test_the_history_becomes_curves():
    writer = Writer()
    trainer = LineTrainer()
    trainer.train(log=writer)
    assert {name for name, *_ in writer.written} == {"loss", "rows", "val"}  # what is None is left out
    assert [of[1:] for of in writer.written if of[0] == "val"] == [(epoch["val"], epoch["epoch"]) for epoch in trainer.history]


def test_the_bar_shows_the_epoch_and_the_figures(monkeypatch):
    shown = []

    class Bar(list):
        disable = False

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def set_postfix(self, figures, **_):
            shown.append(set(figures))
    monkeypatch.setattr("featfer.utils.trainer.bar", lambda batches, **said: shown.append(said["desc"]) or Bar(batches))
    train_to_the_end()
    assert shown[:2] == ["epoch 1 of 4", {"loss", "rows"}]
    assert shown[-2] == "epoch 4 of 4"


def test_the_order_of_an_epoch_follows_from_the_seed_and_its_number():
    """Cards say the seed: whoever trains again gets the rows in the same order."""
    trainer = LineTrainer(seed=7)
    trainer.epochs = 2
    trainer.train()
    for epoch in (1, 2):
        torch.manual_seed(7 + 1000 * epoch)
        order = [batch.tolist() for batch in torch.randperm(ROWS).split(4)]
        assert trainer.seen[3 * (epoch - 1):3 * epoch] == order
