"""Open text tables: .csv or .tsv, plain, in .gz, or alone in a .zip, with commas, semicolons or tabs."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from featfer.datasets.digests import open_source
from featfer.errors import DataError
from featfer.typing import Path as AnyPath
from featfer.utils.words import count

SUFFIXES = (".csv", ".tsv")
PACKED = (".csv.gz", ".tsv.gz", ".zip")
DELIMITERS = ",;\t"
LONGEST = 1 << 24           # bytes of a line; a longer line is cut, and its parts are bad rows
MOST_UNPACKED = 1 << 30     # bytes: three times FER2013
MOST_RATIO, SMALL = 100, 1 << 24  # text shrinks to a tenth; a file that grows more is refused unless it is small
DAMAGE = (EOFError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile)


def is_table(path: Path) -> bool:
    """Tell whether a path is a file with the name of a table, packed or not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.name.lower().endswith((*SUFFIXES, *PACKED)) and path.is_file()


def is_packed(path: AnyPath) -> bool:
    """Tell whether a table is compressed, so that reading cannot jump to a row.

    Parameters
    ----------
    path : path

    Returns
    -------
    bool
    """
    return Path(path).name.lower().endswith(PACKED)


def strip_suffixes(path: AnyPath) -> str:
    """Return the name of a table without its suffixes.

    Parameters
    ----------
    path : path

    Returns
    -------
    str
    """
    name = Path(path).name
    return next((name[:-len(end)] for end in (*PACKED, *SUFFIXES) if name.lower().endswith(end)), Path(path).stem)


@contextmanager
def open_table(path: AnyPath) -> Iterator[io.BufferedReader]:
    """Open a table for a `with` block and unpack it.

    Parameters
    ----------
    path : path

    Yields
    ------
    binary file

    Raises
    ------
    DataError
        When it cannot be read, is UTF-16, is an archive without exactly one table, or unpacks to more than 1 GiB or a hundred
        times its size, as files do that are made to fill the memory.
    """
    path = Path(path)
    with open_source(path) as file:
        try:
            unpacked = _unpack(path, file)
            _refuse_utf16(path, unpacked)
            yield unpacked
        except (*DAMAGE, UnicodeDecodeError) as error:  # UnicodeDecodeError: of a name in an archive
            raise DataError(f"{path}: cannot be unpacked ({error!s:.100})") from None


def wrap_text(file: io.BufferedReader) -> io.TextIOWrapper:
    """Decode an open table.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    text file
        UTF-8, without a byte order mark.
    """
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")


def find_delimiter(header: str) -> str:
    """Find the delimiter of a table by its header.

    Parameters
    ----------
    header : str

    Returns
    -------
    str
        A comma, a semicolon or a tab.
    """
    return max(DELIMITERS, key=header.count)


def parse_header(header: str) -> list[str]:
    """Split a header into names.

    Parameters
    ----------
    header : str

    Returns
    -------
    list of str
        In lower case, without surrounding spaces, quotes or a byte order mark.
    """
    return [name.strip(' "\'\ufeff\r\n').lower() for name in header.split(find_delimiter(header))]


def read_header(path: AnyPath) -> list[str]:
    """Read the names in a table's header.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of str
        As `parse_header` returns them.
    """
    with open_table(path) as file:
        return parse_header(file.readline(LONGEST).decode(errors="replace"))


class _Bounded(io.RawIOBase):
    """A decompressed file that refuses to grow beyond a limit."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, path: Path, packed: int) -> None:
        self.file, self.path, self.left = file, path, min(MOST_UNPACKED, max(SMALL, MOST_RATIO * packed))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.file.read(len(buffer))
        self.left -= len(block)
        if self.left < 0:
            raise DataError(f"{self.path}: unpacks to more than 1 GiB, or {MOST_RATIO} times its size; unpack it yourself, and "
                            "give what is in it")
        buffer[:len(block)] = block
        return len(block)


def _unpack(path: Path, file: io.BufferedReader) -> io.BufferedReader:
    """Return an open file of the table's bytes."""
    size, name = path.stat().st_size, path.name.lower()
    if name.endswith(".gz"):
        return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file), path, size), 1 << 20)
    if name.endswith(".zip"):
        archive = zipfile.ZipFile(file)
        return io.BufferedReader(_Bounded(archive.open(_find_member(path, archive)), path, size), 1 << 20)
    return file


def _find_member(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the name of the one table in an archive."""
    names = [name for name in archive.namelist() if name.lower().endswith(SUFFIXES)
             and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)]
    if len(names) != 1:
        held = ", ".join(names[:4]) or f"{count(len(archive.namelist()), 'file')} and no csv"
        raise DataError(f"{path}: holds {held:.100}, not one csv; unpack it, and give the csv or the folder")
    return names[0]


def _refuse_utf16(path: Path, file: io.BufferedReader) -> None:
    start = file.peek(512)[:512]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or max(start[::2].count(0), start[1::2].count(0)) > len(start) // 3:
        raise DataError(f"{path}: is UTF-16 text; save it as UTF-8, such as with `iconv -f UTF-16 -t UTF-8`")
