"""The page in a browser: Debian's chromium with a fresh profile, and a face before its webcam."""

import base64
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.pictures import aslant
from helpers.servers import png, running
from PIL import Image

from featfer.bundle.persist import load, read_card
from featfer.labels import FER7
from featfer.prediction.predict import number_faces
from featfer.serving import Limits
from featfer.serving.app import make_app

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--use-fake-device-for-media-stream",
             "--use-fake-ui-for-media-stream"]
WAIT = 60_000  # ms; a busy machine is slow
BLUE = (0, 114, 178)
DROP = """async ([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)), dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true }));
}"""

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[test]'")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread"),
              pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")]


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def url(recognizer, bundle):
    with running(make_app(recognizer, Limits(bytes=3_000_000), "svm", read_card(bundle))) as address:
        yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory, photo):
    video = tmp_path_factory.mktemp("webcam") / "face.mjpeg"
    with Image.open(photo) as image:
        image.convert("RGB").crop((0, 60, 512, 444)).resize((640, 480)).save(video, "JPEG")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM,
                                             args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={video}"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, url, request):
    """The page, opened; it has asked nothing of other hosts, and its console has no errors but those in page.expected."""
    context = chromium.new_context(**getattr(request, "param", {}))
    page, said, asked = context.new_page(), [], []
    page.set_default_timeout(WAIT)
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.expected, page.asked = [], asked
    page.goto(url)
    page.locator("#model:not(:empty)").wait_for()
    yield page
    context.close()
    assert [text for text in said if not any(words in text for words in page.expected)] == []
    assert [address for address in asked if not address.startswith((f"{url}/", f"blob:{url}/"))] == []


@pytest.fixture(scope="module")
def pair(photo):
    """The bytes of a photo of two faces, the second mirrored."""
    with Image.open(photo) as image:
        pixels = np.asarray(image.convert("L"))[60:400]
    return png(np.hstack([pixels, pixels[:, ::-1]]))


def drop(page, name, content):
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def dropped(page, name, content):
    """Drop a photo on the page; return its card with all faces."""
    drop(page, name, content)
    card = page.locator(".card").last
    card.locator(".faces").wait_for()
    return card


def saved(page, button):
    """Press a button; return the name and the text of the file that it saves."""
    with page.expect_download() as waiting:
        page.locator(button).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes().decode()


def pixels(canvas):
    """Return what a canvas shows, int (h, w, 3)."""
    address = canvas.evaluate("(canvas) => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")).astype(int)


def percent(probability):
    return f"{int(100 * probability + 0.5)} %"


def test_a_dropped_photo_is_shown_with_its_face_and_blend(page, photo, recognizer):
    face = recognizer.predict(photo)[0][0]
    (first, most), (second, more), (third, less) = face.blend()[:3]
    card = dropped(page, "hopper.jpg", photo.read_bytes())
    assert card.locator("h2").inner_text() == "hopper.jpg"
    assert "512 \xd7 600, 1 face" in card.inner_text()
    assert card.locator(".guess").inner_text() == f"{first} {percent(most)}"
    assert card.locator(".then").inner_text() == f"then {second} {percent(more)}, {third} {percent(less)}"
    rows = [row.split("\n") for row in card.locator(".bars li").all_inner_texts()]
    assert rows == [[name, percent(probability)] for name, probability in face.blend()]
    assert page.locator("#status").inner_text() == "1 picture, 1 face"
    assert page.locator("#model").inner_text().startswith("model svm, right on ")
    assert card.locator("canvas.photo").get_attribute("aria-label") == f"hopper.jpg: {first}"


