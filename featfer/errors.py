"""The errors that featfer raises: each message names the thing, its value and the way out."""

import errno
from contextlib import contextmanager

# What numpy, scikit-learn and torch raise over values and data that they cannot work with.
LIBRARY = (ArithmeticError, AssertionError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
# How libraries say it in exceptions of other kinds than MemoryError.
OUT_OF_MEMORY = ("out of memory", "not enough memory", "allocate memory", "Insufficient memory", "bad_alloc")
# The errno of an OSError that does not pass: decoders raise it of a file's content, `featfer.utils.files.open_regular` of
# what is no file.
OF_CONTENT = {None, errno.EINVAL, errno.EISDIR, errno.ENAMETOOLONG}


class FeatferError(Exception):
    """Base of every error that a user can cause and mend; the commands print it without a traceback, in a line."""

    def __str__(self):
        return to_one_line(super().__str__())


class ParameterError(FeatferError, ValueError):
    """An argument has a value that cannot be used."""


class DataError(FeatferError):
    """An image, a row of a table or a folder cannot be read as what it should be."""


class TransientError(DataError):
    """Something cannot be read or computed at this time, for a reason that is not in its content: it is not there, may not be
    read, its disk is away, memory is short, it changed meanwhile. Tried again later, it may go well; nothing is known of it."""


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
        return to_one_line(f"{self.filename}: cannot be written ({self.strerror})")


class BundleError(FeatferError):
    """A trained recognizer cannot be saved, loaded or trusted."""


@contextmanager
def wrap_library_errors(what, way_out, kind=ParameterError):
    """Turn what libraries raise in a `with` block into an error of featfer's: what cannot be done, why, and the way out."""
    try:
        yield
    except FeatferError:
        raise
    except LIBRARY as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise kind(f"{what} ({reason}); {way_out}") from error


def is_transient(error):
    """Say whether an exception, raised while content was read or decoded, is about the machine and not about the content."""
    return isinstance(error, (TransientError, ImportError)) or is_out_of_memory(error) or (
        isinstance(error, OSError) and error.errno not in OF_CONTENT)


def is_out_of_memory(error):
    """Say whether an exception, of Python or of a library, says that memory is short."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


def make_transient(name, error):
    """Return the TransientError about a thing of this name that an exception stands for."""
    if is_out_of_memory(error):
        return TransientError(f"{name}: not enough memory; try again when there is more")
    reason = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0] or type(error).__name__
    return TransientError(f"{name}: cannot be read ({reason:.300})")


def to_one_line(text):
    """Return a text with what cannot be printed in a line escaped: names of files may have ends of lines in them, and what
    moves a terminal's cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
