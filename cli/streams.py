"""Standard output and standard error that may be closed, or have no room: an error in a line, or nothing, never a traceback."""

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress

from featfer.errors import WriteError


class Output:
    """Standard output, whose errors name it; those of a reader that has gone, as of `| head`, stay what they are."""

    def __init__(self, stream):
        self._is_closed = stream is None
        self._stream = io.StringIO() if self._is_closed else stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        """Write text; raise WriteError where there is no room, or no standard output at all."""
        return self._tried("write", text) if text != "" else 0  # click asks by it whether text can be written

    def flush(self):
        """Write what is held back."""
        return self._tried("flush")

    def _tried(self, name, *given):
        try:
            if self._is_closed:
                raise OSError(errno.EBADF, "it is closed")
            return getattr(self._stream, name)(*given)
        except OSError as error:
            self._let_go()
            if error.errno == errno.EPIPE:
                raise
            raise WriteError(error.errno, error.strerror, "standard output") from None

    def _let_go(self):
        """Have Python, which tries again at its end, find room for what is held back."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class Errors(Output):
    """Standard error: what cannot be said there is left unsaid."""

    def _tried(self, name, *given):
        with suppress(OSError):
            return super()._tried(name, *given)
        return None


@contextmanager
def checked():
    """Let what is printed in the block go through Output and Errors."""
    _take_closed()
    before = sys.stdout, sys.stderr
    for stream in before:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    sys.stdout, sys.stderr = Output(sys.stdout), Errors(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _take_closed():
    """Open the standard descriptors that are closed: the next file would get their numbers, and what others print there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
