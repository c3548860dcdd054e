import subprocess
import sys
import types

import cv2
import numpy as np
import pytest
from films import RATE, SIZE, Camera, Quick, hopper, read_film, scene, swing, write_film

from featfer.drawing import PANEL
from featfer.errors import DataError, MissingError, ParameterError, WriteError
from featfer.labels import FER7
from featfer.live import live, showing
from featfer.live.frames import Frame
from featfer.live.overlay import COLOURS, draw_faces, draw_rate
from featfer.live.pipeline import LiveFace
from featfer.live.showing import Rate, Show
from featfer.live.window import Window
from featfer.live.writing import CODECS, FilmWriter

pytestmark = pytest.mark.usefixtures("one_thread")

GREY = np.full((480, 640, 3), 128, np.uint8)
FULL = """
import resource, sys
import numpy as np
from featfer.errors import WriteError
from featfer.live.writing import CODECS, FilmWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # stands in for a disk with so much room
noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
for suffix in CODECS:
    try:
        with FilmWriter(f"{sys.argv[1]}/out{suffix}", 25.0) as writer:
            for _ in range(5):
                writer.write(noise)
    except WriteError as error:
        print(error)
"""
BLEND = dict(zip(FER7.names, (0.04, 0.06, 0.1, 0.4, 0.2, 0.15, 0.05), strict=True))


@pytest.fixture(scope="module")
def film(tmp_path_factory, photo):
    """A film of a face that goes round: 20 frames, 640x480, 25 a second."""
    return write_film(tmp_path_factory.mktemp("live") / "face.mp4", [scene(i, (*hopper(photo), swing))[0] for i in range(20)])


@pytest.fixture
def writers(monkeypatch):
    """Each cv2.VideoWriter that was made, with its count of releases."""
    made, original = [], cv2.VideoWriter

    class Counted:
        def __init__(self, *args):
            self.releases, self.writer = 0, original(*args)
            made.append(self)

        def release(self):
            self.releases += 1
            self.writer.release()

        def __getattr__(self, name):
            return getattr(self.writer, name)
    monkeypatch.setattr(cv2, "VideoWriter", Counted)
    return made


