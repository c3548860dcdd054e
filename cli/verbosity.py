"""How much a command says on standard error: -q/--quiet, -v/--verbose, and how its progress is shown."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

LOGGER = logging.getLogger("featfer")


class _Handler(logging.Handler):
    """Prints log records on standard error, whatever that is at the time."""

    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        from featfer.errors import to_one_line
        from featfer.utils.progress import hide_bars
        after = f"{time.monotonic() - self._start:7.1f} s  " if record.levelno < logging.WARNING else ""
        before = f"{record.levelname.capitalize()}: " if record.levelno >= logging.WARNING else ""
        with hide_bars():
            click.echo(to_one_line(f"{after}{before}{record.getMessage()}"), err=True)


@contextmanager
def say(level: int = logging.WARNING, has_progress: bool = True) -> Iterator[None]:
    """Print log records of the library, and progress, while a `with` block runs.

    Parameters
    ----------
    level : int
        The least level of the records that are printed.
    has_progress : bool
        Whether bars are shown on a terminal, and lines elsewhere.
    """
    from featfer.utils.progress import report_progress
    before, handler = (LOGGER.level, LOGGER.handlers[:], LOGGER.propagate), _Handler()
    LOGGER.setLevel(level)
    LOGGER.handlers[:], LOGGER.propagate = [handler], False
    try:
        with report_progress(has_progress, has_progress):
            yield
    finally:
        LOGGER.setLevel(before[0])
        LOGGER.handlers[:], LOGGER.propagate = before[1:]


def is_quiet() -> bool:
    """Tell whether the running command was given -q."""
    return LOGGER.level > logging.WARNING


def _be_quiet(context: click.Context, option: click.Parameter, is_given: bool) -> None:
    if is_given:
        if context.meta.get("featfer.verbose"):
            raise click.UsageError("--quiet and --verbose: give one of them")
        context.meta["featfer.quiet"] = True
        context.with_resource(say(logging.ERROR, has_progress=False))


def _be_verbose(context: click.Context, option: click.Parameter, is_given: bool) -> None:
    if is_given:
        if context.meta.get("featfer.quiet"):
            raise click.UsageError("--quiet and --verbose: give one of them")
        context.meta["featfer.verbose"] = True
        context.with_resource(say(logging.INFO))
        LOGGER.info("featfer %s", " ".join(sys.argv[1:]))


def add_verbosity(command: Any) -> Any:
    """Add -q and -v to a command, or to all commands of a group; return it.

    Parameters
    ----------
    command : click.Command

    Returns
    -------
    click.Command
    """
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            add_verbosity(inner)
        return command
    shared: dict[str, Any] = {"is_flag": True, "expose_value": False, "is_eager": True}
    click.option("-q", "--quiet", callback=_be_quiet, help="Print results and errors only: no progress and no notes.",
                 **shared)(command)
    click.option("-v", "--verbose", callback=_be_verbose, help="Say on standard error what is being done.", **shared)(command)
    return command