def test_an_unsure_face_says_so_and_has_grey_bars(chromium, photo, recognizer):
    (first, most), (second, more), (third, less) = recognizer.predict(photo)[0][0].blend()[:3]
    with running(make_app(recognizer, reject=1.0)) as address:
        page = chromium.new_page()
        page.goto(address)
        page.locator("#model:not(:empty)").wait_for()
        card = dropped(page, "hopper.jpg", photo.read_bytes())
        assert card.locator(".guess").inner_text() == "unsure"
        assert card.locator(".then").inner_text() == (
            f"perhaps {first} {percent(most)}, {second} {percent(more)}, {third} {percent(less)}")
        assert card.locator(".bars .top").count() == 0
        colour = card.locator(".bars .bar").first.evaluate("(bar) => getComputedStyle(bar).backgroundColor")
        assert colour == "rgb(91, 103, 115)"
        (row,) = csv.DictReader(io.StringIO(saved(page, "#csv")[1]))
        assert (row["label"], float(row["confidence"])) == ("unsure", most)
        page.close()


def test_the_canvas_shows_the_photo_and_a_box_around_the_face(page, photo, recognizer):
    left, top, right, bottom = (round(side) for side in recognizer.predict(photo)[0][0].box)
    seen = pixels(dropped(page, "hopper.jpg", photo.read_bytes()).locator("canvas.photo"))
    with Image.open(photo) as image:
        changed = np.abs(seen - np.asarray(image.convert("RGB"))).max(axis=2) > 40
    assert seen.shape == (600, 512, 3)
    for line in (seen[top:bottom, left], seen[top:bottom, right], seen[top, left:right], seen[bottom, left:right]):
        assert np.abs(np.median(line, axis=0) - BLUE).max() < 60
    rows, columns = np.nonzero(changed)
    assert np.abs(np.array([columns.min(), rows.min(), columns.max(), rows.max()]) - (left, top, right, bottom)).max() < 8
    assert changed[top + 10:bottom - 10, left + 10:right - 10].mean() < 0.01


def test_faces_are_numbered_and_named_in_their_order(page, pair, recognizer):
    faces = recognizer.predict(pair)[0]
    card = dropped(page, "pair.png", pair)
    assert card.locator(".number").all_inner_texts() == ["1", "2"]
    assert [text.split(" ")[0] for text in card.locator(".guess").all_text_contents()] == [
        f"{i}{face.label}" for i, face in enumerate(faces, 1)]
    before = pixels(card.locator("canvas.photo"))
    card.locator(".faces > li").nth(1).hover()
    assert (pixels(card.locator("canvas.photo")) != before).any(), "the other face's box does not step back"


