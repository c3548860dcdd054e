"""Progress: bars on the terminal, and curves for TensorBoard."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from featfer.errors import MissingError
from featfer.utils.outputs import check_folder

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from featfer.typing import Path


class _Bar(tqdm):
    """A progress bar whose lock belongs to one process.

    Forked processes share tqdm's own lock: one that is killed while holding it would block all others for ever.
    """

    monitor_interval = 0  # a thread that may hold the lock while a process is forked


def _renew_lock() -> None:
    _Bar.set_lock(threading.RLock())


_renew_lock()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew_lock)


def bar(iterable: Iterable[Any] | None = None, **options: Any) -> Any:
    """Return a tqdm progress bar that shows on a terminal only; an inner bar disappears when it is full.

    Parameters
    ----------
    iterable : iterable, optional
    **options
        As for tqdm.
    """
    return _Bar(iterable, disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=None, miniters=1, **options)


def hide_bars() -> AbstractContextManager[None]:
    """Return a context in which all bars are hidden, so that something can be printed."""
    return _Bar.external_write_mode()


def open_logbook(folder: Path | None) -> AbstractContextManager[SummaryWriter | None]:
    """Open a folder for TensorBoard.

    Parameters
    ----------
    folder : str, Path or None

    Returns
    -------
    context manager
        Gives a SummaryWriter, or None for None.

    Raises
    ------
    MissingError
        If tensorboard is not installed.
    WriteError
        If the folder cannot be written to.
    """
    if folder is None:
        return nullcontext()
    check_folder(folder)
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingError("logs need tensorboard; pip install 'featfer[cnn]'") from error
    return closing(SummaryWriter(str(folder)))
