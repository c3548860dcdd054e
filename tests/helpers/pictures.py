"""Pictures for tests: bytes, sound or with headers that say what they are told to, and a face that is hard to find."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def png(width, height, bits=8, colour=0, rows=b""):
    """Return the bytes of a png whose header says what it is told to."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def aslant(photo, side=360):
    """Return Grace Hopper's face turned by 60 degrees, in the middle of a picture twice as wide, uint8 (side, side, 3).

    dlib's HOG detector finds no face in it, and its network does.
    """
    portrait = Image.open(photo).crop((90, 60, 450, 420)).rotate(60, Image.Resampling.BICUBIC)
    return np.asarray(portrait.resize((side, side)))


def noise(height, width):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def rle_bmp(width, height, data):
    start = 54 + 1024
    return (b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 0, 0) + bytes(1024) + data)
