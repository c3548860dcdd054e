"""SIGTERM taken as Ctrl-C is: batch systems and containers end a program by it."""

import signal
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def exit_code(stopped):
    """Return what a program that a KeyboardInterrupt stopped exits with, as shells count: 128 and the signal's number."""
    return 128 + (signal.SIGTERM if isinstance(stopped, Terminated) else signal.SIGINT)


@contextmanager
def terminable():
    """Raise Terminated in the block when SIGTERM comes; a second one, while the first is obeyed, is passed over."""
    def stop(number, frame):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Terminated
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
