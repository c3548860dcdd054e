import io
import logging
import struct
import time
import zlib

import httpx
import numpy as np
import pytest
from fastapi import HTTPException
from helpers.servers import Quick, ask, connected, png, refused, running, talk
from PIL import Image

from featfer.errors import ParameterError
from featfer.serving import Limits, recognition
from featfer.serving.app import make_app
from featfer.serving.recognition import read_photo

START = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
TIGHT = Limits(bytes=300_000, files=3, pixels=400_000, faces=2, seconds=60, waiting=1)


@pytest.fixture
def quick():
    return Quick()


@pytest.fixture
def tight(quick):
    """Address of a server with tight limits and one constant answer."""
    with running(make_app(quick, TIGHT)) as address:
        yield address
        quick.free.set()


@pytest.fixture
def small(crops):
    """The bytes of a small photo."""
    return png(crops[0])


def head(*lines):
    """Return the head of a request with a multipart form."""
    return "\r\n".join(["POST /predict HTTP/1.1", "Host: localhost", "Content-Type: multipart/form-data; boundary=x", *lines,
                        "", ""]).encode()


def bomb(width, height):
    """Return a PNG of a few bytes whose header declares a size."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))


@pytest.fixture(autouse=True)
def no_traceback(caplog):
    """No test may make the server log an error."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


def test_too_many_bytes_are_refused_before_they_are_sent(tight):
    assert talk(tight, head(f"Content-Length: {10**12}")).startswith(b"HTTP/1.1 413 ")


def test_too_many_bytes_are_refused_while_they_come(tight):
    piece = b"%x\r\n" % 50_000 + bytes(50_000) + b"\r\n"
    answered = talk(tight, head("Transfer-Encoding: chunked"), b"%x\r\n" % len(START) + START + b"\r\n", *[piece] * 7)
    assert answered.startswith(b"HTTP/1.1 413 ") and b"larger than 300,000 bytes" in answered


def test_a_large_photo_is_refused(tight):
    refused(ask(tight, ("a.png", bytes(400_000))), 413, "larger than 300,000 bytes")


def test_too_many_files_are_refused(tight, quick, small):
    assert len(ask(tight, *[("a.png", small)] * 3).json()) == 3
    refused(ask(tight, *[("a.png", small)] * 4), 413, "more than 3 photos")
    assert quick.calls == 3


@pytest.mark.parametrize(("width", "height"), [(1000, 401), (100_000, 100_000), (2**31 - 1, 2**31 - 1), (15_000, 8_000)])
def test_too_many_pixels_are_refused_by_the_header(tight, width, height):
    refused(ask(tight, ("a.png", bomb(width, height))), 413, "more than 400,000")


def test_too_many_faces_are_refused(tight, quick, photo):
    with Image.open(photo) as image:
        face = np.asarray(image.convert("L").crop((125, 60, 425, 360)).resize((200, 200)))
    answer, = ask(tight, ("a.png", png(np.hstack([face] * 2)))).json()
    assert [face["label"] for face in answer["faces"]] == ["happy"] * 2
    refused(ask(tight, ("a.png", png(np.hstack([face] * 3)))), 422, "3 faces are more than 2")
    assert quick.calls == 1


def test_slow_work_is_given_up_and_the_server_stays_usable(quick, small):
    with running(make_app(quick, Limits(seconds=3))) as address:
        assert ask(address, ("a.png", small)).status_code == 200  # the detector is loaded
        quick.free.clear()
        refused(ask(address, *[("a.png", small)] * 3), 504, "longer than 3 s")
        assert httpx.get(address).status_code == 200
        quick.free.set()
        assert ask(address, ("a.png", small)).status_code == 200
    assert quick.calls == 3  # two of the photos that took too long were left out


def test_too_many_waiting_requests_are_refused(quick, small):
    body = START + small + b"\r\n--x--\r\n"
    with running(make_app(quick, Limits(waiting=1))) as address, connected(address) as one, connected(address) as other:
        for connection in (one, other):
            connection.sendall(head(f"Content-Length: {len(body)}", "Expect: 100-continue"))
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")  # it has its place, and may send
        extra = ask(address, ("a.png", small))
        refused(extra, 503, "too many requests")
        assert int(extra.headers["retry-after"]) > 0
        for connection in (one, other):
            connection.sendall(body)
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        assert ask(address, ("a.png", small)).status_code == 200


def test_an_upload_that_never_ends_is_given_up(quick):
    with running(make_app(quick, Limits(seconds=0.5))) as address:
        answered = talk(address, head("Content-Length: 1000") + START)
    assert answered.startswith(b"HTTP/1.1 408 ") and b"longer than 0.5 s" in answered


def test_work_ends_when_the_client_goes(quick, small):
    quick.free.clear()
    body = START + small + b"\r\n" + START + small + b"\r\n--x--\r\n"
    with running(make_app(quick)) as address:
        with connected(address) as connection:
            connection.sendall(head(f"Content-Length: {len(body)}") + body)
            assert quick.begun.wait(20)
        time.sleep(1)  # in which the server sees that the connection is closed
        quick.free.set()
        assert ask(address, ("a.png", small)).status_code == 200
    assert quick.calls == 2


def test_a_decoder_is_stopped():
    buffer, asked = io.BytesIO(), iter([False] * 5)
    Image.effect_noise((900, 900), 90).save(buffer, "JPEG", progressive=True)
    with pytest.raises(HTTPException, match="cannot be decoded"):
        read_photo(buffer.getvalue(), Limits(), lambda: next(asked, True))
    assert read_photo(buffer.getvalue(), Limits(), lambda: False).shape == (900, 900)


def test_a_lack_of_memory_is_not_taken_for_damage(quick, small, monkeypatch):
    def lacking(*_):
        raise MemoryError
    with running(make_app(quick)) as address:
        monkeypatch.setattr(quick, "expressions", lacking)
        refused(ask(address, ("a.png", small)), 503, "too little memory for this photo now")
        monkeypatch.undo()
        assert ask(address, ("a.png", small)).status_code == 200


@pytest.mark.parametrize("limit", ["bytes", "files", "pixels", "faces", "seconds", "waiting", "head_seconds",
                                   "bytes_per_second", "parts", "connections"])
def test_limits_are_above_0(limit):
    with pytest.raises(ParameterError, match=f"limits: {limit} 0 is not above 0"):
        Limits(**{limit: 0})


@pytest.mark.parametrize("place", ["decoding", "opening", "detecting", "recognizing"])
@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_without_memory_the_server_says_so_and_answers_later(crops, monkeypatch, place, error):
    def fail(*args, **options):
        raise error
    recognizer = Quick()
    photo = ("a.png", png(crops[0]))
    with running(make_app(recognizer)) as url:
        with monkeypatch.context() as patch:
            patch.setattr(*{"decoding": (recognition, "decode_pixels"), "opening": (recognition, "open_image"),
                            "detecting": (recognition, "find_faces_for"),
                            "recognizing": (recognizer, "expressions")}[place], fail)
            answer = ask(url, photo)
            refused(answer, 503, "there is too little memory for this photo now")
            assert int(answer.headers["Retry-After"]) > 0
            assert [list(part) for part in ask(url, photo, photo).json()] == [["name", "error"]] * 2
        assert ask(url, photo).status_code == 200
