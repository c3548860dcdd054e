"""Standard output and standard error that may be closed or full: errors become one line, or nothing, never a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from featfer.errors import WriteError


class Output:
    """Standard output; errors name it. If the reader has gone, as with `| head`, the error stays as it is.

    Parameters
    ----------
    stream : file or None
        None if it is closed.
    """

    def __init__(self, stream: Any) -> None:
        self._is_closed = stream is None
        self._stream = io.StringIO() if self._is_closed else stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> Any:
        """Write text.

        Parameters
        ----------
        text : str

        Raises
        ------
        WriteError
            If there is no space left, or standard output is closed.
        """
        return self._try("write", text) if text != "" else 0  # click asks by it whether text can be written

    def flush(self) -> Any:
        """Write the buffer; raises as `write` does."""
        return self._try("flush")

    def _try(self, name: str, *given: Any) -> Any:
        try:
            if self._is_closed:
                raise OSError(errno.EBADF, "it is closed")
            return getattr(self._stream, name)(*given)
        except OSError as error:
            self._discard_buffer()
            if error.errno == errno.EPIPE:
                raise
            raise WriteError(error.errno, error.strerror, "standard output") from None

    def _discard_buffer(self) -> None:
        """Send the buffer nowhere, because Python tries to write it again when it exits."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class Errors(Output):
    """Standard error: what cannot be printed there is dropped."""

    def _try(self, name: str, *given: Any) -> Any:
        with suppress(OSError):
            return super()._try(name, *given)
        return None


@contextmanager
def guard_streams() -> Iterator[None]:
    """Send everything printed in a `with` block through Output and Errors."""
    _open_closed_descriptors()
    before = sys.stdout, sys.stderr
    for stream in before:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    sys.stdout, sys.stderr = Output(sys.stdout), Errors(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _open_closed_descriptors() -> None:
    """Open standard descriptors that are closed; else the next file would get their number, and what is printed to them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
