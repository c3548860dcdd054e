"""Bad files made on purpose: images, csv files, files of arrays, settings, and what is no file."""

import io
import os
import socket
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image
from robustness import seeds
from robustness.targets import card, labels, models, recipe, study

WIDE = 13_340  # pixels a side: just under what is refused


def png(width, height, bits=8, colour=0, rows=b"", more=b""):
    """Return the bytes of a png whose header says what it is told to."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + (chunk(b"zTXt", b"a\0\0" + more) if more else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def scans(count, side=256):
    """Return a progressive JPEG with its last scan repeated."""
    whole = seeds.encoded(Image.fromarray(seeds.face(side)), "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * count + b"\xff\xd9"


def flat(kind, mode, side=WIDE, **options):
    return seeds.encoded(Image.new(mode, (side, side)), kind, **options)


def frames(kind, count):
    one = Image.new("L", (64, 64))
    return seeds.encoded(one, kind, save_all=True, append_images=[Image.new("L", (64, 64), i % 250) for i in range(count)])


def rle_bmp(width, height, data):
    """Return the bytes of a bmp of run lengths, which Pillow decodes in Python."""
    start = 54 + 1024
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + bytes(1024) + data


def slow_pictures():
    """Return {what it is: function that makes it} of small image files that decoders are busy with for very long."""
    return {
        "PNG of 100,000,000 x 1 pixels": lambda: png(100_000_000, 1),
        "PNG of 1 x 100,000,000 pixels": lambda: png(1, 100_000_000),
        "BMP of run lengths, 16,000 x 5,500 pixels": lambda: rle_bmp(16_000, 5_500, b"\1\1\0\0" * 5_500 + b"\0\1"),
        "PPM of text, 9,000 x 9,000 pixels": lambda: b"P3 9000 9000 255\n" + b"0 " * 11_000,
        "PBM of text, 9,000 x 9,000 pixels": lambda: b"P1 9000 9000\n" + b"0" * 11_000,
        "PPM of an odd maximum, 7,000 x 7,000 pixels": lambda: b"P6 7000 7000 254\n" + bytes(1000),
        "JPEG of 190 scans, 49 million pixels": lambda: scans(190, side=7000),
    }


def pictures():
    """Return {what it is: content} of bad image files."""
    small = seeds.encoded(seeds.face(), "PNG")
    return {  # those that take long to make are made when they are tried
        "no byte": b"",
        "text": b"no image at all\n",
        "a PostScript program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "a picture with a program behind it": small + b"#!/bin/sh\n",
        "a picture of one pixel": seeds.encoded(Image.new("L", (1, 1)), "PNG"),
        "a picture 1 x 60,000": seeds.encoded(Image.new("L", (60_000, 1)), "PNG"),
        "PNG whose header says 60,000 x 60,000": png(60_000, 60_000),
        "PNG whose header says 0 x 0": png(0, 0),
        "PNG of 178 million black pixels": lambda: flat("PNG", "L"),
        "PNG of 178 million pixels of one bit": lambda: flat("PNG", "1"),
        "PNG of 178 million pixels of 16 bits": lambda: flat("PNG", "I;16"),
        "PNG with a text of 1 GB packed to 1 MB": lambda: png(1, 1, rows=b"\0\0", more=zlib.compress(bytes(1 << 30))),
        **slow_pictures(),
        "JPEG of 2,000 scans": lambda: scans(2000),
        "JPEG of 100 scans": lambda: scans(100),
        "WebP of 16,383 x 10,800 pixels": lambda: seeds.encoded(Image.new("RGB", (16_383, 10_800)), "WEBP", lossless=True),
        "GIF of 2,000 frames": lambda: frames("GIF", 2000),
        "PNG of 2,000 frames": lambda: frames("PNG", 2000),
        "GIF whose header says 65,535 x 65,535": b"GIF89a\xff\xff\xff\xff" + bytes(30),
        "BMP whose header says 2 thousand million rows": seeds.encoded(Image.new("L", (9, 9)), "BMP")[:22]
        + b"\xff\xff\xff\x7f"
        + bytes(99),
        "PGM whose header says 10^18 pixels": b"P5 1000000000 1000000000 255\n",
        "TIFF that points to itself": b"II*\0\x08\0\0\0\1\0" + bytes(12) + b"\x08\0\0\0",
        "float TIFF with NaN and infinity": seeds.encoded(
            Image.fromarray(np.array([[np.nan, np.inf], [-np.inf, 1]], np.float32)), "TIFF"
        ),
    }


def csvs():
    """Return {what it is: content} of bad csv files, of FER2013 and lists of faces."""
    whole = seeds.fer2013()
    head, first, *rest = whole.decode().splitlines()
    label, pixels, usage = first.split(",")

    def with_pixels(text):
        return "\n".join([head, f"{label},{text},{usage}", *rest, ""]).encode()

    values = pixels.split()
    return {
        "no byte": b"",
        "a header alone": head.encode(),
        "a byte order mark": b"\xef\xbb\xbf" + whole,
        "UTF-16": whole.decode().encode("utf-16"),
        "ends of lines of Windows": whole.replace(b"\n", b"\r\n"),
        "ends of lines of old Macs": whole.replace(b"\n", b"\r"),
        "NUL bytes": whole.replace(b" ", b"\0", 50),
        "only NUL bytes": bytes(100_000),
        "no UTF-8": whole.replace(b"Training", b"\xff\xfe"),
        "a pixel that is no number": with_pixels(" ".join(["nan", *values[1:]])),
        "an infinite pixel": with_pixels(" ".join(["inf", *values[1:]])),
        "a pixel of 256": with_pixels(" ".join(["256", *values[1:]])),
        "a pixel of 10^30": with_pixels(" ".join([str(10**30), *values[1:]])),
        "a negative pixel": with_pixels(" ".join(["-1", *values[1:]])),
        "2,303 pixels": with_pixels(" ".join(values[1:])),
        "no pixels": with_pixels(""),
        "a million pixels": with_pixels("7 " * 1_000_000),
        "a line of 100 MB": lambda: head.encode() + b"\n" + b"7" * 100_000_000,
        "a label of 5,000 digits": f"{head}\n{'9' * 5000},{pixels},{usage}\n".encode(),
        "an open quote": f'{head}\n"{first}\n'.encode(),
        "mixed encodings": whole + "ä,ö,ü\n".encode("latin-1") + "顔,,\n".encode(),
        "a list of what is no file": b"path,label\n/dev/zero,happy\n"
        b'/dev/random,sad\n.,happy\nnowhere.png,sad\n"a\0b.png",happy\n../../../etc/passwd,sad\n',
        "a list with valence NaN, infinite, 10^400": b"path,label,valence\na.png,happy,nan\nb.png,sad,inf\nc.png,sad,1e400\n",
    }


def no_files(folder):
    """Make what is no file, and yield (what it is, path)."""

    def made(name, make):
        path = folder / name
        make(path)
        return path

    yield "a pipe", made("pipe.png", os.mkfifo)
    yield "a folder called like an image", made("folder.png", os.mkdir)
    for device in ("zero", "random", "tty"):
        yield f"a link to /dev/{device}", made(f"{device}.png", lambda path, device=device: path.symlink_to(f"/dev/{device}"))
    yield "a link to itself", made("loop.png", lambda path: path.symlink_to(path))
    yield "a link to nothing", made("dangling.png", lambda path: path.symlink_to("nowhere"))
    yield "a socket", made("socket.png", _bound)
    yield "a name with a NUL", Path("a\0b.png")
    yield "a name of 300 letters", folder / ("a" * 300)


def _bound(path):
    before = os.getcwd()
    os.chdir(path.parent)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)
    os.chdir(before)


def archives():
    """Return {what it is: content} of bad files of arrays."""

    def member(content, method=zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as file:
            for name in ("features", "labels", "splits", "status", "groups", "ids", "boxes", "meta"):
                file.writestr(f"{name}.npy", content)
        return buffer.getvalue()

    objects = io.BytesIO()
    np.save(objects, np.array([_Pickled()], object), allow_pickle=True)
    huge = (
        b"\x93NUMPY\1\0"
        + struct.pack("<H", 118)
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000, 1000)}".ljust(117)
    )
    return {
        "no byte": b"",
        "a picture": seeds.encoded(seeds.face(), "PNG"),
        "arrays of 4 GB packed to 4 MB": lambda: member(bytes(1 << 29)),
        "an array that says 80 TB": member(huge + b"\n"),
        "arrays of pickled objects": member(objects.getvalue()),
    }


class _Pickled:
    """What, unpickled, ends the process."""

    def __reduce__(self):
        return os._exit, (7,)


def texts():
    """Return [(what it is, name of the file, content, what reads it)] of bad files of settings."""
    deep = 100_000
    cases = [
        ("nested 100,000 deep", b"[" * deep, b"a = " + b"[" * deep),
        ("no byte", b"", b""),
        ("NUL bytes", bytes(99), bytes(99)),
        ("no UTF-8", b"\xff\xfe\xff", b"\xff\xfe\xff"),
        ("a number of 100,000 digits", b"9" * deep, b"a = " + b"9" * deep),
        ("a list in place of an object", b"[1]", b"[[a]]"),
        ("a text of 10 MB", b'{"a": "' + b"a" * 10**7 + b'"}', b'a = "' + b"a" * 10**7 + b'"'),
    ]
    for name, as_json, as_toml in cases:
        yield from (
            (f"{kind}: {name}", "a.toml", as_toml, read)
            for kind, read in (("list of models", models), ("recipe", recipe), ("set of labels", labels))
        )
        yield f"study: {name}", "study.db", as_json, study
        yield f"card: {name}", "a.json", as_json, lambda path: card(path.with_suffix(".joblib"))
