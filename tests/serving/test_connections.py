"""Connections that are held open, or fed a byte at a time: they are closed in time, and others are answered meanwhile."""

import asyncio
import logging
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from helpers.servers import Quick, ask, connected, png, running, talk

from featfer.serving import Limits
from featfer.serving.app import make_app
from featfer.serving.connections import silence_full_errors

SHORT = Limits(head_seconds=0.5, seconds=2, connections=6, parts=5, waiting=4)
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b"
FORM = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
SERVER = """
import socket, resource, sys
sys.path.insert(0, {tests!r})
from helpers.servers import Quick
from featfer.serving.app import make_app
from featfer.serving.uvicorn_server import Server
listening = socket.create_server(("127.0.0.1", 0))
app = make_app(Quick())
resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))
print(listening.getsockname()[1], flush=True)
Server(app).run(sockets=[listening])
"""


@pytest.fixture
def url():
    with running(make_app(Quick(), SHORT)) as address:
        yield address


@pytest.fixture(autouse=True)
def silence(caplog, capfd):
    """No test may make the server print or log anything."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING
            and record.name != "asyncio"] == []
    assert capfd.readouterr().err == ""


def is_closed(connection, seconds=20):
    """Say whether the other end closes a connection in time."""
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def drips(connection, drop=b"a", seconds=20):
    """Say whether a connection is closed while a byte is sent every tenth of a second."""
    end = time.monotonic() + seconds
    connection.settimeout(0.1)
    while time.monotonic() < end:
        try:
            connection.sendall(drop)
            if not connection.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize("sent", [b"", b"GET", HALF, b"GET / HTTP/1.1\r\n"])
def test_a_head_that_does_not_end_is_given_up(url, sent):
    with connected(url) as connection:
        connection.sendall(sent)
        assert is_closed(connection)


def test_a_head_that_comes_slowly_is_given_up(url):
    with connected(url) as connection:
        connection.sendall(HALF)
        assert drips(connection)


def test_a_second_head_that_does_not_end_is_given_up(url):
    with connected(url) as connection:
        connection.sendall(b"GET /model HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)
        connection.sendall(HALF)
        assert drips(connection)


def test_a_body_that_comes_slowly_is_given_up(url):
    with connected(url) as connection:
        connection.sendall(FORM + b"Content-Length: 100000\r\n\r\n--x\r\n")
        assert drips(connection)


def test_a_body_of_a_get_request_does_not_keep_a_connection(url):
    with connected(url) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b"405 Method Not Allowed" in connection.recv(65536)
        assert drips(connection, b"1\r\na\r\n")


def test_a_bad_chunk_after_the_answer_is_no_fault(url):
    with connected(url) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b"405 Method Not Allowed" in connection.recv(65536)
        connection.sendall(b"no chunk\r\n")
        assert is_closed(connection)


def test_answers_that_are_not_read_do_not_keep_a_connection(url):
    with connected(url) as connection:
        connection.settimeout(0.5)
        sent = 0
        with pytest.raises(OSError):
            while sent < 50_000_000:
                sent += connection.send(b"GET /script.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
        assert httpx.get(url).status_code == 200


def test_a_slow_upload_that_is_fast_enough_is_answered(crops):
    photo = png(crops[0])
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + photo + b"\r\n--x--\r\n"
    limits = Limits(head_seconds=0.4, bytes_per_second=len(body) // 4)
    with running(make_app(Quick(), limits)) as url, connected(url) as connection:
        connection.sendall(FORM + b"Content-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), len(body) // 8 + 1):
            connection.sendall(body[at:at + len(body) // 8 + 1])
            time.sleep(0.15)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_connections_beyond_the_limit_replace_idle_ones(crops):
    with running(make_app(Quick(), Limits(connections=6))) as url, ExitStack() as held:
        connections = [held.enter_context(connected(url)) for _ in range(40)]
        for connection in connections:
            try:
                connection.sendall(HALF)
            except OSError:  # given up already
                continue
        assert ask(url, ("a.png", png(crops[0]))).status_code == 200
        assert sum(not is_closed(connection, 0.05) for connection in connections) <= 6


def test_without_an_idle_connection_a_new_one_is_refused(crops):
    quick = Quick()
    quick.free.clear()
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + png(crops[0]) + b"\r\n--x--\r\n"
    with running(make_app(quick, Limits(connections=2))) as url, connected(url) as one, connected(url) as other:
        for connection in (one, other):
            connection.sendall(FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert quick.begun.wait(20)
        answered = talk(url, b"GET /model HTTP/1.1\r\nHost: localhost\r\n\r\n")
        quick.free.set()
        assert answered.startswith(b"HTTP/1.1 503 ") and b"too many connections" in answered
        assert one.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
    b"GET /model HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300,
])
def test_odd_requests_are_answered(url, sent):
    with connected(url) as connection:
        connection.sendall(sent)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [
    b"\x16\x03\x01\x02\0\x01\0", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 200_000,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000, b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
])
def test_what_is_no_request_is_closed(url, sent):
    with connected(url) as connection:
        try:
            connection.sendall(sent)
        except OSError:
            return
        assert is_closed(connection)


def test_parts_of_a_form_are_counted(url, crops):
    other = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    answer = httpx.post(f"{url}/predict", content=other * 6 + b"--x--\r\n",
                        headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, answer.json()) == (413, {"detail": "more than 5 parts in one form: send the photos in several"})


@pytest.mark.parametrize("error", [MemoryError(), OSError(24, "Too many open files")])
def test_a_lack_of_descriptors_or_memory_is_not_logged(error, caplog):
    async def fail():
        silence_full_errors()
        asyncio.get_running_loop().call_exception_handler({"message": "Fatal error", "exception": error})
    asyncio.run(fail())
    assert caplog.records == []


def test_out_of_descriptors_the_server_stays_silent_and_answers(crops):
    code = SERVER.format(tests=str(Path(__file__).parents[1]))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        port = int(re.fullmatch(r"(\d+)\n", process.stdout.readline())[1])
        with ExitStack() as held:
            for _ in range(200):
                held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)).sendall(b"GET")
            assert httpx.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 200
        assert ask(f"http://127.0.0.1:{port}", ("a.png", png(crops[0]))).status_code == 200
        assert httpx.post(f"http://127.0.0.1:{port}/predict", content=b"no form",
                          headers={"Content-Type": "multipart/form-data; boundary=x"}).status_code == 400
        process.terminate()
        assert process.communicate(timeout=30)[1] == ""
    finally:
        process.kill()
        process.communicate()
