"""Stopping a command by Ctrl-C, SIGTERM or SIGHUP: it removes incomplete files and says what is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NOTHING = "Nothing is kept; the same command begins anew."


class Terminated(KeyboardInterrupt):
    """SIGTERM: how batch systems and containers stop a program."""

    number = signal.SIGTERM


class HungUp(KeyboardInterrupt):
    """SIGHUP: the terminal was closed."""

    number = signal.SIGHUP


def find_exit_code(stopped: KeyboardInterrupt) -> int:
    """Return the exit code of a stopped program, as shells define it: 128 plus the number of the signal.

    Parameters
    ----------
    stopped : KeyboardInterrupt

    Returns
    -------
    int
    """
    return 128 + getattr(stopped, "number", signal.SIGINT)


@contextmanager
def handle_signals() -> Iterator[None]:
    """Raise Terminated in a `with` block on SIGTERM, and HungUp on SIGHUP.

    After the first signal, further ones are ignored while the program stops, except Ctrl-C. A signal that the program was
    started to ignore, by nohup for instance, stays ignored.
    """
    defaults = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: handler for number, handler in defaults.items() if signal.getsignal(number) is handler}
    handler = _Handler()
    with suppress(ValueError):  # only the main thread may set handlers
        for number in before:
            signal.signal(number, handler.stop)
    try:
        yield
    finally:
        with suppress(ValueError):
            for number, usual in before.items():
                signal.signal(number, usual)


class _Handler:
    """Turns signals into exceptions."""

    def __init__(self) -> None:
        self.is_stopping = False

    def stop(self, number: int, frame: Any) -> None:
        was_stopping, self.is_stopping = self.is_stopping, True
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if not was_stopping:
            raise HungUp if number == signal.SIGHUP else Terminated


def describe_kept_epochs(path: Path) -> str:
    """Say which epochs of a stopped training are in its checkpoint, and how to go on.

    Parameters
    ----------
    path : Path
        The checkpoint.

    Returns
    -------
    str
    """
    from featfer.utils.checkpoints import count_epochs
    epochs = count_epochs(path)
    if not epochs:
        return NOTHING
    return f"What was learnt up to the end of epoch {epochs} is kept in {path}; the same command goes on from there."


@contextmanager
def report_on_stop(what: str | Callable[..., str], *args: Any) -> Iterator[None]:
    """If the `with` block is stopped, say what is kept and how to go on; what the block itself says follows.

    Parameters
    ----------
    what : str or function
        A function is called with `args` and returns the text.
    *args
        Arguments of the function.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        message = what(*args) if callable(what) else what
        raise type(stopped)(" ".join(filter(None, [message, *map(str, stopped.args)]))) from None