@pytest.fixture
def camera(monkeypatch):
    """What camera 0 is: to be set to a Camera."""
    plugged, original = types.SimpleNamespace(camera=Camera()), cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: plugged.camera if source == 0 else original(source))
    return plugged


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The Recognizer that every model is here."""
    recognizer = Quick()
    monkeypatch.setattr("featfer.live.session.load_recognizer", lambda model, verify, labels: recognizer)
    return recognizer


class Screen:
    """Stands in for a Window: keeps what it shows, and ends after some frames."""

    shown, closed, most = [], 0, 10**9

    def __enter__(self):
        type(self).shown, type(self).closed = [], 0
        return self

    def show(self, pixels, seconds=0.0):
        self.shown.append((pixels, seconds))
        return len(self.shown) < self.most

    def __exit__(self, *_):
        type(self).closed += 1


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr("featfer.live.session.Window", Screen)
    monkeypatch.setattr(Screen, "most", 10**9)
    return Screen


def stop_after(count, error):
    """Return a function that raises an error when it is called for the last time of so many."""
    calls = []

    def each(frame, faces):
        calls.append(frame)
        if len(calls) == count:
            raise error
    return each


def face(box, track=1, label="happy", probabilities=BLEND):
    return LiveFace(track, box, label, probabilities)


# From end to end

def test_a_film_has_as_many_frames_as_that_it_was_made_of(tmp_path, film):
    seen, out = [], tmp_path / "out.mp4"
    summary = live(film, out=out, window=False, each=lambda frame, faces: seen.append((frame.number, len(faces))))
    pixels, rate = read_film(out)
    assert (pixels.shape, rate) == ((20, 480, 640, 3), RATE)
    assert (summary.frames, summary.left_out) == (20, 0)
    assert seen == [(i, 1) for i in range(20)]


@pytest.mark.parametrize("suffix", CODECS)
@pytest.mark.parametrize("rate", [12.5, 29.97])
def test_every_format_keeps_rate_and_length(tmp_path, suffix, rate):
    film = write_film(tmp_path / "in.mp4", [np.full((60, 80, 3), 10 * i, np.uint8) for i in range(7)], rate)
    live(str(film), out=str(tmp_path / f"new/out{suffix}"), window=False)
    pixels, kept = read_film(tmp_path / f"new/out{suffix}")
    assert (pixels.shape, round(kept, 2)) == ((7, 60, 80, 3), rate)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"out{suffix}"]


def test_boxes_are_in_the_film_that_is_written_and_not_in_the_frames(tmp_path, film):
    seen = []
    live(film, out=tmp_path / "out.mp4", window=False, each=lambda frame, faces: seen.append((frame.pixels, faces)))
    written, _ = read_film(tmp_path / "out.mp4")
    original, _ = read_film(film)
    for (frame, (found,)), drawn, plain in zip(seen, written, original, strict=True):
        np.testing.assert_array_equal(frame, plain)
        left, top, _, bottom = (round(side) for side in found.box)
        edge = drawn[top + 10:bottom - 10, left].mean(axis=0)
        assert np.abs(edge - COLOURS[0][::-1]).max() < 60  # a thin line, as the codec keeps it
        assert np.abs(plain[top + 10:bottom - 10, left].mean(axis=0) - COLOURS[0][::-1]).max() > 60


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")], ids=["Ctrl-C", "error"])
def test_a_film_that_is_interrupted_is_whole_as_far_as_it_goes(tmp_path, film, writers, error):
    with pytest.raises(type(error)):
        live(film, out=tmp_path / "out.mp4", window=False, each=stop_after(8, error))
    assert [writer.releases for writer in writers] == [1]
    assert len(read_film(tmp_path / "out.mp4")[0]) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")], ids=["Ctrl-C", "error"])
def test_a_camera_is_released_however_it_ends(tmp_path, camera, writers, screen, error):
    with pytest.raises(type(error)):
        live(0, out=tmp_path / "out.mp4", each=stop_after(3, error))
    assert (camera.camera.releases, [writer.releases for writer in writers], screen.closed) == (1, [1], 1)
    assert len(read_film(tmp_path / "out.mp4")[0]) >= 1


def test_a_camera_is_released_where_reading_or_recognizing_fails(tmp_path, camera, quick, monkeypatch):
    camera.camera = Camera([GREY, cv2.error("broken")])
    with pytest.raises(cv2.error):
        live(0, out=tmp_path / "out.mp4", window=False)
    assert camera.camera.releases == 1
    camera.camera = Camera()
    monkeypatch.setattr("featfer.live.looking.Looker.look", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        live(0, window=False, each=lambda *_: None)
    assert camera.camera.releases == 1


def test_a_camera_that_cannot_be_read_is_an_error(camera):
    camera.camera = Camera([])
    with pytest.raises(DataError, match="camera 0: gives no frames"):
        live(0, window=False)
    assert camera.camera.releases == 1


def test_q_ends_it(tmp_path, camera, screen, monkeypatch):
    monkeypatch.setattr(screen, "most", 4)
    summary = live(0, out=tmp_path / "out.avi")
    assert (summary.frames, len(screen.shown), camera.camera.releases, screen.closed) == (4, 4, 1, 1)


def test_frames_of_a_fast_camera_are_left_out_and_counted(camera, screen, monkeypatch):
    numbers = []
    monkeypatch.setattr(screen, "most", 5)
    summary = live(0, each=lambda frame, faces: numbers.append(frame.number))
    assert summary.frames == 5
    assert numbers == sorted(set(numbers))
    assert summary.left_out == numbers[-1] + 1 - 5
    assert {seconds for _, seconds in screen.shown} == {0.0}


def test_a_film_is_shown_no_faster_than_its_rate(film, screen):
    live(film)
    assert len(screen.shown) == 20
    earliness = [seconds for _, seconds in screen.shown]
    assert earliness[0] == pytest.approx(0, abs=0.04)
    assert 0 < max(earliness) <= 19 / RATE


def test_the_rate_is_on_the_screen_and_not_in_the_film(tmp_path, screen):
    film = write_film(tmp_path / "grey.mp4", [GREY] * 3)
    live(film, out=tmp_path / "out.mp4")
    corner = slice(0, 12), slice(0, 60)
    assert all(pixels[corner].mean() < 90 for pixels, _ in screen.shown)
    assert all(pixels[corner].mean() > 110 for pixels in read_film(tmp_path / "out.mp4")[0])


def test_a_film_without_frames_leaves_no_film(tmp_path, monkeypatch):
    (tmp_path / "in.mp4").write_bytes(b"")
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: Camera([]))
    with pytest.raises(DataError, match="without a frame"):
        live(tmp_path / "in.mp4", out=tmp_path / "out.mp4", window=False)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(("settings", "words"), [
    ({"out": "film.gif"}, r"out 'film\.gif': a film's name ends in \.avi, \.mkv"),
    ({"smoothing": -1.0}, "smoothing -1.0 is not from 0 to 60"), ({"smoothing": float("nan")}, "smoothing nan"),
    ({"detector": "eyes"}, "detector 'eyes' is none of hog"),
], ids=["suffix", "negative", "nan", "detector"])
def test_what_cannot_be_done_is_said_before_the_camera_is_opened(camera, settings, words):
    with pytest.raises(ParameterError, match=words):
        live(0, window=False, **settings)
    assert (camera.camera.reads, camera.camera.releases) == (0, 0)


def test_a_film_is_not_written_over_itself(film):
    with pytest.raises(ParameterError, match="is the film that is read, and would be lost"):
        live(film, out=film.parent / ".." / film.parent.name / film.name, window=False)
    assert len(read_film(film)[0]) == 20


# Writing

def test_a_camera_takes_as_long_in_the_film_as_it_took(tmp_path):
    with FilmWriter(tmp_path / "out.avi", 20.0) as writer:
        for number, seconds in enumerate((0.0, 0.01, 0.02, 0.3, 0.5)):
            writer.write(np.full((48, 64, 3), 50 * number, np.uint8), seconds)
    levels = read_film(tmp_path / "out.avi")[0].mean(axis=(1, 2, 3))
    assert levels == pytest.approx([0] + [150] * 6 + [200] * 4, abs=6)


def test_the_earlier_film_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"earlier")
    with FilmWriter(path, RATE):
        pass
    assert path.read_bytes() == b"earlier"
    with FilmWriter(path, RATE) as writer:
        writer.write(GREY)
        assert path.read_bytes() == b"earlier"
    assert len(read_film(path)[0]) == 1


def test_a_full_disk_is_said_and_leaves_no_half_film(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        f"{tmp_path / 'out'}{suffix}: cannot be written (not all of its 5 frames were; is the disk full?)" for suffix in CODECS]
    assert list(tmp_path.iterdir()) == []


def test_where_no_film_can_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    for path in (tmp_path / "file" / "out.mp4", tmp_path / "folder.mp4"):
        with pytest.raises(WriteError, match="cannot be written"), FilmWriter(path, RATE):
            pass


def test_what_opencv_cannot_encode_is_said(tmp_path, writers, monkeypatch):
    monkeypatch.setitem(CODECS, ".mp4", "!?!?")
    with pytest.raises(WriteError, match=r"does not encode 640x480 at 25 frames/s as !\?!\?"), \
            FilmWriter(tmp_path / "out.mp4", RATE) as writer:
        writer.write(GREY)
    assert [writer.releases for writer in writers] == [1]
    assert list(tmp_path.iterdir()) == []


# Drawing

def test_the_box_is_drawn_where_the_face_is_in_the_colour_of_its_track():
    for track in (1, 2, 8):
        pixels = GREY.copy()
        draw_faces(pixels, [face((100, 120, 240, 260), track)])
        colour = list(COLOURS[(track - 1) % 7][::-1])
        assert [pixels[y, x].tolist() for y, x in ((200, 100), (120, 170), (260, 170))] == [colour] * 3
        assert pixels[200, 170].tolist() == [128] * 3
    assert len({COLOURS[track % 7] for track in range(8)}) == 7


def panel_of(pixels):
    """Return where a panel was laid over the grey frame: left, top, right, bottom."""
    y, x = np.nonzero((pixels == round(0.82 * PANEL[0] + 0.18 * 128)).all(axis=2))
    return x.min(), y.min(), x.max(), y.max()


@pytest.mark.parametrize("box", [(100, 120, 240, 260), (480, 120, 620, 260), (0, 0, 90, 90), (560, 400, 640, 480),
                                 (-40, -40, 60, 60), (10, 10, 630, 470)])
def test_the_panel_lies_inside_the_frame_beside_the_face(box):
    alone, pixels = GREY.copy(), GREY.copy()
    draw_faces(pixels, [face(box)])
    left, top, right, bottom = panel_of(pixels)
    draw_faces(alone, [face((300, 200, 340, 240))])
    full = panel_of(alone)
    assert (right - left, bottom - top) == pytest.approx((full[2] - full[0], full[3] - full[1]), abs=4)
    beside = left >= box[2] - 4 or right <= box[0] + 4 or top >= box[3] - 4 or bottom <= box[1] + 4
    assert beside or box == (10, 10, 630, 470)


def test_bars_are_as_long_as_their_shares_and_in_the_order_of_the_labels():
    pixels = GREY.copy()
    shares = dict(zip(FER7.names, (0.0, 0.25, 0.0, 0.75, 0.0, 0.0, 0.0), strict=True))
    draw_faces(pixels, [face((100, 120, 240, 260), probabilities=shares)])
    panel = pixels[:, 250:].astype(int)
    light = np.abs(panel - np.array(COLOURS[0][::-1]) * 0.82 - 128 * 0.18).max(axis=2) < 3
    dim = np.abs(panel - 150 * 0.82 - 128 * 0.18).max(axis=2) < 1
    assert light.sum(axis=1).max() / dim.sum(axis=1).max() == pytest.approx(3, abs=0.3)
    assert np.nonzero(dim.sum(axis=1) > 5)[0].mean() < np.nonzero(light.sum(axis=1) > 5)[0].mean()  # disgust is above happy


def test_panels_of_faces_side_by_side_do_not_cover_each_other_or_the_faces():
    pixels, boxes = GREY.copy(), [(200, 200, 300, 300), (380, 200, 480, 300)]
    draw_faces(pixels, [face(box, track) for track, box in enumerate(boxes, 1)])
    for left, top, right, bottom in boxes:
        assert (pixels[top + 4:bottom - 4, left + 4:right - 4] == 128).all()


def test_of_many_faces_the_likeliest_expression_alone_is_named():
    def dark(count):
        pixels = GREY.copy()
        draw_faces(pixels, [face((20 + 150 * i, 100, 60 + 150 * i, 140), i + 1) for i in range(count)])
        return (pixels.max(axis=2) < 90).sum() / count
    assert dark(4) < dark(3) / 3


@pytest.mark.parametrize("shape", [(48, 64), (20, 90), (100, 60), (1, 1), (1080, 1920)])
def test_frames_of_any_size_can_be_drawn_on(shape):
    pixels = np.full((*shape, 3), 128, np.uint8)
    height, width = shape
    draw_faces(pixels, [face((0.1 * width, 0.1 * height, 0.6 * width, 0.6 * height))])
    draw_rate(pixels, 25.0)
    assert pixels.shape == (*shape, 3) and (pixels != 128).any()


def test_the_rate_is_written_in_the_corner():
    pixels = GREY.copy()
    draw_rate(pixels, 31.4)
    assert (pixels[:8, :8] < 70).all() and (pixels[100:, 200:] == 128).all()
    assert np.abs(pixels[0, 0].astype(int) - (0.82 * PANEL[0] + 0.18 * 128)).max() <= 1


def test_the_rate_is_that_of_the_last_second(monkeypatch):
    clock = iter([*np.arange(0, 5, 0.1), *np.arange(5, 8, 0.04)])
    monkeypatch.setattr(showing, "time", types.SimpleNamespace(perf_counter=lambda: next(clock)))
    rate = Rate()
    rates = [rate.tick() for _ in range(125)]
    assert rates[0] == 0
    assert rates[1:50] == pytest.approx([10] * 49)
    assert rates[50 + 26:] == pytest.approx([25] * 49)


# The window

def test_without_a_screen_the_window_says_what_to_do(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(MissingError, match=r"no screen.*--out FILM --no-window"), Window():
        pass


def test_a_build_without_windows_says_how_to_swap_it(monkeypatch):
    def unbuilt(*_):
        raise cv2.error("The function is not implemented.")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", unbuilt)
    with pytest.raises(MissingError, match=r"pip uninstall opencv-python-headless.*opencv-python.*--out FILM"), Window():
        pass


@pytest.mark.parametrize(("key", "visible", "more"), [(-1, 1.0, True), (ord("x"), 1.0, True), (ord("q"), 1.0, False),
                                                      (ord("Q"), 1.0, False), (27, 1.0, False), (-1, 0.0, False)])
def test_q_esc_and_its_cross_close_the_window(monkeypatch, key, visible, more):
    done = []
    monkeypatch.setenv("DISPLAY", ":0")
    answers = {"namedWindow": None, "resizeWindow": None, "imshow": None, "waitKey": key, "getWindowProperty": visible,
               "destroyAllWindows": None}
    for name, answer in answers.items():
        monkeypatch.setattr(cv2, name, lambda *given, name=name, answer=answer: done.append((name, *given)) or answer)
    with Window() as window:
        assert window.show(GREY, 0.03) is more
    assert [call[1:] for call in done if call[0] == "resizeWindow"] == [("featfer live", 640, 480)]
    assert ("waitKey", 30) in done and done[-1] == ("destroyAllWindows",)


def test_frames_are_not_drawn_where_nobody_sees_them(monkeypatch):
    monkeypatch.setattr(showing, "draw_faces", lambda *_: 1 / 0)
    seen = []
    show = Show(None, None, lambda *given: seen.append(given), keeps_time=False)
    frame = Frame(0, 0.0, GREY)
    assert show(frame, []) and seen == [(frame, [])]
    assert GREY.shape[1::-1] == SIZE
