"""Images: every form that pixels come in, and every form that they must not."""

import io
import os
import struct

import numpy as np
import pytest
from helpers.pictures import encoded, noise, png
from PIL import Image

from featfer.errors import DataError
from featfer.images.decoding import MAX_PIXELS
from featfer.images.pixels import read_image

GREY = np.array([[0, 100, 255], [7, 8, 9]], np.uint8)
RGB = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14


# -- what is read -----------------------------------------------------------------------------------------------------

def test_path_as_str_and_path(tmp_path):
    path = tmp_path / "rgb.png"
    Image.fromarray(RGB).save(path)
    np.testing.assert_array_equal(read_image(path), RGB)
    np.testing.assert_array_equal(read_image(str(path)), RGB)


def test_bytes():
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(GREY), "PNG")), GREY)


def test_suffix_does_not_matter(tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(encoded(Image.fromarray(RGB), "PNG"))
    np.testing.assert_array_equal(read_image(path), RGB)


@pytest.mark.parametrize("array", [GREY, RGB])
def test_pil_image(array):
    image = read_image(Image.fromarray(array))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, array)


def test_pil_image_stays_open():
    image = Image.open(io.BytesIO(encoded(Image.fromarray(RGB), "PNG")))
    np.testing.assert_array_equal(read_image(image), read_image(image))


@pytest.mark.parametrize(("array", "expected"), [
    (GREY, GREY),
    (GREY[..., None], GREY),
    (RGB, RGB),
    (np.dstack([RGB, np.zeros((2, 3), np.uint8)]), RGB),
    (RGB[:, ::-1], RGB[:, ::-1]),
    (np.array([[0, 255, 256, 65535]], np.uint16), [[0, 0, 1, 255]]),
    (np.array([[0.0, 0.5, 1.0]], np.float64), [[0, 128, 255]]),
    (RGB.astype(np.float32) / 255, RGB),
    (GREY.astype(np.float16) / 255, GREY),
])
def test_array(array, expected):
    image = read_image(array)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, expected)


def test_png_of_16_bits_keeps_the_high_byte():
    rows = b"\0" + struct.pack(">4H", 0, 255, 256, 65535)
    np.testing.assert_array_equal(read_image(png(4, 1, bits=16, rows=rows)), [[0, 0, 1, 255]])


def test_rgba_loses_its_alpha():
    alpha = np.full((2, 3), 200, np.uint8)
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(np.dstack([RGB, alpha])), "PNG")), RGB)


def test_grey_with_alpha_stays_grey():
    image = Image.fromarray(GREY).convert("LA")
    np.testing.assert_array_equal(read_image(encoded(image, "PNG")), GREY)


def test_palette_becomes_rgb():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(read_image(encoded(image, "PNG")), [[[10, 20, 30], [200, 100, 50]]])


def test_cmyk_jpeg_becomes_rgb():
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    np.testing.assert_allclose(read_image(encoded(image, "JPEG", quality=95))[8, 8], (255, 0, 0), atol=6)


def test_one_bit_becomes_black_and_white():
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(read_image(encoded(image, "PNG")), [[0, 255]])


def test_exif_rotation_is_undone():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turn to the left
    upright = read_image(encoded(Image.fromarray(RGB), "PNG", exif=exif))
    np.testing.assert_array_equal(upright, np.rot90(RGB, -1))


def test_exif_rotation_leaves_a_pil_image_as_it_was():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.open(io.BytesIO(encoded(Image.fromarray(RGB), "PNG", exif=exif)))
    np.testing.assert_array_equal(read_image(image), np.rot90(RGB, -1))
    assert (image.size, image.getexif()[0x0112]) == ((3, 2), 6)


def test_animation_gives_its_first_frame():
    frames = [Image.new("L", (3, 2), value) for value in (50, 200)]
    image = read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert image.shape[:2] == (2, 3)
    assert (image == 50).all()


def test_a_float_tiff_in_unit_range_is_scaled_and_one_beyond_is_read_as_16_bit(tmp_path):
    for values, expected in (([[0.0, 1.0]], [[0, 255]]), ([[0.0, 65535.0]], [[0, 255]])):
        Image.fromarray(np.array(values, np.float32)).save(tmp_path / "float.tiff")
        assert read_image(tmp_path / "float.tiff").tolist() == expected


# -- what is refused --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("content", [b"", b"no image at all\n", encoded(noise(64, 64), "JPEG")[:2000]],
                         ids=["empty", "text", "truncated"])
def test_bad_file_is_named(tmp_path, content):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.png: not a readable image"):
        read_image(path)
    with pytest.raises(DataError, match="the image's bytes: not a readable image"):
        read_image(content)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.png: no such file"):
        read_image(tmp_path / "absent.png")


def test_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=f"{tmp_path}: is a folder, not an image"):
        read_image(tmp_path)


@pytest.mark.parametrize("side", [13_500, 60_000])
def test_header_that_claims_a_huge_image(tmp_path, side):
    path = tmp_path / "huge.png"
    path.write_bytes(png(side, side))
    with pytest.raises(DataError, match=r"huge\.png.*pixels"):
        read_image(path)


