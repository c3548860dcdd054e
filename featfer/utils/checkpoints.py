"""Checkpoints: the state of a training on disk, to resume from. Reading one never runs code from it."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featfer.errors import DataError, ParameterError, make_transient
from featfer.utils.files import open_regular, write_atomically
from featfer.utils.npz import DAMAGE, is_machine_fault

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath

UNREADABLE = (*DAMAGE, pickle.UnpicklingError)


def write_checkpoint(path: Path, run: object, parts: dict[str, Any], **facts: object) -> None:
    """Write everything that a training needs to go on.

    Parameters
    ----------
    path : Path
    run : plain data
        What identifies the run, such as its data, network and recipe.
    parts : dict
        By name: objects with a `state_dict`.
    **facts : plain data
        Further values to keep.
    """
    import torch

    states = {name: part.state_dict() for name, part in parts.items()}
    with write_atomically(path) as file:
        torch.save({"run": run, **facts, **states}, file)


def read_checkpoint(path: Path, run: object, device: str, names: Iterable[str]) -> dict[str, Any] | None:
    """Read a checkpoint that `write_checkpoint` wrote; return a dict, or None if there is no such file.

    Parameters
    ----------
    path : Path
    run : plain data
        The run that wants to resume.
    device : str
        Where torch puts the tensors.
    names : list of str
        The parts and facts that the checkpoint must have.

    Raises
    ------
    ParameterError
        If it belongs to another run.
    DataError
        If it is damaged, or not a checkpoint.
    TransientError
        If it cannot be read just now, for instance for lack of memory.
    """
    import torch

    with convert_errors(path):
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
def convert_errors(path: AnyPath) -> Iterator[None]:
    """Turn errors about a damaged checkpoint in a `with` block into DataError, and those about the machine into TransientError.

    Parameters
    ----------
    path : Path
        The checkpoint, for the message.
    """
    try:
        yield
    except UNREADABLE as error:
        if is_machine_fault(error):
            raise make_transient(path, error) from None
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: not a checkpoint ({reason:.200}); remove it, and the training begins anew") from None


def count_epochs(path: Path) -> int:
    """Count the epochs that a checkpoint holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    int
        0 if there is no checkpoint, or it cannot be read.
    """
    import torch

    if not path.exists():
        return 0
    try:
        return len(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["history"])
    except UNREADABLE:
        return 0
