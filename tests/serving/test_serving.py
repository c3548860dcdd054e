import io
import json
import logging
import re
import socket
import sys
import tempfile

import httpx
import numpy as np
import pytest
from helpers.servers import Quick, ask, png, refused, running
from PIL import Image

from featfer.bundle.persist import load, read_card
from featfer.errors import MissingError, ParameterError
from featfer.labels import FER7
from featfer.prediction.predict import number_faces
from featfer.serving import serve
from featfer.serving.app import PAGE, make_app
from featfer.serving.schemas import PHOTO, UNREAD, Photo, Unread

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def url(recognizer, bundle):
    """Address of a server with a trained recognizer."""
    with running(make_app(recognizer, name="svm", card=read_card(bundle))) as address:
        yield address


@pytest.fixture
def quick():
    return Quick()


@pytest.fixture
def plain_url(quick):
    """Address of a server with one constant answer, and without a card."""
    with running(make_app(quick)) as address:
        yield address


@pytest.fixture
def small(crops):
    """The bytes of a small photo."""
    return png(crops[0])


def plain(expressions):
    return json.loads(json.dumps(number_faces(expressions)))


@pytest.fixture(autouse=True)
def no_traceback(caplog):
    """No test may make the server log an error."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


# What it answers

def test_answers_are_what_the_recognizer_predicts(url, recognizer, photo, crops):
    response = ask(url, ("hopper.jpg", photo.read_bytes()), ("crop.png", png(crops[1])))
    assert response.status_code == 200
    of_photo, of_crop = recognizer.predict(photo)[0], recognizer.predict(crops[1])[0]
    assert response.json() == [{"name": "hopper.jpg", "width": 512, "height": 600, "status": "found", "faces": plain(of_photo)},
                               {"name": "crop.png", "width": 48, "height": 48, "status": "found", "faces": plain(of_crop)}]
    assert response.headers["content-type"] == "application/json"


def test_a_request_says_below_which_confidence_a_face_is_unsure(url, recognizer, photo):
    face, = recognizer.predict(photo)[0]
    for reject, label in ((face.confidence, face.label), (min(1, face.confidence + 1e-6), "unsure")):
        (answer,) = ask(url, photo.read_bytes(), params={"reject": reject}).json()
        assert answer["faces"] == plain([face.rejected_below(reject)])
        assert answer["faces"][0]["label"] == label
    for reject in ("2", "-1", "nan", "much"):
        refused(ask(url, photo.read_bytes(), params={"reject": reject}), 422, f"reject '{reject}' is not a number from 0 to 1")


def test_a_server_says_below_which_confidence_a_face_is_unsure(recognizer, photo):
    with running(make_app(recognizer, reject=1.0)) as address:
        assert [ask(address, photo.read_bytes(), params=params).json()[0]["faces"][0]["label"] for params in (
            {}, {"reject": 0})] == ["unsure", recognizer.predict(photo)[0][0].label]
    with pytest.raises(ParameterError, match="reject 2 is not from 0 to 1"):
        make_app(recognizer, reject=2)


@pytest.mark.parametrize(("no_face", "status", "faces"), [("skip", "no-face", 0), ("whole", "whole-image", 1)])
def test_a_photo_without_a_face_is_skipped_or_taken_whole(quick, no_face, status, faces):
    with running(make_app(quick, no_face=no_face)) as address:
        answer, = ask(address, ("room.png", png(np.full((200, 300), 90, np.uint8)))).json()
    assert (answer["status"], len(answer["faces"])) == (status, faces)


def test_no_face_error_refuses_a_photo_without_a_face(quick, small):
    with running(make_app(quick, no_face="error")) as address:
        room = ("room.png", png(np.full((200, 300), 90, np.uint8)))
        refused(ask(address, room), 422, "no face found")
        answers = ask(address, room, ("face.png", small)).json()
    assert answers[0] == {"name": "room.png", "error": "no face found: send a photo with a larger or more upright face"}
    assert answers[1]["status"] == "found"


def test_sizes_and_boxes_are_those_of_the_upright_photo(url, recognizer, photo):
    with Image.open(photo) as image:
        turned, exif, buffer = image.transpose(Image.Transpose.ROTATE_90), Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise to be seen upright
    turned.save(buffer, "JPEG", quality=95, exif=exif)
    answer, = ask(url, ("turned.jpg", buffer.getvalue())).json()
    assert (answer["width"], answer["height"]) == (512, 600)
    assert answer["faces"][0]["box"] == pytest.approx(recognizer.predict(photo)[0][0].box, abs=8)


def test_model_says_what_it_is(url, bundle):
    model, test = httpx.get(f"{url}/model").json(), read_card(bundle)["figures"]["test"]
    assert (model["name"], model["classifier"], model["labels"]) == ("svm", "svm", list(FER7.names))
    assert model["figures"]["test"] == {"images": 70, "accuracy": test["accuracy"], "macro_f1": test["macro"]["f1-score"]}
    assert (model["limits"]["files"], model["limits"]["bytes"]) == (20, 50_000_000)


def test_a_model_without_a_card_has_no_figures(plain_url):
    assert httpx.get(f"{plain_url}/model").json() == {"name": "model", "labels": list(FER7.names), "figures": {}, "limits": {
        "bytes": 50_000_000, "files": 20, "pixels": 50_000_000, "faces": 100, "seconds": 60, "waiting": 4,
        "head_seconds": 10, "bytes_per_second": 10_000, "parts": 100, "connections": 100}}


def test_openapi_describes_the_upload_every_refusal_and_true_examples(url):
    api = httpx.get(f"{url}/openapi.json").json()
    assert set(api["paths"]) == {"/model", "/predict"}
    predict = api["paths"]["/predict"]["post"]
    field = predict["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]["files"]
    assert field["items"] == {"type": "string", "format": "binary"}
    assert set(predict["responses"]) == {"200", "400", "403", "408", "413", "415", "422", "503", "504"}
    for status, answer in predict["responses"].items():
        example = answer["content"]["application/json"]["example"]
        assert example == [PHOTO, UNREAD] if status == "200" else set(example) == {"detail"}
    assert Photo(**PHOTO).model_dump(mode="json") == PHOTO and Unread(**UNREAD).model_dump() == UNREAD
    assert {"Photo", "Unread", "Face", "Model", "Problem"} <= set(api["components"]["schemas"])


def test_documentation_pages_that_load_from_elsewhere_are_off(url):
    assert {httpx.get(f"{url}/{path}").status_code for path in ("docs", "redoc")} == {404}


def test_the_page_has_all_it_needs_and_nothing_from_outside(url):
    contents = {path: httpx.get(url + path) for path in PAGE}
    assert {answer.status_code for answer in contents.values()} == {200}
    page, script = contents["/"].text, contents["/script.js"].text
    assert contents["/"].headers["content-type"] == "text/html; charset=utf-8"
    assert contents["/script.js"].headers["content-type"].startswith("text/javascript")
    named = set(re.findall(r'(?:src|href)="([^"]+)"', page)) | set(re.findall(r'from "\./([^"]+)"', script))
    assert {f"/{name.lstrip('/')}" for name in named} == {*PAGE, "/openapi.json", "/model"}
    for answer in contents.values():
        assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)//|innerHTML|insertAdjacentHTML|document\.write", answer.text)
    assert not re.search(r"<script>|style=| on\w+=", page)  # the policy would not let them run


def test_every_answer_is_secured(url):
    answers = [httpx.get(url), httpx.get(f"{url}/nowhere"), httpx.get(f"{url}/model"), httpx.get(f"{url}/predict"),
               httpx.options(f"{url}/predict", headers={"Access-Control-Request-Method": "POST"})]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 405, 405]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers


# Who may ask

@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "127.9.9.9", "[::1]:8000", "LOCALHOST:80"])
def test_names_of_this_machine_are_answered(plain_url, host):
    assert httpx.get(f"{plain_url}/model", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8000", "192.168.1.4", "[", "",
                                  "user@evil.example", "localhost@evil.example", "0.0.0.0"])
@pytest.mark.parametrize("path", ["/", "/model", "/openapi.json", "/predict"])
def test_other_names_are_refused(plain_url, host, path):
    refused(httpx.get(plain_url + path, headers={"Host": host}), 403, "is not a name of this machine")


def test_a_public_server_answers_to_any_name(quick):
    with running(make_app(quick, local=False)) as address:
        assert httpx.get(f"{address}/model", headers={"Host": "faces.example"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://[", ""])
def test_pages_of_other_sites_are_refused(plain_url, quick, small, origin):
    refused(ask(plain_url, ("a.png", small), headers={"Origin": origin}), 403, "may not use this server")
    assert quick.calls == 0


def test_the_page_itself_is_answered(plain_url, small):
    assert ask(plain_url, ("a.png", small), headers={"Origin": plain_url}).status_code == 200


def test_nothing_goes_to_disk(url, crops, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200), np.uint8)
    assert len(png(noise)) > 1_200_000
    assert ask(url, ("noise.png", png(noise))).status_code == 200


# Starting

def test_a_taken_port_is_an_error_that_names_it(bundle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ParameterError, match=f"port {port}: cannot listen there .*name another port"):
            serve(bundle, port=port)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.7", 0), ("no host", 0), ("é" * 70, 0), ("127.0.0.1", 70_000)])
def test_what_is_no_address_of_this_machine_is_an_error(bundle, host, port):
    with pytest.raises(ParameterError, match="cannot listen there"):
        serve(bundle, host, port)


def test_without_its_packages_the_line_that_installs_them_is_named(bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingError, match=r"pip install .*\[serve\]'"):
        serve(bundle)
