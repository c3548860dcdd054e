"""Progress: bars on standard error, where a person is looking, and curves for TensorBoard."""

import os
import sys
import threading
from contextlib import closing, nullcontext

from tqdm import tqdm

from featfer.errors import MissingError
from featfer.utils.outputs import check_folder


class _Bar(tqdm):
    """A bar whose lock no other process has: tqdm's own is shared with all that were forked, and one that is killed while it
    holds it would hold up the others for ever."""

    monitor_interval = 0  # a thread that may hold the lock while a process is forked


def _renew_lock():
    _Bar.set_lock(threading.RLock())


_renew_lock()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew_lock)


def bar(iterable=None, **options):
    """Return a tqdm bar that shows itself on a terminal only; one inside another is cleared when it is full."""
    return _Bar(iterable, disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=None, miniters=1, **options)


def without_bars():
    """Return a context in which all bars step aside, for what is printed."""
    return _Bar.external_write_mode()


def logbook(folder):
    """Return a context with a SummaryWriter into a folder, or with None for None; raise MissingError without tensorboard,
    WriteError where it cannot write there."""
    if folder is None:
        return nullcontext()
    check_folder(folder)
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingError("logs need tensorboard; pip install 'featfer[cnn]'") from error
    return closing(SummaryWriter(str(folder)))
