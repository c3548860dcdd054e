"""Recognizers as skops archives: a zip with arrays of NumPy and a schema (JSON) of what they are part of.

skops asks its caller which types to trust. What a file asks for is never the answer here: its schema is held against a fixed
list of types, and of ways to make an object, before skops sees it.
"""

import io
import json
import zipfile

from featfer.environment import needs
from featfer.errors import BundleError
from featfer.plain.types import CLASSES, check_class

MOST_BYTES = 2**30  # that a file may grow to when it is unpacked; the largest model here has 40 million
# How skops makes an object, and of what. Functions, methods, partials and operators are not among it.
MAKERS = {
    "ObjectNode": CLASSES, "LossNode": CLASSES,
    **{f"{kind.title()}Node": {f"builtins.{kind}"} for kind in ("dict", "list", "tuple", "bytes")},
    "JsonNode": {"builtins.str"}, "SliceNode": {"builtins.slice"},
    "TypeNode": {f"builtins.{kind}" for kind in ("int", "str", "float", "bool")},
    "NdArrayNode": {f"numpy.{kind}" for kind in (
        "ndarray", "bool", "bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
        "uint32", "uint64", "str_")},
    "RandomStateNode": {"numpy.random.mtrand.RandomState"}, "RandomGeneratorNode": {"numpy.random._generator.Generator"},
    "CachedNode": None,  # an object that stands elsewhere in the file
}


def write(recognizer):
    """Return a recognizer as the bytes of a skops archive."""
    return needs("skops.io", "export").dumps(recognizer, compression=zipfile.ZIP_DEFLATED)


def read(content):
    """Return the recognizer in the bytes of a skops archive; raise BundleError for what is refused, and other errors for what
    is damaged."""
    skops = needs("skops.io", "export")
    check_size(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check(json.loads(archive.read("schema.json")))
    return skops.loads(content, trusted=sorted(CLASSES))


def check_size(content):
    """Raise BundleError where a zip, with the zips in it, unpacks to more than MOST_BYTES; unpacks nothing larger."""
    left, zips = MOST_BYTES, [content]
    while zips:
        with zipfile.ZipFile(io.BytesIO(zips.pop())) as archive:
            left -= sum(entry.file_size for entry in archive.infolist())
            if left < 0:
                raise BundleError(f"unpacks to more than {MOST_BYTES:,} bytes, which no recognizer does")
            inner = (archive.read(entry) for entry in archive.infolist() if not entry.filename.endswith((".npy", ".json")))
            zips += [part for part in inner if zipfile.is_zipfile(io.BytesIO(part))]


def _check(schema):
    """Raise BundleError where a schema, or a part of it, names what is not in MAKERS."""
    if isinstance(schema, dict) and "__loader__" in schema:
        maker, name = schema["__loader__"], f"{schema.get('__module__')}.{schema.get('__class__')}"
        allowed = MAKERS.get(maker, ())
        if allowed is not None and name not in allowed:
            check_class(name)
            raise BundleError(f"wants {name!r} made by {maker!r}, which no recognizer needs; nothing of it was run")
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in parts:
        _check(part)
