"""What decoders are given, and what they are kept from: other formats, odd shapes, slow forms, streams of many kinds."""

import io
import sys
import tempfile

import numpy as np
import pytest
from helpers.pictures import encoded, noise, png, rle_bmp
from PIL import Image

import featfer
from featfer.errors import DataError, MissingError
from featfer.images import decoding
from featfer.images.pixels import read_image
from featfer.images.walking import is_image_file

PLAIN = Image.new("RGB", (64, 48), (200, 100, 50))


# -- formats ----------------------------------------------------------------------------------------------------------

@pytest.fixture
def heic():
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(PLAIN).save(buffer, quality=90)
    return buffer.getvalue()


def test_heic_is_read(heic, tmp_path):
    (tmp_path / "IMG_0001").write_bytes(heic)
    assert is_image_file(tmp_path / "IMG_0001")
    for source in (heic, tmp_path / "IMG_0001"):
        np.testing.assert_allclose(read_image(source)[20, 20], (200, 100, 50), atol=8)


def test_heic_without_its_package_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    decoding._register_heic.cache_clear()
    with pytest.raises(MissingError, match=r"HEIC photos need the package pillow-heif .*: pip install .*\[heic\]'"):
        read_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    decoding._register_heic.cache_clear()


@pytest.mark.parametrize(("kind", "name"), [("AVIF", "a.AVIF"), ("MPO", "a.mpo"), ("JPEG", "a.JFIF"), ("JPEG", "b"),
                                            ("WEBP", "a.image"), ("TIFF", "a.dat"), ("PPM", "a.txt")])
def test_the_format_is_that_of_the_content(tmp_path, kind, name):
    more = {"save_all": True, "append_images": [PLAIN]} if kind == "MPO" else {}
    (tmp_path / name).write_bytes(encoded(PLAIN, kind, **more))
    assert is_image_file(tmp_path / name)
    np.testing.assert_allclose(read_image(tmp_path / name)[20, 20], (200, 100, 50), atol=8)


@pytest.mark.parametrize("content", [b"", b"BM", b"P6 is a road\n", b"GIF", b"II*\0", b"%PDF-1.7", b"RIFF0000WAVE", bytes(100),
                                     b"\0\0\0\x18ftypisom\0\0\0\0isommp41"])
def test_files_of_other_content_are_no_images(tmp_path, content):
    (tmp_path / "notes").write_bytes(content)
    assert not is_image_file(tmp_path / "notes")
    (tmp_path / "notes.JPG").write_bytes(content)  # it says that it is one, and is reported as damaged
    assert is_image_file(tmp_path / "notes.JPG")


def test_raw_files_with_a_small_preview_are_refused():
    raw = encoded(Image.new("L", (16, 12)), "TIFF", tiffinfo={254: 1})
    with pytest.raises(DataError, match=r"a camera's raw file, .*; save it as JPEG or PNG first"):
        read_image(raw)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_keeps_its_colours(mode):
    image = PLAIN.convert("L").convert("LA") if mode == "LA" else PLAIN.convert("RGBA")
    image.putalpha(0)
    image = image.convert("P") if mode == "PA" else image
    pixels = read_image(encoded(image, "PNG"))
    np.testing.assert_allclose(pixels[20, 20], 124 if mode == "LA" else (200, 100, 50), atol=3)


# -- what would take too long, or too much memory ---------------------------------------------------------------------

@pytest.mark.parametrize(("content", "said"), [
    (rle_bmp(16_000, 5_500, b"\1\1\0\0" * 5_500 + b"\0\1"), "BMP in this form is decoded slowly, and 16000x5500 is more than "),
    (b"P3 9000 9000 255\n" + b"0 " * 11_000, "PPM in this form is decoded slowly, and 9000x9000 is more than "),
    (b"P1 9000 9000\n" + b"0" * 11_000, "PPM in this form is decoded slowly, and 9000x9000 is more than ")])
def test_large_images_that_are_decoded_in_python_are_refused(content, said):
    with pytest.raises(DataError, match=said + r"2,000,000 pixels; save it as PNG first"):
        read_image(content)


def test_small_ones_are_read():
    assert read_image(rle_bmp(100, 10, b"\1\1\0\0" * 10 + b"\0\1")).shape == (10, 100, 3)
    assert read_image(b"P2 2 1 100\n50 100").tolist() == [[128, 255]]


def test_a_large_pgm_of_an_odd_maximum_is_decoded_in_c(monkeypatch):
    monkeypatch.setattr(Image, "DECODERS", {})  # those in Python
    values = np.tile(np.array([0, 50, 100], np.uint8), (2000, 700))
    image = read_image(b"P5 2100 2000 100\n" + values.tobytes())
    assert image[0, :3].tolist() == [0, 128, 255]


@pytest.mark.parametrize("size", [(100_000_000, 1), (1, 100_001), (100_001, 2)])
def test_an_image_with_a_side_beyond_all_pictures_is_refused(size):
    with pytest.raises(DataError, match=f"{size[0]}x{size[1]} has a side of more than 100,000 pixels; make it smaller first"):
        read_image(png(*size))
    with pytest.raises(DataError, match="has a side of more than 100,000 pixels"):
        read_image(np.broadcast_to(np.uint8(0), size[::-1]))


def test_a_large_jpeg_may_have_fewer_scans(monkeypatch):
    content = encoded(noise(64, 64), "JPEG", progressive=True)
    monkeypatch.setattr(decoding, "MAX_SCANNED", 64 * 64 * 5)
    with pytest.raises(DataError, match=r"a JPEG of [0-9]+ scans, more than 5; save it anew first"):
        read_image(content)


def test_a_lack_of_memory_is_no_damage(monkeypatch):
    def lacking(image):
        raise MemoryError
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lacking)
    with pytest.raises(MemoryError):
        read_image(encoded(PLAIN, "PNG"))


# -- open files -------------------------------------------------------------------------------------------------------

class Stream:
    """Gives bytes, and can do nothing else."""

    def __init__(self, content):
        self.read = lambda: content


def test_what_can_be_read_is_an_image(tmp_path):
    content = encoded(PLAIN, "PNG")
    (tmp_path / "a.png").write_bytes(content)
    written = io.BytesIO()
    written.write(content)  # it stands at its end
    with open(tmp_path / "a.png", "rb") as file, tempfile.TemporaryFile() as other:
        other.write(content)
        for source in (io.BytesIO(content), written, file, other, Stream(content), bytearray(content), memoryview(content)):
            assert read_image(source).shape == (48, 64, 3)
        assert not file.closed


def test_streams_that_give_no_image_are_refused_in_a_line(tmp_path):
    closed = io.BytesIO()
    closed.close()
    for source, said in ((closed, "the open file: cannot be read .*closed"), (io.StringIO("x"), "gives str .*as binary"),
                         (io.BytesIO(), "the open file: not a readable image"), (Stream(None), "gives NoneType")):
        with pytest.raises(DataError, match=said):
            read_image(source)


def test_find_faces_takes_what_read_image_takes(photo):
    with open(photo, "rb") as file:
        faces = featfer.find_faces(file)
    assert faces[0].box == featfer.find_faces(read_image(photo))[0].box
