"""Pixel values of other types and ranges than uint8's: never a black picture in silence."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from featfer.errors import DataError
from featfer.images.pixels import read_image

RAMP = np.linspace(0, 255, 60).round().astype(np.uint8).reshape(6, 10)
COLOURS = np.dstack([RAMP, RAMP[::-1], RAMP[:, ::-1]])
TOPS = (255, 1023, 4095, 16383, 65535)


def filled(top, values=RAMP):
    """Return an image whose values fill 0 to top."""
    return np.rint(values.astype(float) * (top / 255))


def saved(image, kind="TIFF", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def alike(image, expected=RAMP):
    assert image.dtype == np.uint8
    np.testing.assert_allclose(image, expected, atol=1)


@pytest.mark.parametrize("top", TOPS)
@pytest.mark.parametrize("dtype", ["u2", ">u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_arrays_of_any_type_fill_the_range_that_they_have(top, dtype):
    alike(read_image(filled(top).astype(dtype)))
    alike(read_image(filled(top, COLOURS).astype(dtype)), COLOURS)


@pytest.mark.parametrize("array", [
    RAMP / 255, (RAMP / 255).astype(np.float16), RAMP.astype(np.float16), RAMP.astype(np.int16), RAMP / 255 * 1.001,
    RAMP / 255 - 1e-6])
def test_floats_and_signed_integers(array):
    alike(read_image(array))


def test_bool_is_black_and_white():
    assert read_image(np.array([[True, False]])).tolist() == [[255, 0]]


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.int32), np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint16)])
def test_what_is_all_black_stays_black(array):
    assert not read_image(array).any()


@pytest.mark.parametrize("top", TOPS)
def test_pil_images_and_files_of_grey_values(top):
    wide = filled(top)
    images = [Image.fromarray(wide.astype(np.uint16)), Image.fromarray(wide.astype(np.int32)),
              Image.fromarray(wide.astype(np.float32))]
    for image in images:
        alike(read_image(image))
        alike(read_image(saved(image)))
    alike(read_image(saved(images[0], "PNG")))
    alike(read_image(saved(images[0], compression="tiff_lzw")))


@pytest.mark.parametrize("largest", [1, 100, 255, 1023, 4095, 65535])
@pytest.mark.parametrize("colours", [False, True])
def test_pgm_and_ppm_of_any_maximum(largest, colours):
    expected = COLOURS if colours else RAMP
    values = filled(largest, expected)
    content = f"P{6 if colours else 5} 10 6 {largest}\n".encode() + values.astype(">u2" if largest > 255 else "u1").tobytes()
    np.testing.assert_allclose(read_image(content), values * 255 / largest, atol=1)


def deep_png(values):
    """Return a png of 16 bits a value, (h, w, 2 to 4) of grey with alpha, RGB or RGBA."""
    from helpers.pictures import png
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(width, height, bits=16, colour={2: 4, 3: 2, 4: 6}[channels], rows=rows)


@pytest.mark.parametrize("top", TOPS)
def test_files_of_16_bit_colours(top):
    values = filled(top, COLOURS)
    alpha = np.full((6, 10, 1), 65535)
    little = b"II*\0" + struct.pack("<I", 8 + values.size * 2) + values.astype("<u2").tobytes() + _directory("<")
    big = b"MM\0*" + struct.pack(">I", 8 + values.size * 2) + values.astype(">u2").tobytes() + _directory(">")
    for content in (deep_png(values), deep_png(np.dstack([values, alpha])), little, big):
        alike(read_image(content), COLOURS)
        alike(read_image(Image.open(io.BytesIO(content))), COLOURS)


def _directory(order):
    """Return the directory of a TIFF of COLOURS in 16 bits, whose pixels come behind its header."""
    size = COLOURS.size * 2
    entries = [(256, 3, 1, 10), (257, 3, 1, 6), (258, 3, 3, 8 + size + 2 + 9 * 12 + 4), (259, 3, 1, 1), (262, 3, 1, 2),
               (273, 4, 1, 8), (277, 3, 1, 3), (278, 3, 1, 6), (279, 4, 1, size)]
    packed = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + (
        struct.pack(f"{order}HH", entry[3], 0) if entry[1:3] == (3, 1) else struct.pack(f"{order}I", entry[3]))
        for entry in entries)
    return struct.pack(f"{order}H", 9) + packed + struct.pack(f"{order}I3H", 0, 16, 16, 16)


def test_a_pil_image_of_16_bit_colours_from_a_path_stays_usable(tmp_path):
    (tmp_path / "deep.png").write_bytes(deep_png(filled(4095, COLOURS)))
    with Image.open(tmp_path / "deep.png") as image:
        alike(read_image(image), COLOURS)
        assert image.size == (10, 6)


def test_grey_with_alpha_in_16_bits_is_read_or_refused_but_not_black():
    whole, dark = (np.dstack([filled(top), np.full((6, 10), 65535)]) for top in (65535, 255))
    alike(read_image(deep_png(whole)), np.dstack([RAMP] * 3))
    with pytest.raises(DataError, match="16-bit values that fill less than their range; save it with 8 bits first"):
        read_image(deep_png(dark))


@pytest.mark.parametrize("values", [[[0, 0.2], [0.3, 40.0]], [[0.0, np.inf]], [[-3.0, 200.0]], [[0.0, 1e6]]])
def test_high_dynamic_range_infinite_and_negative_values_are_refused(values):
    values = np.tile(np.array(values, np.float32), (1, 60))
    values[..., 4:] = values[0, 0]
    for source in (values, Image.fromarray(values), saved(Image.fromarray(values))):
        with pytest.raises(DataError, match=r"its values fill none of the ranges .*: scale them to 0-255 and pass uint8"):
            read_image(source)
