"""The checkpoint of a training: what is kept to go on from, read without running code from it."""

import pickle
from contextlib import contextmanager

from featfer.errors import DataError, ParameterError, make_transient
from featfer.utils.files import open_regular, write_atomically
from featfer.utils.npz import DAMAGE, is_passing

UNREADABLE = (*DAMAGE, pickle.UnpicklingError)


def write_checkpoint(path, run, parts, **facts):
    """Write all that a training needs to go on.

    run: plain data that says what this is a run of; parts: {name: what has a state_dict}; facts: plain data, by name
    """
    import torch

    states = {name: part.state_dict() for name, part in parts.items()}
    with write_atomically(path) as file:
        torch.save({"run": run, **facts, **states}, file)


def read_checkpoint(path, run, device, names):
    """Return what `write_checkpoint` wrote (dict), None where there is no such file; names: of what has to be in it.

    Raises ParameterError when it is of another run, DataError where it is damaged, or something else: what is written whole
    and read by nobody else seldom is; TransientError where it cannot be read at this time and is to be kept.
    """
    import torch

    with reading(path):
        if not path.exists():
            return None
        with open_regular(path) as file:
            kept = torch.load(file, map_location=device, weights_only=True)
        lacking = {"run", *names} - set(kept)
        if "run" in lacking or (lacking and kept["run"] == run):
            raise ValueError(f"it is without {', '.join(sorted(lacking))}")
    if kept["run"] != run:
        raise ParameterError(f"{path}: from a run with other data, another network or recipe; remove it, or ask for the same "
                             "again")
    return kept


@contextmanager
def reading(path):
    """Turn what is raised in a `with` block over a damaged checkpoint into DataError, over one that cannot be read at this time
    into TransientError."""
    try:
        yield
    except UNREADABLE as error:
        if is_passing(error):
            raise make_transient(path, error) from None
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: not a checkpoint ({reason:.200}); remove it, and the training begins anew") from None


def epochs_in(path):
    """Return how many epochs of a training a checkpoint holds, 0 where there is none that can be read."""
    import torch

    if not path.exists():
        return 0
    try:
        return len(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["history"])
    except UNREADABLE:
        return 0
