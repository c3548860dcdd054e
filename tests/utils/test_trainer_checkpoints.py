"""Trainings that are stopped and go on from their checkpoint, and checkpoints that are refused."""

import pytest
import torch
from helpers.trainers import (
    RUN,
    LineTrainer,
    assert_same,
    train_and_stop,
    train_to_the_end,
)
from torch import nn

from featfer.errors import DataError, ParameterError, TransientError

pytestmark = pytest.mark.usefixtures("one_thread")


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