def test_limit_of_pixels_is_our_own():
    width = MAX_PIXELS // 10_000 + 1
    with pytest.raises(DataError, match=f"{width}x10000 is more than {MAX_PIXELS:,} pixels"):
        read_image(png(width, 10_000))


def test_huge_array_is_refused():
    huge = np.broadcast_to(np.uint8(0), (60_000, 60_000))
    with pytest.raises(DataError, match=f"60000x60000 is more than {MAX_PIXELS:,} pixels"):
        read_image(huge)


def test_pil_image_that_is_truncated():
    image = Image.open(io.BytesIO(encoded(noise(64, 64), "JPEG")[:2000]))
    with pytest.raises(DataError, match="the PIL image: not a readable image"):
        read_image(image)


@pytest.mark.parametrize("shape", [(), (3,), (4, 4, 2), (4, 4, 5), (1, 4, 4, 3)])
def test_array_of_a_bad_shape(shape):
    with pytest.raises(DataError, match=r"an image array is \(h, w\).*channels last, not ") as caught:
        read_image(np.zeros(shape, np.uint8))
    assert str(caught.value).endswith(f"not {shape}")


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (0, 0, 3)])
def test_empty_array(shape):
    with pytest.raises(DataError, match=f"the image is empty \\({shape[1]}x{shape[0]}\\)"):
        read_image(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(("array", "said"), [
    (np.array([[1, 70_000]]), "not int64 from 1 to 70000"),
    (np.array([[-1, 255]], np.int16), "not int16 from -1 to 255"),
    (np.array([[0, 1]]), "not int64 from 0 to 1, of which nearly all are below 16"),
    (np.array([[0.0, 1.5]]), "not float64 from 0.0 to 1.5, of which nearly all are below 16"),
    (np.array([[65535, *[200] * 200]], np.uint16), "not uint16 from 200 to 65535, of which nearly all are below 4096"),
    (np.array([[-0.5, 1.0]], np.float32), "not float32 from -0.5 to 1.0"),
    (np.array([[0.5, np.nan]]), "not float64 from nan to nan"),
    (np.full((2, 2), np.nan), "not float64 from nan to nan"),
    (np.array([[0.0, np.inf]]), "not float64 from 0.0 to inf"),
    (np.array([["a", "b"]]), "not <U1"),
    (np.array([[None, None]]), "not object"),
])
def test_array_of_bad_values(array, said):
    with pytest.raises(DataError) as caught:
        read_image(array)
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize(("source", "kind"), [(None, "NoneType"), (7, "int"), ([[1, 2]], "list")])
def test_source_of_another_type(source, kind):
    with pytest.raises(DataError, match=f"cannot read an image from {kind}"):
        read_image(source)


# -- what would not end, or let others in -----------------------------------------------------------------------------

def scans(count):
    """Return a progressive JPEG with its last scan so many times more."""
    whole = encoded(noise(64, 64), "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * count + b"\xff\xd9"


def test_a_jpeg_of_many_scans_is_refused_and_one_of_some_is_read(tmp_path):
    (tmp_path / "many.jpg").write_bytes(scans(500))
    for source in (tmp_path / "many.jpg", scans(500)):
        with pytest.raises(DataError, match=r"a JPEG of 509 scans, more than 200; save it anew first"):
            read_image(source)
    assert read_image(scans(20)).shape == (64, 64, 3)


@pytest.mark.parametrize("format", ["EPS", "PCX", "SGI", "TGA", "ICO"])
def test_other_formats_that_pillow_knows_are_refused(format):
    with pytest.raises(DataError, match=r"not a readable image \(none of JPEG, PNG, WEBP, BMP, GIF, TIFF, PPM, AVIF, HEIC\)"):
        read_image(encoded(noise(32, 32), format))


def test_a_float_tiff_with_nan_and_infinity_is_refused(recwarn):
    values = np.array([[np.nan, np.inf], [-np.inf, 256.0]], np.float32)
    with pytest.raises(DataError, match=r"the image's bytes: its values fill none of the ranges of images .* float32 from nan"):
        read_image(encoded(Image.fromarray(values), "TIFF"))
    assert not recwarn.list


@pytest.mark.parametrize(("make", "said"), [
    (os.mkfifo, "a pipe or a device, not a file"),
    (lambda path: path.symlink_to("/dev/zero"), "a pipe or a device, not a file"),
    (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    (lambda path: path.symlink_to("absent"), "no such"), (lambda path: path.mkdir(), "is a folder, not an image")])
def test_pipes_and_devices_are_refused_at_once(tmp_path, make, said):
    make(tmp_path / "a.jpg")
    with pytest.raises(DataError, match=said):
        read_image(tmp_path / "a.jpg")


def test_a_name_with_a_nul_is_refused_in_a_line():
    with pytest.raises(DataError) as caught:
        read_image("a\0b.png")
    assert str(caught.value) == "a\\x00b.png: not a readable image (its name has a NUL in it)"
