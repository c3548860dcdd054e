"""Progress: bars on the terminal, lines in logs, and curves for TensorBoard."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from featfer.errors import MissingError
from featfer.utils.environment import name_install_command
from featfer.utils.outputs import check_folder

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from featfer.typing import Path

QUIET_TIME = 10.0  # seconds without a line
LONG_TIME = 30.0   # seconds after which there is one although not a tenth more has been done
LINE = "{desc}: {percentage:.0f} %, {n_fmt} of {total_fmt}{unit}, {elapsed} gone, {remaining} left"
COUNT = "{desc}: {n_fmt}{unit}, {elapsed} gone"
logger = logging.getLogger(__name__)


class _Bar(tqdm):
    """A progress bar whose lock belongs to one process.

    Forked processes share tqdm's own lock: one that is killed while holding it would block all others for ever.
    """

    monitor_interval = 0  # a thread that may hold the lock while a process is forked

    def refresh(self, nolock: bool = False, lock_args: tuple[Any, ...] | None = None) -> bool | None:
        """Display the bar, as tqdm's, but free the lock if that fails or is interrupted: other threads would wait for ever."""
        if self.disable:
            return None
        if nolock:
            self.display()
            return True
        with self._lock:
            self.display()
        return True


def _renew_lock() -> None:
    _Bar.set_lock(threading.RLock())


_renew_lock()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew_lock)


class _Lines(_Bar):
    """Progress as lines on standard error, for logs: one when enough has been done, or after a while."""

    def __init__(self, *args: Any, **options: Any):
        form = LINE if options.get("total") or hasattr(args[0] if args else None, "__len__") else COUNT
        self._tenths = 0
        super().__init__(*args, **{**options, "bar_format": form, "file": _Nowhere(), "delay": 0, "mininterval": 1.0})

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Print a line if it is time for one."""
        now, tenths = time.monotonic(), 10 * self.n // self.total if self.total else 0
        waited = now - _reporting.last_line
        if not self.n or waited < QUIET_TIME or (waited < LONG_TIME and tenths <= self._tenths):
            return
        _reporting.last_line, self._tenths = now, tenths
        print(str(self).strip(), file=sys.stderr, flush=True)


class _Nowhere:
    """A file that drops what tqdm writes beside what it displays."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


class _Reporting:
    """How progress is shown in this process, and when a line was last printed."""

    with_bars, with_lines, last_line = True, False, 0.0


_reporting = _Reporting()


@contextmanager
def report_progress(with_bars: bool = True, with_lines: bool = False) -> Iterator[None]:
    """Choose how progress is shown while a `with` block runs.

    Parameters
    ----------
    with_bars : bool
        Whether bars are shown on a terminal.
    with_lines : bool
        Whether lines are printed on standard error where it is no terminal: none in the first ten seconds, then one for
        every tenth that is done, or every half minute.
    """
    before = vars(_reporting).copy()
    _reporting.with_bars, _reporting.with_lines, _reporting.last_line = with_bars, with_lines, time.monotonic()
    try:
        yield
    finally:
        vars(_reporting).clear()
        vars(_reporting).update(before)


def bar(iterable: Iterable[Any] | None = None, **options: Any) -> Any:
    """Return a tqdm progress bar that shows on a terminal only; an inner bar disappears when it is full.

    In a command, lines take its place where standard error is no terminal, see `report_progress`.

    Parameters
    ----------
    iterable : iterable, optional
    **options
        As for tqdm.
    """
    logger.info("%s", options.get("desc") or "working")
    if _reporting.with_lines and not sys.stderr.isatty() and multiprocessing.parent_process() is None:
        return _Lines(iterable, dynamic_ncols=True, leave=None, miniters=1, **options)
    is_hidden = not (_reporting.with_bars and sys.stderr.isatty())
    return _Bar(iterable, disable=is_hidden, dynamic_ncols=True, leave=None, miniters=1, **options)


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
        raise MissingError(f"logs need tensorboard; {name_install_command('cnn')}") from error
    return closing(SummaryWriter(str(folder)))
