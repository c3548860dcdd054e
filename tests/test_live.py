import subprocess
import sys
import types

import cv2
import numpy as np
import pytest
from films import RATE, Camera, Quick, hopper, read_film, scene, swing, write_film

from featfer.errors import DataError, ParameterError, WriteError
from featfer.live import live
from featfer.live.overlay import COLOURS
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
