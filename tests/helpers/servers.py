"""How the tests of serving run servers, and what stands in for a recognizer there."""

import io
import socket
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from PIL import Image

from featfer.expression import Expression
from featfer.labels import FER7
from featfer.serving.uvicorn_server import Server


@contextmanager
def running(app):
    """Run an application at a free port of this machine, in a thread; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Quick:
    """Sees happiness in every face at once; or, held, once it is let go."""

    label_set, features = FER7, ()

    def __init__(self):
        self.free = threading.Event()
        self.free.set()
        self.begun = threading.Event()
        self.calls = 0

    def expressions(self, faces):
        self.calls += 1
        self.begun.set()
        self.free.wait(20)
        shares = {name: float(name == "happy") for name in FER7.names}
        return [Expression("happy", shares, face.box, face.status, None) for face in faces]


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def ask(url, *photos, **options):
    return httpx.post(f"{url}/predict", files=[("files", photo) for photo in photos], timeout=30, **options)


def refused(response, status, words):
    """Check that an answer is a refusal for this reason, secured as all are."""
    assert (response.status_code, list(response.json())) == (status, ["detail"]), response.text
    assert words in response.json()["detail"]
    assert response.headers["x-content-type-options"] == "nosniff"


def connected(url):
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=20)


def talk(url, *sent):
    """Send bytes as they are, over a connection of its own; return all that is answered, up to the end of its JSON."""
    with connected(url) as connection:
        for data in sent:
            connection.sendall(data)
        answered = b""
        while not answered.endswith(b"}") and (more := connection.recv(65536)):
            answered += more
        return answered
