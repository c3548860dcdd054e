"""The training loop of all networks: epochs, seeds, averages, checkpoints, curves."""

import pytest
import torch
from torch import nn

from featfer.errors import DataError, ParameterError, TransientError
from featfer.utils.moving_average import MovingAverage
from featfer.utils.trainer import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")

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


@pytest.mark.parametrize("options", [{}, {"precision": "bf16"}, {"average": False}, {"warms_up": True, "from_start": True},
                                     {"use_buffers": True}])
@pytest.mark.parametrize("after", [(1,), (2, 3), (4,)])
def test_a_resumed_training_ends_like_an_uninterrupted_one(tmp_path, options, after):
    checkpoint = tmp_path / "it.checkpoint"
    for epoch in after:
        begun = train_and_stop(checkpoint, epoch, **options)
        assert len(begun.history) == epoch
    again = train_to_the_end(checkpoint, **options)
    assert len(again.seen) == 3 * (4 - after[-1])
    assert_same(again, train_to_the_end(**options))


def test_the_checkpoint_is_written_after_validation(tmp_path):
    checkpoint = tmp_path / "it.checkpoint"
    begun = train_and_stop(checkpoint, 1)
    again = LineTrainer()
    again.resume(checkpoint, RUN)
    assert again.history == begun.history
    assert "val" in again.history[0]


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train_to_the_end()
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train_and_stop(tmp_path / "it.checkpoint", 1)
    with pytest.raises(ParameterError, match=r"it\.checkpoint: from a run with other data, another network or recipe"):
        LineTrainer().train(tmp_path / "it.checkpoint", {"name": "another"})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no checkpoint"])
def test_a_damaged_checkpoint_is_named(tmp_path, content):
    (tmp_path / "b.checkpoint").write_bytes(content)
    with pytest.raises(DataError, match=r"b\.checkpoint: not a checkpoint \(.*\); remove it, and the training begins anew"):
        train_to_the_end(tmp_path / "b.checkpoint")


@pytest.mark.parametrize(("name", "state"), [
    ("net", {}), ("average", nn.Linear(1, 1).state_dict()), ("optimizer", {"state": {}, "param_groups": []}), ("schedule", 3)])
def test_a_checkpoint_with_the_state_of_something_else_is_refused(tmp_path, name, state):
    checkpoint = tmp_path / "b.checkpoint"
    train_and_stop(checkpoint, 1)
    torch.save({**torch.load(checkpoint, weights_only=True), name: state}, checkpoint)
    with pytest.raises(DataError, match=rf"b\.checkpoint: not a checkpoint \(its {name} does not fit: another version of "):
        train_to_the_end(checkpoint)


@pytest.mark.parametrize("name", ["history", "net", "average", "optimizer", "schedule"])
def test_a_checkpoint_without_what_is_needed_is_refused(tmp_path, name):
    checkpoint = tmp_path / "b.checkpoint"
    train_and_stop(checkpoint, 1)
    kept = torch.load(checkpoint, weights_only=True)
    del kept[name]
    torch.save(kept, checkpoint)
    with pytest.raises(DataError, match=f"it is without {name}"):
        train_to_the_end(checkpoint)


def test_a_full_device_does_not_make_the_checkpoint_damaged(tmp_path, monkeypatch):
    train_and_stop(tmp_path / "it.checkpoint", 1)

    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")
    trainer = LineTrainer()
    monkeypatch.setattr(trainer.net, "load_state_dict", fail)
    with pytest.raises(TransientError, match="not enough memory"):
        trainer.train(tmp_path / "it.checkpoint", RUN)


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


class Weight(nn.Module):
    """A weight, a buffer and a counter that all have one value."""

    def __init__(self, value=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(value))
        self.register_buffer("mean", torch.tensor(value))
        self.register_buffer("count", torch.tensor(int(value)))


@pytest.mark.parametrize(("options", "weights", "means"), [
    ({}, (8, 6, 4.5), (8, 0, 0)),
    ({"use_buffers": True}, (8, 6, 4.5), (8, 6, 4.5)),
    ({"from_start": True}, (2, 1.5, 1.125), (8, 0, 0)),
    ({"from_start": True, "use_buffers": True}, (2, 1.5, 1.125), (2, 1.5, 1.125)),
    ({"from_start": True, "warms_up": True}, (7.2, 7.2 * 2 / 11, 7.2 * 2 / 11 * 3 / 12), (8, 0, 0)),
])
def test_moving_averages_by_hand(options, weights, means):
    average, counts = MovingAverage(Weight(), 0.75, **options), (8, 0, 0)
    for value, weight, mean, count in zip((8.0, 0.0, 0.0), weights, means, counts, strict=True):
        average.update_parameters(Weight(value))
        assert float(average.module.weight) == pytest.approx(weight)
        assert float(average.module.mean) == pytest.approx(mean)
        assert int(average.module.count) == count
    assert not average.module.weight.requires_grad


def test_a_warm_decay_is_never_above_the_decay():
    average = MovingAverage(Weight(), 0.1, from_start=True, warms_up=True)
    average.update_parameters(Weight(10.0))
    average.update_parameters(Weight(0.0))
    assert float(average.module.weight) == pytest.approx(0.9)


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
