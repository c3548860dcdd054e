"""The page of a film in a browser: Debian's chromium, from the file, with a film that it can play."""

import io
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.tidy import make_faceless_row, make_row, make_table
from helpers.videos import write_timed
from PIL import Image

from featfer.analysis import viewer
from featfer.analysis.viewer import write_viewer
from featfer.errors import DataError, WriteError
from featfer.labels import FER7

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update"]
WAIT = 60_000  # ms; a busy machine is slow
FRAMES, RATE, SIZE = 50, 25, (320, 240)
BOX, OTHER = (40.0, 60.0, 120.0, 160.0), (200.0, 60.0, 300.0, 180.0)
MISSING = range(20, 30)
BLUE = (0, 114, 178)
HOSTILE = "<img src=x onerror=alert(1)> \"quotes\" & 'more' {{about}} #1 100%?.mp4"  # in a folder whose path holds </script>


def level(number):
    return 60 + 3 * number


def make_film(path, codec="libx264", frames=FRAMES):
    """Write a film whose brightness tells the number of the frame."""
    pictures = [np.full((*SIZE[::-1], 3), level(number), np.uint8) for number in range(frames)]
    return write_timed(path, pictures, codec=codec, rate=RATE)


def make_rows(film, label="happy"):
    """Person 1 in all frames but the missing, with a growing share; person 2, sad, from frame 25 on; and a track of nobody."""
    for number in range(FRAMES):
        seconds = number / RATE
        if number not in MISSING:
            yield make_row(film, number, seconds, BOX, 1, 1, label, 0.5 + number / 100, AU12=number / 10,
                           blink=int(number == 10))
        elif number < 25:
            yield make_faceless_row(film, number, seconds)
        if number >= 25:
            yield make_row(film, number, seconds, OTHER, 2, 2, "sad", 0.9)
        if number == 5:
            yield make_row(film, number, seconds, OTHER, 3, None, "fear", 0.4)


def test_a_page_is_small_whole_and_replaced_by_a_rerun_alone(tmp_path):
    film, path = make_film(tmp_path / "film.mp4"), tmp_path / "film.html"
    table = make_table(make_rows(str(film)))
    assert write_viewer(table, film, path) == 1
    first = path.read_text()
    assert len(first) < 60_000
    assert not re.search(r"https?://|@import|url\(", first), "it needs nothing from elsewhere"
    table.to_parquet(tmp_path / "t.parquet")
    assert write_viewer(tmp_path / "t.parquet", film, path) == 1
    assert path.read_text() == first
    path.write_text("<!doctype html><p>my notes")
    with pytest.raises(WriteError, match="is not a page of `featfer analyze`"):
        write_viewer(table, film, path)
    with pytest.raises(DataError, match="no such file"):
        write_viewer(table, tmp_path / "gone.mp4", tmp_path / "other.html")
    assert not (tmp_path / "other.html").exists()


@pytest.mark.slow
def test_three_hours_fit_in_15_megabytes(tmp_path):
    film, frames, draw = make_film(tmp_path / "film.mp4", frames=2), 3 * 3600 * 25, np.random.default_rng(0)
    shares = draw.dirichlet(np.full(7, 0.5), frames)
    one = pd.DataFrame({"film": "film.mp4", "frame": np.arange(frames), "time_s": np.arange(frames) / 25, "track": 1,
                        "person": 1, "status": "found",
                        **{side: 100 + draw.normal(0, 2, frames).cumsum() % 900 for side in viewer.BOX},
                        "label": np.array(FER7.names)[shares.argmax(axis=1)], **dict(zip(FER7.names, shares.T, strict=True)),
                        **{name: draw.uniform(0, 5, frames) for name in viewer.NAMES}, "pitch": draw.normal(0, 20, frames),
                        "yaw": draw.normal(0, 20, frames), "roll": draw.normal(0, 9, frames),
                        "AU45": draw.uniform(0, 5, frames), "blink": draw.integers(0, 2, frames)})
    for persons in (1, 2):
        table = pd.concat([one.assign(track=number, person=number) for number in range(1, persons + 1)])
        step = write_viewer(table, film, tmp_path / "film.html")
        assert (tmp_path / "film.html").stat().st_size < 15_000_000
        assert step == persons, "with noise in every value, two persons are too many for every frame"


sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[test]'")
has_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")


def browsed(test):
    return has_browser(pytest.mark.slow(test))


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium):
    """Open a page from its file; it may ask for nothing but itself and the film, and says no errors but of the film."""
    contexts, said, asked = [], [], []

    def opened(path, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.locator("body[data-ready]").wait_for()
        return page
    yield opened
    for context in contexts:
        context.close()
    assert [text for text in said if "ERR_FILE_NOT_FOUND" not in text] == []
    assert [address for address in asked if not address.startswith(("file:", "blob:", "data:"))] == []


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page of a film, in a folder beside the film's, under a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "<" / "script>").mkdir(parents=True)
    (folder / "out").mkdir()
    film = make_film(folder / "film.mp4").rename(folder / "<" / "script>" / HOSTILE)
    write_viewer(make_table(make_rows(str(film))), film, folder / "out" / "film.html")
    return folder / "out" / "film.html"


@pytest.fixture
def page(browse, made):
    page = browse(made)
    wait_for(page, "video.readyState >= 2")
    settle(page)
    return page


def click_at(page, seconds):
    """Click on the timeline at a time, and wait until the film is there."""
    line = page.locator("#line")
    gutter, width = float(line.get_attribute("data-gutter")), line.bounding_box()["width"]
    line.click(position={"x": gutter + (width - gutter) * seconds / (FRAMES / RATE), "y": 40})
    settle(page)


def wait_for(page, condition):
    """Wait until a condition in JavaScript holds; Playwright's own way needs the eval that the page forbids."""
    for _ in range(WAIT // 50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def settle(page):
    wait_for(page, "!video.seeking")
    page.wait_for_timeout(200)


def tell_frame(page):
    return int(page.locator("#clock").inner_text().rpartition("frame ")[2])


def see(page, selector):
    """Return what is to be seen of an element, int (h, w, 3)."""
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")).astype(int)


def read_bars(page):
    return dict(row.split("\n")[:2] for row in page.locator("#bars li").all_inner_texts() if "\n" in row)


@browsed
def test_a_click_on_the_timeline_moves_the_film_there(page):
    for number in (33, 7, 48):
        click_at(page, (number + 0.5) / RATE)
        assert abs(page.evaluate("video.currentTime") - number / RATE) < 1 / RATE
        assert tell_frame(page) == number
        assert abs(see(page, "#picture")[-40:-20, 20:40].mean() - level(number)) < 3, "the film shows another frame"


@browsed
def test_dragging_moves_the_film_along(page):
    page.locator("#line").scroll_into_view_if_needed()
    line = page.locator("#line").bounding_box()
    page.mouse.move(line["x"] + 200, line["y"] + 40)
    page.mouse.down()
    page.mouse.move(line["x"] + line["width"] - 2, line["y"] + 40, steps=5)
    page.mouse.up()
    settle(page)
    assert tell_frame(page) == FRAMES - 1


@browsed
def test_the_box_is_at_the_place_of_the_face_and_its_bars_are_of_this_frame(page):
    click_at(page, 10.5 / RATE)
    seen = see(page, "#picture")
    left, top, right, bottom = (round(side * seen.shape[1] / SIZE[0]) for side in BOX)
    for edge in (seen[top + 9:bottom - 9, left - 1:left + 2], seen[top + 9:bottom - 9, right - 1:right + 2],
                 seen[bottom - 1:bottom + 2, left + 9:right - 9]):
        assert (np.abs(edge - BLUE).max(axis=2) < 60).mean() > 0.2
    assert np.abs(seen[top + 12:bottom - 12, left + 12:right - 12] - level(10)).max() < 12, "the face itself is not drawn over"
    assert page.locator("#guess").inner_text() == "happy 60 %"
    assert read_bars(page) == {name: "60 %" if name == "happy" else "7 %" for name in FER7.names}
    values = dict(zip(*[iter(re.split(r"\n", page.locator("#values").inner_text()))] * 2, strict=True))
    assert (values["AU12"], values["blink"], values["AU1"]) == ("1.0", "yes", "1.0")
    page.locator("#boxes").uncheck()
    assert np.abs(see(page, "#picture")[top - 30:bottom, left - 5:right + 5] - level(10)).max() < 12


@browsed
def test_another_person_is_chosen(page):
    click_at(page, 40.5 / RATE)
    names = page.locator("#persons button").all_inner_texts()
    assert names == ["Person 1", "Person 2", "Others"]
    assert page.locator("#guess").inner_text() == "happy 90 %"
    before = see(page, "#timeline")
    page.get_by_role("button", name="Person 2").click()
    assert page.locator("#guess").inner_text() == "sad 90 %"
    assert page.locator("#persons [aria-pressed=true]").inner_text() == "Person 2"
    assert (see(page, "#timeline") != before).any()
    click_at(page, 10.5 / RATE)
    assert page.locator("#guess").inner_text() == "not seen in this frame"
    page.get_by_role("button", name="Others").click()
    click_at(page, 5.5 / RATE)
    assert page.locator("#guess").inner_text() == "fear 40 %"


@browsed
def test_stretches_without_the_person_are_hatched_and_rows_can_be_left_out(page):
    gutter = int(page.locator("#line").get_attribute("data-gutter"))

    def columns(*numbers):
        seen = see(page, "#timeline")
        return [seen[:150, round(gutter + (seen.shape[1] - gutter) * (number + 0.5) / FRAMES)] for number in numbers]
    happy = (230, 167, 0)
    there, missing, again = columns(10, 25, 35)
    assert (np.abs(there - happy).max(axis=1) < 8).mean() == pytest.approx(0.6, abs=0.1)
    assert (np.abs(again - happy).max(axis=1) < 8).mean() == pytest.approx(0.85, abs=0.1)
    assert (np.ptp(missing, axis=1) < 40).all(), "grey"
    assert len(np.unique(missing[5:-5], axis=0)) > 1, "hatched"
    height = page.locator("#timeline").bounding_box()["height"]
    page.get_by_role("button", name="Action units").click()
    assert page.locator("#timeline").bounding_box()["height"] < height - 150
    page.get_by_role("button", name="Lines").click()
    assert (np.abs(columns(10)[0] - happy).max(axis=1) < 60).sum() < 12


@browsed
def test_keys_play_pause_and_move_by_a_frame(page):
    click_at(page, 12.5 / RATE)
    for key, number in (("ArrowRight", 13), ("ArrowRight", 14), ("ArrowLeft", 13), ("End", FRAMES - 1), ("Home", 0)):
        page.keyboard.press(key)
        settle(page)
        assert tell_frame(page) == number
    assert abs(see(page, "#picture")[-40:-20, 20:40].mean() - level(0)) < 3
    page.keyboard.press(" ")
    wait_for(page, "video.ended")
    assert tell_frame(page) >= FRAMES - 2, "the page follows the film"


@browsed
def test_looking_closer_and_at_all(page):
    click_at(page, 25.5 / RATE)
    for _ in range(2):
        page.locator("#closer").click()
    page.locator("#line").click(position={"x": page.locator("#line").bounding_box()["width"] - 2, "y": 40})
    settle(page)
    assert 29 <= tell_frame(page) <= 33, "a quarter of the film around frame 25 is to be seen"
    page.locator("#all").click()
    click_at(page, 45.5 / RATE)
    assert tell_frame(page) == 45


@browsed
def test_names_are_text_whatever_they_hold(page):
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.title() == f"{HOSTILE}: expressions over time"
    assert page.locator("img").count() == 0
    assert page.locator("#problem").is_hidden(), "its film is found, and played"


@browsed
def test_names_of_expressions_are_text_too(browse, tmp_path):
    film, label = make_film(tmp_path / "film.mp4"), "</script><b>joy</b>"
    table = make_table(make_rows(str(film))).rename(columns={"happy": label})
    table["label"] = table["label"].replace({"happy": label})
    write_viewer(table, film, tmp_path / "film.html")
    page = browse(tmp_path / "film.html")
    assert page.locator("#guess").inner_text() == f"{label} 50 %"
    assert page.locator("b").count() == 0


@browsed
def test_a_film_of_another_codec_is_said_to_be_unplayable_and_the_rest_goes_on(browse, tmp_path):
    film = make_film(tmp_path / "film.mp4", "mpeg4")
    write_viewer(make_table(make_rows(str(film))), film, tmp_path / "film.html")
    page = browse(tmp_path / "film.html")
    page.locator("#problem").wait_for()
    assert "This browser cannot play the film film.mp4: its codec is mpeg4." in page.locator("#reason").inner_text()
    click_at(page, 10.5 / RATE)
    assert (tell_frame(page), page.locator("#guess").inner_text()) == (10, "happy 60 %")
    assert (np.abs(see(page, "#picture") - BLUE).max(axis=2) < 30).sum() > 500, "boxes on grey"
    page.keyboard.press("ArrowRight")
    assert tell_frame(page) == 11
    page.keyboard.press(" ")
    wait_for(page, "clock.innerText.includes('frame 49')")


@browsed
def test_a_film_that_was_moved_is_asked_for_and_played_from_where_it_is(browse, tmp_path):
    film = make_film(tmp_path / "film.mp4")
    write_viewer(make_table(make_rows(str(film))), film, tmp_path / "film.html")
    moved = Path(shutil.move(film, tmp_path / "elsewhere.mp4"))
    page = browse(tmp_path / "film.html")
    page.locator("#problem").wait_for()
    assert "The film film.mp4 is not where it was, at film.mp4, or" in page.locator("#reason").inner_text()
    with page.expect_file_chooser() as waiting:
        page.locator("#find").click()
    waiting.value.set_files(moved)
    wait_for(page, "video.readyState >= 2")
    assert page.locator("#problem").is_hidden()
    click_at(page, 33.5 / RATE)
    assert abs(see(page, "#picture")[-40:-20, 20:40].mean() - level(33)) < 3


@browsed
@pytest.mark.parametrize("options", [{"viewport": {"width": 360, "height": 740}}, {"color_scheme": "dark"}])
def test_a_phone_and_a_dark_screen_show_all_of_it(browse, made, options):
    page = browse(made, **options)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", back))) < 60) == ("color_scheme" in options)


@browsed
def test_a_table_of_few_frames_holds_each_until_the_next(browse, tmp_path):
    film = make_film(tmp_path / "film.mp4")
    table = make_table([make_row("film.mp4", number, number / RATE, BOX, share=0.5 + number / 100)
                        for number in range(0, FRAMES, 10)])
    write_viewer(table, film, tmp_path / "film.html")
    page = browse(tmp_path / "film.html")
    click_at(page, 35.5 / RATE)
    assert page.locator("#guess").inner_text() == "happy 80 %"


@browsed
@pytest.mark.parametrize("frames", [FRAMES, 1, 0])
def test_a_film_without_a_face_is_played_all_the_same(browse, tmp_path, frames):
    film = make_film(tmp_path / "film.mp4")
    faceless = [make_faceless_row("film.mp4", number, number / RATE) for number in range(frames)]
    table = make_table([make_row("film.mp4", 0, 0.0, BOX), *faceless])
    write_viewer(table[1:], film, tmp_path / "film.html")
    page = browse(tmp_path / "film.html")
    page.keyboard.press("ArrowRight")
    assert page.locator("#guess").inner_text() == "no face in this film"
    assert page.locator("#persons").is_hidden()
    assert page.locator("#problem").is_hidden()


@browsed
def test_an_unsure_face_is_called_so(browse, tmp_path):
    film = make_film(tmp_path / "film.mp4")
    rows = [make_row("film.mp4", number, number / RATE, BOX) for number in range(FRAMES)]
    table = make_table(rows).assign(label="unsure")
    write_viewer(table, film, tmp_path / "film.html")
    page = browse(tmp_path / "film.html")
    assert page.locator("#guess").inner_text() == "unsure"
    assert page.locator("#bars .top").count() == 0
