"""Recognizers as skops archives: a zip file with NumPy arrays and a JSON schema of the structure around them.

skops asks its caller which types to trust. What the file asks for is never trusted here: before skops reads the file, its
schema is compared with a fixed list of types and of ways to create objects.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from featfer.bundle.safe.trusted_types import CLASSES, check_class
from featfer.errors import BundleError
from featfer.utils.environment import import_extra

MOST_BYTES = 2**30   # of an unpacked file; the largest model here has 40 million
MOST_SCHEMA = 2**24  # bytes of JSON, unpacked; a forest of 150 trees has 300,000
NODE_BYTES = 2000     # memory for each part of the schema
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The ways in which skops creates objects, with the types allowed. Functions, methods, partials and operators are left out.
MAKERS: dict[str, Any] = {
    "ObjectNode": CLASSES, "LossNode": CLASSES,
    **{f"{kind.title()}Node": {f"builtins.{kind}"} for kind in ("dict", "list", "tuple", "bytes")},
    "JsonNode": {"builtins.str"}, "SliceNode": {"builtins.slice"},
    "TypeNode": {f"builtins.{kind}" for kind in ("int", "str", "float", "bool")},
    "NdArrayNode": {f"numpy.{kind}" for kind in (
        "ndarray", "bool", "bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
        "uint32", "uint64", "str_")},
    "RandomStateNode": {"numpy.random.mtrand.RandomState"}, "RandomGeneratorNode": {"numpy.random._generator.Generator"},
    "CachedNode": None,  # a reference to an object elsewhere in the file
}


def write(recognizer: Any) -> bytes:
    """Write a recognizer as a skops archive.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer

    Returns
    -------
    bytes
    """
    return import_extra("skops.io", "export").dumps(recognizer, compression=zipfile.ZIP_DEFLATED)


def read(content: bytes) -> Any:
    """Read a recognizer from a skops archive.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    Recognizer or AffectRecognizer

    Raises
    ------
    BundleError
        For a file that is refused. Damaged files may raise other errors.
    """
    skops = import_extra("skops.io", "export")
    check_size(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        if sizes["schema.json"] > MOST_SCHEMA:
            raise BundleError(f"has a schema of more than {MOST_SCHEMA:,} bytes, which no recognizer has")
        _check_schema(json.loads(archive.read("schema.json")), _Sizes(sizes))
    return skops.loads(content, trusted=sorted(CLASSES))


def check_size(content: bytes) -> None:
    """Raise BundleError when a zip file, with zip files inside it, unpacks to more than MOST_BYTES. Nothing larger is unpacked.

    Parameters
    ----------
    content : bytes
    """
    left, zips = MOST_BYTES, [content]
    while zips:
        content = zips.pop()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_entries(archive.infolist(), len(content))
            left -= sum(entry.file_size for entry in archive.infolist())
            if left < 0:
                raise _make_size_error()
            inner = (archive.read(entry) for entry in archive.infolist() if not entry.filename.endswith((".npy", ".json")))
            zips += [part for part in inner if zipfile.is_zipfile(io.BytesIO(part))]


def _check_entries(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Raise BundleError when files of a zip share bytes or a name, or use an unusual compression."""
    if sum(entry.compress_size for entry in entries) > size or len({entry.filename for entry in entries}) < len(entries):
        raise BundleError("holds files that share their bytes or their name, which no recognizer does")
    if any(entry.compress_type not in METHODS for entry in entries):
        raise BundleError("holds files that are packed in another way than recognizers are")


def _make_size_error() -> BundleError:
    return BundleError(f"unpacks to more than {MOST_BYTES:,} bytes, which no recognizer does")


class _Sizes:
    """Adds up the bytes of the parts of a schema; a file counts once for each part that names it."""

    def __init__(self, of_files: Mapping[str, int]) -> None:
        self._left, self._of_files = MOST_BYTES, of_files

    def take(self, schema: Mapping[str, Any]) -> None:
        named = schema.get("file")
        self._left -= NODE_BYTES + (self._of_files.get(named, 0) if isinstance(named, str) else 0)
        if self._left < 0:
            raise _make_size_error()


def _check_schema(schema: Any, sizes: _Sizes) -> None:
    """Raise BundleError when a schema, or a part of it, names what is not in MAKERS, or is too large."""
    if isinstance(schema, dict):
        sizes.take(schema)
    if isinstance(schema, dict) and "__loader__" in schema:
        maker, name = schema["__loader__"], f"{schema.get('__module__')}.{schema.get('__class__')}"
        allowed = MAKERS.get(maker, ())
        if allowed is not None and name not in allowed:
            check_class(name)
            raise BundleError(f"wants {name!r} made by {maker!r}, which no recognizer needs; nothing of it was run")
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in parts:
        _check_schema(part, sizes)
