"""Ctrl-C, SIGTERM and SIGHUP end a command alike: what is half written is removed, and it says what is kept."""

import signal
from contextlib import contextmanager, suppress

NOTHING = "Nothing is kept; the same command begins anew."


class Terminated(KeyboardInterrupt):
    """SIGTERM came: batch systems and containers end a program by it."""

    number = signal.SIGTERM


class HungUp(KeyboardInterrupt):
    """SIGHUP came: the terminal was closed."""

    number = signal.SIGHUP


def exit_code(stopped):
    """Return what a program that a KeyboardInterrupt stopped exits with, as shells count: 128 and the signal's number."""
    return 128 + getattr(stopped, "number", signal.SIGINT)


@contextmanager
def terminable():
    """Raise Terminated in the block when SIGTERM comes, HungUp when SIGHUP does; after a first signal these are passed over
    while it is obeyed. A signal that the program was started to ignore, by nohup for instance, stays ignored."""
    is_stopped = False

    def stop(number, frame):
        nonlocal is_stopped
        was_stopped, is_stopped = is_stopped, True
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if not was_stopped:
            raise HungUp if number == signal.SIGHUP else Terminated
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.getsignal(number) for number, handler in usual.items() if signal.getsignal(number) is handler}
    with suppress(ValueError):  # only the first thread of a program gets signals
        for number in before:
            signal.signal(number, stop)
    try:
        yield
    finally:
        with suppress(ValueError):
            for number, handler in before.items():
                signal.signal(number, handler)


def epochs_kept(path):
    """Say which epochs of a stopped training are in its checkpoint, and how it goes on."""
    from featfer.utils.checkpoints import count_epochs
    epochs = count_epochs(path)
    if not epochs:
        return NOTHING
    return f"What was learnt up to the end of epoch {epochs} is kept in {path}; the same command goes on from there."


@contextmanager
def keeping(what, *about):
    """Say of a block that is stopped what is kept of it and what continues it; what: str, or a function of `about` that returns
    it.

    What the block says itself, in the KeyboardInterrupt, stands after that.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        said = what(*about) if callable(what) else what
        raise type(stopped)(" ".join(filter(None, [said, *map(str, stopped.args)]))) from None
