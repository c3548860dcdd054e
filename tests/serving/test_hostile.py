"""Requests that no browser sends: the server never answers with a 5xx or a traceback, and goes on answering."""

import io
import logging

import httpx
import numpy as np
import pytest
from helpers.pictures import png, rle_bmp
from helpers.servers import Quick, running
from PIL import Image

from featfer.bundle.persist import load
from featfer.serving import Limits
from featfer.serving.app import make_app

pytestmark = pytest.mark.usefixtures("one_thread")

LIMITS = Limits(bytes=2_000_000, pixels=1_000_000)
FORM = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def url(recognizer):
    with running(make_app(recognizer, LIMITS)) as address:
        yield address


@pytest.fixture(scope="module")
def quick():
    """Address of a server that detects faces, and then predicts the same for each."""
    with running(make_app(Quick(), LIMITS)) as address:
        yield address


@pytest.fixture(scope="module")
def quick_of_any_size():
    with running(make_app(Quick())) as address:
        yield address


@pytest.fixture(scope="module")
def client():
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
def still_there(request, client, crops, caplog):
    """After each test the server answers, and no traceback was logged."""
    yield
    for address in {"url", "quick"} & set(request.fixturenames):
        response = ask(client, request.getfixturevalue(address), ("crop.png", encoded(crops[0], "PNG")))
        assert (response.status_code, len(response.json()[0]["faces"])) == (200, 1)
    faults = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR or record.exc_info]
    assert [record.getMessage() for record in faults] == []


