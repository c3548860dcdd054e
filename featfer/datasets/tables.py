"""Tables of text as people have them: .csv or .tsv, plain, in .gz, or the only one in a .zip; commas, semicolons or tabs."""

import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from featfer.datasets.faceset import open_source
from featfer.errors import DataError

SUFFIXES = (".csv", ".tsv")
PACKED = (".csv.gz", ".tsv.gz", ".zip")
DELIMITERS = ",;\t"
LONGEST = 1 << 24           # bytes of a line; a longer one is cut, and its parts are bad rows
MOST_UNPACKED = 1 << 30     # bytes: three times FER2013
MOST_RATIO, SMALL = 100, 1 << 24  # text packs to a tenth; what grows more is refused, where it is not small
DAMAGE = (EOFError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile)


def is_table(path):
    """Say whether a path is a file that is named as a table is, packed or not."""
    return path.name.lower().endswith((*SUFFIXES, *PACKED)) and path.is_file()


def is_packed(path):
    """Say whether a table is read through a decompressor, which cannot jump to a row."""
    return Path(path).name.lower().endswith(PACKED)


def strip_suffixes(path):
    """Return the name of a table without its suffixes."""
    name = Path(path).name
    return next((name[:-len(end)] for end in (*PACKED, *SUFFIXES) if name.lower().endswith(end)), Path(path).stem)


@contextmanager
def open_table(path):
    """Open a table for a `with` block, as bytes.

    Raises DataError where it cannot be read, is UTF-16, is an archive that does not hold one table, or unpacks to more than
    1 GiB or a hundred times its size: such a file was made to fill a memory.
    """
    path = Path(path)
    with open_source(path) as file:
        try:
            unpacked = _unpacked(path, file)
            _refuse_utf16(path, unpacked)
            yield unpacked
        except (*DAMAGE, UnicodeDecodeError) as error:  # the last of names in an archive
            raise DataError(f"{path}: cannot be unpacked ({error!s:.100})") from None


def wrap_text(file):
    """Return the text of an open table, which may begin with a byte order mark."""
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")


def find_delimiter(header):
    """Return what stands between the names in a header: a comma, a semicolon or a tab."""
    return max(DELIMITERS, key=header.count)


def parse_header(header):
    """Return the names in a header, in small letters, without spaces, quotes or a byte order mark about them."""
    return [name.strip(' "\'\ufeff\r\n').lower() for name in header.split(find_delimiter(header))]


def read_header(path):
    """Return the names in a table's header."""
    with open_table(path) as file:
        return parse_header(file.readline(LONGEST).decode(errors="replace"))


class _Bounded(io.RawIOBase):
    """What a decompressor makes, up to a limit."""

    def __init__(self, file, path, packed):
        self.file, self.path, self.left = file, path, min(MOST_UNPACKED, max(SMALL, MOST_RATIO * packed))

    def readable(self):
        return True

    def readinto(self, buffer):
        block = self.file.read(len(buffer))
        self.left -= len(block)
        if self.left < 0:
            raise DataError(f"{self.path}: unpacks to more than 1 GiB, or {MOST_RATIO} times its size; unpack it yourself, and "
                            "give what is in it")
        buffer[:len(block)] = block
        return len(block)


def _unpacked(path, file):
    """Return an open file that gives a table's bytes."""
    size, name = path.stat().st_size, path.name.lower()
    if name.endswith(".gz"):
        return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file), path, size), 1 << 20)
    if name.endswith(".zip"):
        archive = zipfile.ZipFile(file)
        return io.BufferedReader(_Bounded(archive.open(_member(path, archive)), path, size), 1 << 20)
    return file


def _member(path, archive):
    """Return the name of the one table in an archive."""
    names = [name for name in archive.namelist() if name.lower().endswith(SUFFIXES)
             and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)]
    if len(names) != 1:
        held = ", ".join(names[:4]) or f"{len(archive.namelist()):,} files and no csv"
        raise DataError(f"{path}: holds {held:.100}, not one csv; unpack it, and give the csv or the folder")
    return names[0]


def _refuse_utf16(path, file):
    start = file.peek(512)[:512]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or max(start[::2].count(0), start[1::2].count(0)) > len(start) // 3:
        raise DataError(f"{path}: is UTF-16 text; save it as UTF-8, such as with `iconv -f UTF-16 -t UTF-8`")
