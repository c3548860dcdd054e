"""Checkpoints: read, or refused with the way out; no code in them is run."""

import os
import pickle

import pytest
import torch

from featfer.errors import DataError, ParameterError, TransientError
from featfer.utils.checkpoints import read_checkpoint, write_checkpoint

RUN = {"rows": 3}


@pytest.fixture
def net():
    return torch.nn.Linear(2, 1)


@pytest.fixture
def path(tmp_path, net):
    write_checkpoint(tmp_path / "a.checkpoint", RUN, {"net": net}, history=[{"loss": 0.5}])
    return tmp_path / "a.checkpoint"


def test_a_checkpoint_is_read_as_it_was_written(path, net):
    kept = read_checkpoint(path, RUN, "cpu", ("history", "net"))
    assert (kept["run"], kept["history"]) == (RUN, [{"loss": 0.5}])
    torch.testing.assert_close(dict(kept["net"]), dict(net.state_dict()), rtol=0, atol=0)


def test_a_missing_checkpoint_is_none(tmp_path):
    assert read_checkpoint(tmp_path / "a.checkpoint", RUN, "cpu", ("net",)) is None


def test_a_checkpoint_of_another_run_is_refused(path):
    with pytest.raises(ParameterError, match=r"a\.checkpoint: from a run with other data, another network or"):
        read_checkpoint(path, {"rows": 4}, "cpu", ("net", "best"))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_checkpoint_cut_short_is_refused(path, share):
    path.write_bytes(path.read_bytes()[:int(share * path.stat().st_size)])
    with pytest.raises(DataError, match=r"a\.checkpoint: not a checkpoint \(.*\); remove it, and the training begins anew"):
        read_checkpoint(path, RUN, "cpu", ())


def test_a_checkpoint_without_what_is_needed_is_refused(path):
    with pytest.raises(DataError, match="it is without best"):
        read_checkpoint(path, RUN, "cpu", ("net", "best"))


def test_a_checkpoint_that_ends_amid_a_number_is_refused(path):
    path.write_bytes(b"\x80\x02X\x01")
    with pytest.raises(DataError, match="not a checkpoint"):
        read_checkpoint(path, RUN, "cpu", ())


class Code:
    def __reduce__(self):
        return os.mkdir, ("was-run",)


def test_code_in_a_checkpoint_is_not_run(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    torch.save({"run": Code()}, path)
    with pytest.raises(DataError, match="not a checkpoint"):
        read_checkpoint(path, RUN, "cpu", ())
    path.write_bytes(pickle.dumps(Code()))
    with pytest.raises(DataError, match="not a checkpoint"):
        read_checkpoint(path, RUN, "cpu", ())
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), MemoryError(),
                                   torch.OutOfMemoryError("CUDA out of memory")])
def test_a_checkpoint_that_cannot_be_read_just_now_should_be_kept(path, monkeypatch, error):
    def fail(*args, **options):
        raise error
    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(TransientError, match=r"a\.checkpoint: (cannot be read \(Permission|not enough memory)") as caught:
        read_checkpoint(path, RUN, "cpu", ())
    assert "remove" not in str(caught.value)