def test_json_and_csv_hold_what_the_server_answered(page, pair, photo, recognizer):
    dropped(page, "pair.png", pair)
    dropped(page, '=1+1,"x".jpg', photo.read_bytes())
    expected = [face for image in (pair, photo) for face in number_faces(recognizer.predict(image)[0])]
    name, text = saved(page, "#json")
    results = json.loads(text)
    assert (name, [result["name"] for result in results]) == ("expressions.json", ["pair.png", '=1+1,"x".jpg'])
    assert [face for result in results for face in result["faces"]] == json.loads(json.dumps(expected))
    name, text = saved(page, "#csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (name, [row["name"] for row in rows]) == ("expressions.csv", ["pair.png", "pair.png", "'=1+1,\"x\".jpg"])
    assert [row["face"] for row in rows] == ["1", "2", "1"]
    for row, face in zip(rows, expected, strict=True):
        assert (row["label"], row["status"]) == (face["label"], face["status"])
        assert tuple(float(row[side]) for side in ("left", "top", "right", "bottom")) == face["box"]
        assert {label: float(row[label]) for label in FER7.names} == face["probabilities"]


def test_a_photo_without_a_face_is_said_to_have_none(page):
    drop(page, "room.png", png(np.full((200, 300), 90, np.uint8)))
    page.get_by_text("No face found.").wait_for()
    assert page.locator("#status").inner_text() == "1 picture, 0 faces"
    row, = csv.DictReader(io.StringIO(saved(page, "#csv")[1]))
    assert (row["name"], row["face"], row["label"], row["status"]) == ("room.png", "", "", "no-face")


def test_a_faint_face_is_said_to_be_one(page, photo):
    drop(page, "aslant.png", png(aslant(photo)))
    page.get_by_text("Faint: the detector is not sure of what it took for a face.").wait_for()
    assert page.locator("#status").inner_text() == "1 picture, 1 face"
    row, = csv.DictReader(io.StringIO(saved(page, "#csv")[1]))
    assert (row["face"], row["status"]) == ("1", "faint")


def test_names_are_shown_as_text(page, pair):
    name = "<img src=x onerror=alert(1)>.png"
    card = dropped(page, name, pair)
    assert card.locator("h2").inner_text() == name
    assert page.locator("#cards img").count() == 0


def test_an_unreadable_file_is_named(page, pair):
    page.expected.append("422")
    drop(page, "notes.txt", b"no photo")
    assert page.locator(".card .problem").inner_text() == (
        "Not a photo that can be read: give JPEG, PNG, WEBP, BMP, GIF, TIFF, PPM, AVIF or HEIC.")
    drop(page, "huge.jpg", bytes(3_000_001))
    page.locator(".card .problem").nth(1).wait_for()
    assert page.locator(".card .problem").nth(1).inner_text() == "It has more than 3 MB: make it smaller."
    assert len([address for address in page.asked if address.endswith("/predict")]) == 1
    dropped(page, "pair.png", pair)
    assert page.locator("#status").inner_text() == "3 pictures, 2 faces"
    rows = csv.DictReader(io.StringIO(saved(page, "#csv")[1]))
    assert [row["error"][:11] for row in rows] == ["not a photo", "it has more", "", ""]


def test_a_browser_that_cannot_show_a_photo_shows_its_faces(page, photo):
    tiff = io.BytesIO()
    Image.open(photo).save(tiff, "TIFF")
    assert "cannot show such pictures" in dropped(page, "hopper.tiff", tiff.getvalue()).inner_text()


def test_a_busy_server_is_asked_again_and_a_gone_one_is_named(page, pair):
    page.expected += ["503", "ERR_FAILED"]
    page.route("**/predict", lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}"), times=1)
    dropped(page, "pair.png", pair)
    page.route("**/predict", lambda route: route.abort())
    drop(page, "again.png", pair)
    assert "is featfer serve still running?" in page.locator(".card .problem").inner_text()


def test_the_webcam_is_watched_from_a_click_until_another(page):
    assert page.evaluate("document.querySelector('video').srcObject") is None
    page.get_by_role("button", name="Use the webcam").click()
    page.locator(".card .faces").wait_for()
    assert "webcam" in page.locator(".card h2").inner_text()
    assert "640 \xd7 480, 1 face" in page.locator(".card").inner_text()
    with page.expect_response("**/predict"):
        pass
    page.get_by_role("button", name="Stop the webcam").click()
    assert page.evaluate("document.querySelector('video').srcObject") is None
    page.wait_for_timeout(1500)
    asked = len(page.asked)
    page.wait_for_timeout(1500)
    assert len(page.asked) == asked > 2
    assert page.locator("#camera").inner_text() == "Use the webcam"


def test_the_keyboard_does_it_all(page, photo):
    page.on("filechooser", lambda chooser: None)  # from now on no window of the system's opens
    for name in ("featfer", "Choose photos"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent").strip() == name
    with page.expect_file_chooser() as waiting:
        page.keyboard.press("Enter")
    waiting.value.set_files(photo)
    page.locator(".card .faces").wait_for()
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent"))
    assert seen == ["Use the webcam", "Download JSON", "Download CSV", "Clear"]
    page.keyboard.press("Enter")
    assert page.locator(".card").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Choose photos"


@pytest.mark.parametrize("page", [{"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}], indirect=True)
def test_it_fits_a_phone_and_follows_the_dark(page, pair):
    dropped(page, "a_rather_long_name_" * 6 + ".png", pair)
    page.locator("footer summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 22, 27)"
