import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys

import httpx
import pytest
import uvicorn
from helpers.commands import SCRIPT, refused, run
from helpers.servers import connected

from featfer.utils.environment import name_install_command


def test_it_serves_until_interrupted(bundle, photo):
    words = [SCRIPT, "serve", "--port", "0", "--model", bundle]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"Open (http://127\.0\.0\.1:\d+) in a browser\. Ctrl-C ends the server\.\n", line)
        assert found, line + process.stderr.read()
        assert "<title>featfer" in httpx.get(found[1]).text
        assert httpx.get(f"{found[1]}/model").json()["name"] == "svm"
        answer, = httpx.post(f"{found[1]}/predict", files={"files": photo.open("rb")}, timeout=60).json()
        assert answer["name"] == photo.name and answer["faces"][0]["status"] == "found"
        with connected(found[1]) as unfinished:
            unfinished.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nExpect: 100-continue\r\n"
                               b"Content-Type: multipart/form-data; boundary=x\r\n\r\n")
            assert unfinished.recv(100).startswith(b"HTTP/1.1 100 ")
            process.send_signal(signal.SIGINT)
            assert unfinished.recv(100).startswith(b"HTTP/1.1 503 ")
        assert (process.communicate(timeout=30), process.returncode) == (("", ""), 0)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def stopped(monkeypatch):
    """The applications of servers that are stopped as soon as they would run."""
    apps = []

    def stop(server, sockets):
        apps.append(server.config.app)
        raise KeyboardInterrupt
    monkeypatch.setattr(uvicorn.Server, "run", stop)
    return apps


def ask(app, path, host):
    """Ask an application that does not run, from another machine."""
    async def answered():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}") as client:
            return await client.get(path)
    return asyncio.run(answered())


def test_on_the_local_address_it_answers_to_local_names(bundle, stopped):
    result = run("serve", "--port", "0", "--model", bundle, "--host", "localhost")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(r"Open http://localhost:\d+ in a browser\. .*\n", result.stdout)
    assert ask(stopped[0], "/model", "localhost").json()["figures"]["test"]["images"] == 70
    assert ask(stopped[0], "/model", "faces.example").status_code == 403


def test_it_opens_to_other_machines_with_a_warning(bundle, stopped, tmp_path):
    cardless = shutil.copy(bundle, tmp_path / "own.joblib")
    result = run("serve", "--port", "0", "--model", cardless, "--no-verify", "--host", "0.0.0.0")
    assert result.exit_code == 0
    assert result.stderr == "Warning: every machine that can reach this one may use the server; it asks for no password.\n"
    model = ask(stopped[0], "/model", "faces.example").json()
    assert (model["name"], model["figures"]) == ("own", {})


def test_a_taken_port_is_named(bundle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}: cannot listen there" in refused("serve", "--port", port, "--model", bundle)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_an_invalid_port_is_refused(port):
    assert "'--port'" in refused("serve", "--port", port)


def test_an_unknown_model_is_named():
    assert "knn: no such file" in refused("serve", "--port", "0", "--model", "knn")


def test_a_bundle_without_its_card_is_refused(bundle, tmp_path):
    assert "no such card" in refused("serve", "--port", "0", "--model", shutil.copy(bundle, tmp_path / "own.joblib"))


def test_missing_packages_are_named_with_the_command_that_installs_them(bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert name_install_command("serve") in refused("serve", "--port", "0", "--model", bundle)