def encoded(pixels, format, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return buffer.getvalue()


def ask(client, url, *photos):
    return client.post(f"{url}/predict", files=[("files", photo) for photo in photos])


def part(name=b'form-data; name="files"; filename="a.png"', content=b"no image"):
    return b"--x\r\nContent-Disposition: " + name + b"\r\n\r\n" + content + b"\r\n"


def send(client, url, body, kind=FORM):
    return client.post(f"{url}/predict", content=body, headers={"Content-Type": kind} if kind else {})


def is_refusal(response, *statuses):
    assert response.status_code in statuses, response.text
    detail, = response.json().values()
    assert "Traceback" not in detail and "Error(" not in detail and len(detail) < 300
    return detail


@pytest.mark.parametrize("content", [
    b"", b"\0", b"no image at all", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"RIFF\xff\xff\xff\xffWEBPVP8X",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0",
    b"MM\0*" + b"\xff" * 40, b"P6 9 9 255\n", b"P5 0 0 255\n", b"P3 99999999 99999999 255\n",
])
def test_what_is_no_photo_is_refused(client, url, content):
    is_refusal(ask(client, url, ("photo.jpg", content)), 422, 413)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_a_photo_cut_short_is_refused(client, url, photo, format, share):
    with Image.open(photo) as image:
        whole = encoded(np.asarray(image), format)
    is_refusal(ask(client, url, ("photo", whole[:int(share * len(whole))])), 422)
    damaged, photo = ask(client, url, ("cut", whole[:int(share * len(whole))]), ("whole", whole)).json()
    assert set(damaged) == {"name", "error"} and photo["faces"][0]["status"] == "found"


def test_of_several_unreadable_files_each_has_its_error(client, url):
    answers = ask(client, url, ("a.txt", b"text"), ("b.jpg", b"")).json()
    assert [answer["name"] for answer in answers] == ["a.txt", "b.jpg"]
    assert answers[0]["error"].startswith("not a photo") and answers[1]["error"] == "the file is empty"


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_photo_of_too_many_pixels_is_refused(client, url, format):
    is_refusal(ask(client, url, ("big", encoded(np.zeros((1001, 1000), np.uint8), format))), 413)


@pytest.mark.parametrize("shape", [(1, 1), (1, 100_000), (100_000, 1), (2, 30_000), (151, 1), (9, 9, 4)])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_photos_of_odd_shapes_are_answered(client, url, shape, format):
    answer, = ask(client, url, ("odd", encoded(np.full(shape, 99, np.uint8), format))).json()
    assert (answer["height"], answer["width"]) == shape[:2]
    assert (answer["status"], answer["faces"]) == ("no-face", [])


@pytest.mark.parametrize("name", [
    "../../etc/passwd", "/etc/passwd", "C:\\Windows\\win.ini", "<script>alert(1)</script>", "ä ö ü 顔.png", "a\0b.png",
    "a\r\nSet-Cookie: x=1", "x" * 3000, "x" * 5000, "\u202egnp.exe", '"; filename="b.png', "%00%2e%2e%2f", b"\xff\xfe\x80.png",
    b"a" * 300 + b"\xff", "\ud800".encode("utf-8", "surrogatepass"),
])
def test_names_come_back_as_short_harmless_text(client, quick, crops, name):
    raw = name if isinstance(name, bytes) else name.encode()
    content = encoded(crops[0], "PNG")
    response = send(client, quick, part(b'form-data; name="files"; filename="' + raw + b'"', content) + b"--x--\r\n")
    if response.status_code == 400:  # the multipart parser takes no control characters in a header, nor an endless one
        assert set(raw) & {0, 10, 13} or len(raw) == 5000
        is_refusal(response, 400)
        return
    answer, = response.json()
    assert answer["name"].isprintable() and 0 < len(answer["name"]) <= 255
    assert "set-cookie" not in response.headers
    if name in ("../../etc/passwd", "<script>alert(1)</script>", "ä ö ü 顔.png"):
        assert answer["name"] == name


@pytest.mark.parametrize("body", [
    b"", b"--x\r\n", b"--y\r\n\r\n--y--", b"nothing of the kind", b"\0" * 5000, b"--x\r\n" + b"a" * 50_000, part() * 3,
    part(content=b"a" * 5000)[:2000], b"--x\r\n" + b"A: b\r\n" * 500 + b"\r\nc\r\n--x--",
    b"--x\r\nA: " + b"b" * 100_000 + b"\r\n\r\nc\r\n--x--",
])
def test_bodies_that_are_no_whole_form_are_refused(client, quick, body):
    assert "not a whole multipart form" in is_refusal(send(client, quick, body), 400)


@pytest.mark.parametrize("body", [
    b"", b"--x\r\n\r\n\r\n", part(b"form-data"), part(b'form-data; name="files"'), part(b";;;=;\""),
    part(b'form-data; name="photos"; filename="a.png"'), part(b'form-data; name="files"; filename=""'),
    part(b"form-data; name=\"files\"; filename*=utf-8''a.png"),
])
def test_forms_without_a_photo_are_refused(client, quick, body):
    assert "no photo in the field 'files'" in is_refusal(send(client, quick, body + b"--x--\r\n"), 422)


@pytest.mark.parametrize(("kind", "status"), [
    (None, 415), ("", 415), ("application/json", 415), ("image/png", 415), ("application/x-www-form-urlencoded", 415),
    ("multipart/mixed; boundary=x", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=", 400),
    ("multipart/form-data; boundary=" + "x" * 5000, 400), ("multipart/form-data; boundary=x; charset=idna", 422),
    ("multipart/form-data; boundary=\xff", 400), (";;;", 415), ("multipart/form-data; boundary=\"x", 400),
])
def test_other_content_types_are_refused(client, quick, kind, status):
    is_refusal(send(client, quick, part() + b"--x--\r\n", kind and kind.encode("latin-1")), status)


def test_many_parts_are_ignored_or_refused(client, quick, crops):
    others, photos = part(b'form-data; name="a"; filename="b"') * 99, part() * 99
    whole = others + part(content=encoded(crops[0], "PNG")) + b"--x--\r\n"
    assert send(client, quick, whole).json()[0]["faces"][0]["label"] == "happy"
    assert "more than 20 photos" in is_refusal(send(client, quick, photos), 413)
    assert "more than 100 parts" in is_refusal(send(client, quick, others + whole), 413)


def test_random_bytes_are_refused(client, quick):
    draw = np.random.default_rng(0)
    starts = (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0\x08\0\0\0", b"RIFF", b"P6 ")
    for i in range(200):
        content = starts[i % len(starts)] + draw.bytes(draw.integers(0, 3000))
        is_refusal(ask(client, quick, ("a.jpg", content)), 422, 413)
        if i % 4 == 0:
            is_refusal(send(client, quick, content), 400)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM"])
def test_photos_with_changed_bytes_are_answered_or_refused(client, quick, crops, format):
    draw, whole = np.random.default_rng(1), np.frombuffer(encoded(crops[0], format), np.uint8)
    for _ in range(30):
        changed = whole.copy()
        at = draw.integers(0, draw.choice([60, len(whole)]), draw.integers(1, 9))
        changed[at] = draw.integers(0, 256, len(at))
        response = ask(client, quick, ("a", changed.tobytes()))
        assert response.status_code in (200, 413, 422)
        assert set(response.json()) == {"detail"} if response.status_code != 200 else response.json()[0]["status"]


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/../../etc/passwd", 404), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404), ("GET", "/page/index.html", 404),
    ("GET", "/" + "a" * 9000, 404), ("GET", "/predict", 405), ("PUT", "/", 405), ("DELETE", "/model", 405), ("POST", "/", 405),
    ("HEAD", "/", 200),
])
def test_other_paths_and_methods_are_refused(client, quick, method, path, status):
    assert client.request(method, quick + path).status_code == status


@pytest.mark.parametrize(("content", "words"), [
    (rle_bmp(7000, 5500, b"\1\1\0\0" * 5500 + b"\0\1"), "the photo: BMP in this form is decoded slowly"),
    (b"P3 7000 7000 255\n" + b"0 " * 11_000, "the photo: PPM in this form is decoded slowly"),
    (png(49_000_000, 1), ""), (png(65_535, 3, rows=b"\0" * 65_536 * 3), None)])
def test_photos_of_slow_forms_and_odd_shapes_are_refused_before_they_are_decoded(client, quick_of_any_size, content, words):
    answer = ask(client, quick_of_any_size, ("a", content))
    if words is None:
            assert answer.json()[0]["status"] == "no-face"
    else:
        assert words in is_refusal(answer, 422, 413)


def test_values_without_a_known_range_are_refused_with_advice(client, quick):
    content = encoded(np.array([[-1.0, 2.0]], np.float32), "TIFF")
    assert "scale them to 0-255" in is_refusal(ask(client, quick, ("a.tiff", content)), 422)
