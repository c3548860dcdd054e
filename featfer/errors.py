"""The errors that featfer raises. Each message names the thing, its value and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

# What numpy, scikit-learn and torch raise for values and data that they cannot use.
LIBRARY = (ArithmeticError, AssertionError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
# How libraries report it in exceptions other than MemoryError.
OUT_OF_MEMORY = ("out of memory", "not enough memory", "allocate memory", "Insufficient memory", "bad_alloc")
# The errno of an OSError that is about the content of a file, raised by decoders, or about what is no file, raised by
# `featfer.utils.files.open_regular`: trying again does not help.
OF_CONTENT = {None, errno.EINVAL, errno.EISDIR, errno.ENAMETOOLONG}


class FeatferError(Exception):
    """Base of all errors that a user can cause and fix; commands print them in one line, without a traceback."""

    def __str__(self) -> str:
        return to_one_line(super().__str__())


class ParameterError(FeatferError, ValueError):
    """An argument has a value that cannot be used."""


class DataError(FeatferError):
    """An image, a row of a table or a folder is not what it should be."""


class TransientError(DataError):
    """Something cannot be read or computed now, but perhaps later: the reason is not its content.

    It is missing, may not be read, its disk is away, memory is short, or it has changed meanwhile.
    """


class MissingError(FeatferError):
    """A package, a model file or a device is missing."""


class StoreError(FeatferError):
    """A feature store or table is missing, incomplete or damaged."""


class ClusterError(FeatferError):
    """The scheduler or the workers of a cluster cannot be reached, or cannot do the work."""


class StudyError(FeatferError):
    """A study, the file of a search's trials, is missing, damaged or about something else."""


class WriteError(FeatferError, OSError):
    """A file cannot be written.

    Attributes
    ----------
    errno : int
    strerror : str
        Why.
    filename : str
    """

    def __str__(self) -> str:
        return to_one_line(f"{self.filename}: cannot be written ({self.strerror})")


class BundleError(FeatferError):
    """A trained recognizer cannot be saved, loaded or trusted."""


@contextmanager
def wrap_library_errors(what: str, way_out: str, kind: type[FeatferError] = ParameterError) -> Iterator[None]:
    """Turn exceptions of libraries in a `with` block into an error of featfer.

    Parameters
    ----------
    what : str
        What cannot be done.
    way_out : str
        What the user can do.
    kind : type, optional
        The error to raise, a subclass of FeatferError.

    Raises
    ------
    FeatferError
        Of that kind, with the reason; errors of featfer pass unchanged.
    """
    try:
        yield
    except FeatferError:
        raise
    except LIBRARY as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise kind(f"{what} ({reason}); {way_out}") from error


def is_transient(error: BaseException) -> bool:
    """Tell whether an exception, raised while reading or decoding, is not about the content, so that trying again may help.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    bool
    """
    return isinstance(error, (TransientError, ImportError)) or is_out_of_memory(error) or (
        isinstance(error, OSError) and error.errno not in OF_CONTENT)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an exception of Python or a library means that memory is short.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    bool
    """
    return isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


def make_transient(name: object, error: BaseException) -> TransientError:
    """Make a TransientError from another exception.

    Parameters
    ----------
    name : str or path
        What could not be read.
    error : Exception

    Returns
    -------
    TransientError
    """
    if is_out_of_memory(error):
        return TransientError(f"{name}: not enough memory; try again when there is more")
    reason = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0] or type(error).__name__
    return TransientError(f"{name}: cannot be read ({reason:.300})")


def to_one_line(text: str) -> str:
    """Escape line breaks and control characters, which file names may contain, so that a text prints as one line.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
