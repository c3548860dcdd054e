"""Read photos from a multipart request, in memory and within limits; nothing is written to disk."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from featfer.serving.limits import Limits

FIELD = "files"
LONGEST_NAME = 255

# Otherwise a line is printed for each malformed form.
logging.getLogger(MultipartParser.__module__).addHandler(logging.NullHandler())


async def read_files(request: Request, limits: Limits) -> list[tuple[str, bytes]]:
    """Read the files in the field `files` of a request.

    Parameters
    ----------
    request : fastapi.Request
    limits : Limits

    Returns
    -------
    list of (str, bytes)
        Name and content.

    Raises
    ------
    HTTPException
        400 for a malformed body, 408 for a slow upload, 413 for too many bytes, files or parts, 415 for another content type,
        422 without a file.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.bytes:
        raise _too_large(limits)
    form, size, begun = _Form(_read_boundary(request), limits), 0, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(begun + _allowed_seconds(0, limits)) as deadline:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.bytes:
                    raise _too_large(limits)
                form.write(chunk)
                deadline.reschedule(begun + _allowed_seconds(size, limits))
    except TimeoutError:
        raise HTTPException(408, f"the upload took longer than {_allowed_seconds(size, limits):g} s, which is the most for "
                                 f"{size:,} bytes: send fewer or smaller photos") from None
    return form.finish()


class _Form:
    """Collects the files of a multipart body; other fields are ignored."""

    def __init__(self, boundary: bytes, limits: Limits) -> None:
        self._limits, self._parts = limits, 0
        self._files: list[tuple[str, bytearray]] = []  # name, content
        self._headers: dict[bytes, bytes] = {}
        self._header, self._value = bytearray(), bytearray()
        self._content: bytearray | None = None
        self._ended = False
        try:
            self._parser = MultipartParser(boundary, {
                "on_part_begin": self.on_part_begin, "on_header_field": self.on_header_field,
                "on_header_value": self.on_header_value, "on_header_end": self.on_header_end,
                "on_headers_finished": self.on_headers_finished, "on_part_data": self.on_part_data, "on_end": self.on_end})
        except FormParserError as error:
            raise _malformed(error) from None

    def write(self, chunk: bytes) -> None:
        """Parse the next bytes of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _malformed(error) from None

    def finish(self) -> list[tuple[str, bytes]]:
        """Return (name, bytes) of each file."""
        if not self._ended:
            raise _malformed("it ends before its last boundary")
        if not self._files:
            raise HTTPException(422, f"no photo in the field {FIELD!r}: send one or more, such as curl -F {FIELD}=@photo.jpg")
        return [(name, bytes(content)) for name, content in self._files]

    def on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise HTTPException(413, f"more than {self._limits.parts} parts in one form: send the photos in several")
        self._headers, self._content = {}, None

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        # A browser sends an empty file name when no file was chosen.
        if options.get(b"name") != FIELD.encode() or not options.get(b"filename"):
            return
        if len(self._files) == self._limits.files:
            raise HTTPException(413, f"more than {self._limits.files} photos in one request: send them in several")
        self._content = bytearray()
        self._files.append((_make_printable(options[b"filename"]), self._content))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._content is not None:
            self._content += data[start:end]

    def on_end(self) -> None:
        self._ended = True


def _read_boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise HTTPException(415, f"the content type is {kind.decode('latin-1') or 'missing'}: send photos as "
                                 f"multipart/form-data, such as curl -F {FIELD}=@photo.jpg")
    if not options.get(b"boundary"):
        raise _malformed("its content type names no boundary")
    return options[b"boundary"]


def _make_printable(name: bytes) -> str:
    """Return a file name (bytes) as text that can be shown: no control or direction characters, not too long."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name.decode("utf-8", "replace")[:LONGEST_NAME])


def _malformed(reason: object) -> HTTPException:
    return HTTPException(400, f"the body is not a whole multipart form ({reason}): send it as curl -F {FIELD}=@photo.jpg does")


def _allowed_seconds(size: int, limits: Limits) -> float:
    """Return how many seconds an upload may take until `size` bytes have come."""
    return min(limits.seconds, limits.head_seconds + size / limits.bytes_per_second)


def _too_large(limits: Limits) -> HTTPException:
    return HTTPException(413, f"the request is larger than {limits.bytes:,} bytes: send fewer or smaller photos")
