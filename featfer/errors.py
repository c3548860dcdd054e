"""The errors that featfer raises: each message names the thing, its value and the way out."""

from contextlib import contextmanager

# What numpy, scikit-learn and torch raise over values and data that they cannot work with.
LIBRARY = (ArithmeticError, AssertionError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)


class FeatferError(Exception):
    """Base of every error that a user can cause and mend; the commands print it without a traceback, in a line."""

    def __str__(self):
        return in_a_line(super().__str__())


class ParameterError(FeatferError, ValueError):
    """An argument has a value that cannot be used."""


class DataError(FeatferError):
    """An image, a row of a table or a folder cannot be read as what it should be."""


class MissingError(FeatferError):
    """A package, a model file or a device that the work needs is not there."""


class StoreError(FeatferError):
    """A feature store or table is absent, incomplete or damaged."""


class ClusterError(FeatferError):
    """The scheduler or the workers of a cluster cannot be reached, or cannot do the work."""


class StudyError(FeatferError):
    """A study, the file of a search's trials, is absent, damaged or about something else."""


class WriteError(FeatferError, OSError):
    """A file cannot be written; errno, strerror and filename say which and why."""

    def __str__(self):
        return in_a_line(f"{self.filename}: cannot be written ({self.strerror})")


class BundleError(FeatferError):
    """A trained recognizer cannot be saved, loaded or trusted."""


@contextmanager
def library_errors(what, way_out, kind=ParameterError):
    """Turn what libraries raise in a `with` block into an error of featfer's: what cannot be done, why, and the way out."""
    try:
        yield
    except FeatferError:
        raise
    except LIBRARY as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise kind(f"{what} ({reason}); {way_out}") from error


def in_a_line(text):
    """Return a text with what cannot be printed in a line escaped: names of files may have ends of lines in them, and what
    moves a terminal's cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
