"""Checkpoints: read, or refused with the way out; no code in them is run."""

import os
import pickle

import pytest
import torch

from featfer.checkpoints import read_checkpoint
from featfer.errors import DataError


@pytest.fixture
def path(tmp_path):
    torch.save({"run": {"rows": 3}, "history": [], "net": torch.nn.Linear(2, 1).state_dict()}, tmp_path / "a.checkpoint")
    return tmp_path / "a.checkpoint"


def test_what_was_kept_is_read(path):
    assert read_checkpoint(path, "cpu", ("run", "net"))["run"] == {"rows": 3}


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_checkpoint_cut_short_is_refused(path, share):
    path.write_bytes(path.read_bytes()[:int(share * path.stat().st_size)])
    with pytest.raises(DataError, match=r"a\.checkpoint: not a checkpoint \(.*\); remove it, and the training begins anew"):
        read_checkpoint(path, "cpu", ("run",))


def test_a_checkpoint_without_what_is_needed_is_refused(path):
    with pytest.raises(DataError, match="it is without best"):
        read_checkpoint(path, "cpu", ("run", "best"))


class Code:
    def __reduce__(self):
        return os.mkdir, ("was-run",)


def test_code_in_it_is_not_run(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    torch.save({"run": Code()}, path)
    with pytest.raises(DataError, match="not a checkpoint"):
        read_checkpoint(path, "cpu", ("run",))
    path.write_bytes(pickle.dumps(Code()))
    with pytest.raises(DataError, match="not a checkpoint"):
        read_checkpoint(path, "cpu", ("run",))
    assert not (tmp_path / "was-run").exists()
