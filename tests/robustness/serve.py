"""A server under requests that never end, are fed a byte at a time, or take long: others are answered meanwhile, in time."""

import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from urllib.parse import urlsplit

import httpx
from robustness import seeds
from robustness.bad_files import scans, slow_pictures

TESTS = Path(__file__).parents[1]
DESCRIPTORS = 256      # that the server may have open, as many systems let it
MEANWHILE = 10         # seconds in which others must be answered
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b"
FORM = (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 9000000\r\n\r\n")
PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
SERVER = """
import resource, socket, sys
sys.path.insert(0, {tests!r})
from helpers.servers import Quick
from featfer.serving import Limits
from featfer.serving.app import make_app
from featfer.serving.uvicorn_server import Server
listening = socket.create_server(("127.0.0.1", 0))
app = make_app(Quick(), Limits({limits}))
resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors}))
print(listening.getsockname()[1], flush=True)
Server(app).run(sockets=[listening])
"""


@contextmanager
def serving(outcomes, limits=""):
    """Run a server in a process of its own for a `with` block; gives (address, process). What it says is a fault."""
    code = SERVER.format(tests=str(TESTS), limits=limits, descriptors=DESCRIPTORS)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{re.fullmatch(r'([0-9]+)', process.stdout.readline().strip())[1]}"
        answered(url)  # what it imports, it imports before it is tried
        yield url, process
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[1]
        outcomes["the server ended silently" if said == "" else f"FAULT: {len(said)} bytes were said: {said[-200:]!r}"] += 1
    except (OSError, subprocess.TimeoutExpired, httpx.HTTPError) as error:
        outcomes[f"FAULT: {type(error).__name__}: {error}"] += 1
    finally:
        process.kill()
        process.communicate()


def answered(url):
    """Send a photo; return the status of the answer, or what came in its place."""
    begin = time.monotonic()
    try:
        answer = httpx.post(f"{url}/predict", files={"files": ("a.png", seeds.encoded(seeds.face(), "PNG"))}, timeout=60)
    except httpx.HTTPError as error:
        return type(error).__name__
    return answer.status_code if time.monotonic() - begin < MEANWHILE else "too late"


def _meanwhile(url, outcomes, is_busy=False):
    """Count whether a photo is answered; is_busy: all places of those that wait may be taken."""
    words = {200: "another was answered meanwhile"} | ({503: "another was told to come again"} if is_busy else {})
    status = answered(url)
    outcomes[words.get(status, f"FAULT: another was not answered: {status}")] += 1


# -- requests that do not end -----------------------------------------------------------------------------------------

def held(count, kinds, limits="", seconds=90):
    """Open so many connections, send the beginning of a request on each, and now and then a byte more.

    kinds: list of (what is sent, what is sent now and then), one for each connection in turn
    """
    outcomes, hard = Counter(), resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with serving(outcomes, limits) as (url, _), ExitStack() as opened, DefaultSelector() as selector:
        for _, (sent, drop) in zip(range(count), cycle(kinds), strict=False):
            selector.register(opened.enter_context(_connected(url, sent)), EVENT_READ, drop)
        _meanwhile(url, outcomes, is_busy=any(sent.startswith(FORM) for sent, _ in kinds))
        outcomes["closed in time"] += _closed(selector, time.monotonic() + seconds)
        outcomes["FAULT: held for ever"] += len(selector.get_map())
        _meanwhile(url, outcomes)
    return +outcomes


def _connected(url, sent):
    connection = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=20)
    with suppress(OSError):  # closed already
        connection.sendall(sent)
    return connection


def _closed(selector, end):
    """Wait until all connections are closed, or the end; send a little on each now and then. Return how many were closed."""
    closed = 0
    while selector.get_map() and time.monotonic() < end:
        for key, _ in selector.select(0.5):
            if not _is_open(key.fileobj.recv, 65536):
                selector.unregister(key.fileobj)
                closed += 1
        for key in list(selector.get_map().values()):
            if key.data:
                _is_open(key.fileobj.send, key.data)
        time.sleep(0.1)
    return closed


def _is_open(do, given):
    try:
        return bool(do(given))
    except OSError:
        return False


def heads(folder, count=900, limits=""):
    """Hold connections open with half a head on each."""
    return held(count, [(HALF, b"")], limits)


def dripping(folder, count=80, limits=""):
    """Feed heads and bodies a byte at a time."""
    return held(count, [(HALF, b"a"), (b"", b"G"), (FORM, b"-"), (FORM + PART, b"a")], limits)


# -- requests that take long ------------------------------------------------------------------------------------------

def _sent(url, content):
    try:
        return httpx.post(f"{url}/predict", files={"files": ("a.png", content)}, timeout=120).status_code
    except httpx.HTTPError as error:
        return type(error).__name__


def slow(folder, times=4):
    """Send slow pictures, several at a time; others must be answered meanwhile."""
    outcomes, made = Counter(), {**slow_pictures(), "JPEG of 2,000 scans": lambda: scans(2000)}
    with serving(outcomes) as (url, _), ThreadPoolExecutor(times) as pool:
        for name, make in made.items():
            content = make()
            statuses = [pool.submit(_sent, url, content) for _ in range(times)]
            _meanwhile_or_full(url, outcomes)
            for status in (future.result() for future in statuses):
                is_refused = status in (413, 422, 503)
                outcomes["a slow picture was refused" if is_refused else f"FAULT: {name}: {status}"] += 1
    return outcomes


def _meanwhile_or_full(url, outcomes):
    """Send a photo while others are worked on, again where there is no place among those that wait."""
    end = time.monotonic() + MEANWHILE
    while (status := answered(url)) == 503 and time.monotonic() < end:
        time.sleep(0.2)
    outcomes["another was answered meanwhile" if status == 200 else f"FAULT: another was not answered: {status}"] += 1


def many_parts(folder, counts=(101, 10_000, 1_000_000)):
    """Send forms of very many parts, with and without photos in them."""
    outcomes = Counter()
    with serving(outcomes) as (url, _):
        for part in (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n', PART + b"b\r\n", b"--x\r\n\r\n\r\n"):
            for count in counts:
                status = _form(url, part * count + b"--x--\r\n")
                outcomes["refused" if status == 413 else f"FAULT: {count} parts: {status}"] += 1
        _meanwhile(url, outcomes)
    return outcomes


def _form(url, body):
    try:
        return httpx.post(f"{url}/predict", content=body, timeout=60,
                          headers={"Content-Type": "multipart/form-data; boundary=x"}).status_code
    except httpx.HTTPError:  # closed while the body was sent
        return 413


def large(folder, rooms=(1 << 24, 1 << 26, 1 << 28)):
    """Send a large photo to a server that has little memory left; then a small one."""
    outcomes, photo = Counter(), seeds.encoded(seeds.face(6000), "PNG")
    for room in rooms:
        with serving(outcomes) as (url, process):
            used = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(process.pid, resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
            status = _sent(url, photo)
            words = {503: "short of memory, said so", 200: "there was enough", 413: "short of memory, said so"}
            outcomes[words.get(status, f"FAULT: {room}: {status}")] += 1
            resource.prlimit(process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            _meanwhile(url, outcomes)
    return outcomes
