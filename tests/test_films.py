import os
import socket
import subprocess
import sys

import cv2
import numpy as np
import pytest

from featfer import films
from featfer.errors import DataError, MissingError, ParameterError
from featfer.films import SUFFIXES, USUAL_RATE, frame_rate, frames, open_film
from featfer.opencv import import_opencv

RATE, COUNT = 10.0, 25


def write_film(path, images, rate=RATE):
    """Write RGB images (h, w, 3) of one size as a film; the suffix says the format."""
    kind = {".avi": "MJPG", ".webm": "VP80"}.get(path.suffix, "mp4v")
    film = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*kind), rate, images[0].shape[1::-1])
    for image in images:
        film.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    film.release()
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Path of a film of 2.5 s, 64x48, whose frames grow brighter by ten grey levels each."""
    grey = (np.full((48, 64, 3), 10 * i, np.uint8) for i in range(COUNT))
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", list(grey))


class Fake:
    """Stands for cv2.VideoCapture; knows how many frames there are, what it says of them, and whether it was released."""

    made = []

    def __init__(self, source, count=3, opened=True, says=None):
        self.source, self.left, self.opened, self.says, self.released = source, count, opened, says or {}, False
        self.made.append(self)

    def isOpened(self):
        return self.opened

    def get(self, key):
        return self.says.get(key, 0.0)

    def grab(self):
        self.left -= 1
        return self.left >= 0

    def retrieve(self):
        return True, np.zeros((4, 6, 3), np.uint8)

    def release(self):
        self.released = True


@pytest.fixture
def fake(monkeypatch):
    """Return a function that puts a Fake with these settings in the place of cv2.VideoCapture, and gives those made since."""
    def install(**settings):
        Fake.made = []
        monkeypatch.setattr(cv2, "VideoCapture", lambda source: Fake(source, **settings))
        return Fake.made
    return install


# -- frames -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("every", "expected"), [(None, [0, 10, 20]), (1, range(COUNT)), (7, [0, 7, 14, 21]), (100, [0])])
def test_every_nth_frame_and_about_one_a_second_unless_told(film, every, expected):
    found = list(frames(film, every))
    assert [index for index, _, _ in found] == list(expected)
    assert [seconds for _, seconds, _ in found] == pytest.approx([index / RATE for index in expected])
    assert [image.mean() for _, _, image in found] == pytest.approx([10 * index for index in expected], abs=4.5)
    assert {(image.shape, image.dtype) for _, _, image in found} == {((48, 64, 3), np.dtype(np.uint8))}


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_film_of_any_suffix(tmp_path, suffix):
    path = write_film(tmp_path / f"film{suffix}", [np.full((48, 64, 3), 100, np.uint8)] * 12)
    assert [index for index, _, _ in frames(path)] == [0, 10]


def test_colours_are_red_green_blue(tmp_path):
    path = write_film(tmp_path / "red.mp4", [np.full((48, 64, 3), (200, 30, 90), np.uint8)] * 3)
    _, _, image = next(frames(path))
    np.testing.assert_allclose(image.mean(axis=(0, 1)), (200, 30, 90), atol=6)


def test_time_is_counted_where_the_film_does_not_say(fake):
    fake(says={cv2.CAP_PROP_FPS: 5.0})
    assert [(index, seconds) for index, seconds, _ in frames(__file__, 1)] == [(0, 0.0), (1, 0.2), (2, 0.4)]


def test_time_is_the_film_s_own_where_it_says(fake):
    fake(says={cv2.CAP_PROP_FPS: 5.0, cv2.CAP_PROP_POS_MSEC: 1234.0})
    assert [seconds for _, seconds, _ in frames(__file__, 2)] == [1.234, 1.234]


@pytest.mark.parametrize(("said", "rate"), [(29.97, 29.97), (0.0, USUAL_RATE), (-1.0, USUAL_RATE), (float("nan"), USUAL_RATE),
                                            (90000.0, USUAL_RATE)])
def test_rate_of_a_film_that_does_not_say_is_the_usual_one(said, rate):
    assert frame_rate(Fake("film", says={cv2.CAP_PROP_FPS: said})) == rate


@pytest.mark.parametrize("every", [0, -3])
def test_every_below_one_is_refused(film, every):
    with pytest.raises(ParameterError, match=f"every {every}: take every frame"):
        next(frames(film, every))


def test_film_without_frames_is_named(fake):
    made = fake(count=0)
    with pytest.raises(DataError, match=r"test_films\.py: a film without a frame"):
        list(frames(__file__))
    assert made[0].released


# -- opening and releasing --------------------------------------------------------------------------------------------

def test_released_at_the_end_of_the_film(fake):
    made = fake()
    list(frames(__file__))
    assert [film.released for film in made] == [True]


def test_released_where_frames_are_left(fake):
    made = fake()
    some = frames(__file__, 1)
    next(some)
    assert not made[0].released
    some.close()
    assert made[0].released


def test_released_after_an_error_and_where_it_does_not_open(fake):
    made = fake()
    with pytest.raises(ZeroDivisionError), open_film(__file__):
        raise ZeroDivisionError
    assert made[0].released
    made = fake(opened=False)
    with pytest.raises(DataError), open_film(__file__):
        pass
    assert made[0].released


def test_open_film_gives_the_capture(film):
    with open_film(film) as capture:
        assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT


def test_camera_by_its_number(fake):
    made = fake()
    with open_film(0) as camera:
        assert camera.grab()
    assert (made[0].source, made[0].released) == (0, True)


def test_camera_that_is_not_there_is_named(fake):
    fake(opened=False)
    with pytest.raises(DataError, match="camera 7: cannot be opened; is it there, and used by no other program"), open_film(7):
        pass


@pytest.mark.parametrize(("name", "said"), [("none.mp4", "no such file"), ("", "is a folder, not a film"),
                                            ("text.mp4", "not a readable film"), ("empty.mp4", "not a readable film")])
def test_what_is_no_film_is_named(tmp_path, name, said):
    (tmp_path / "text.mp4").write_text("no film at all\n" * 20)
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(DataError) as caught:
        list(frames(tmp_path / name))
    assert str(caught.value) == f"{tmp_path / name}: {said}"


def test_of_a_bad_film_the_error_speaks_alone(tmp_path):
    (tmp_path / "text.mp4").write_text("no film at all\n" * 20)
    code = ("import sys\nfrom featfer.errors import DataError\nfrom featfer.films import frames\n"
            "try:\n    list(frames(sys.argv[1]))\nexcept DataError:\n    print('refused')")
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "text.mp4"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_without_opencv_the_install_line_is_shown(film, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    import_opencv.cache_clear()
    with pytest.raises(MissingError, match=r"pip install 'featfer\[video\]'"):
        list(films.frames(film))
    import_opencv.cache_clear()


def test_what_is_no_file_is_no_film(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(DataError, match=r"a\.mp4: not a readable film \(a pipe or a device, not a file\)"):
        list(frames(tmp_path / "a.mp4"))


@pytest.mark.parametrize("text", [
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\nhttp://127.0.0.1:{port}/x.ts\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile http://127.0.0.1:{port}/x.mp4\n",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"], ids=["hls", "concat", "sdp"])
@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_a_playlist_called_like_a_film_is_refused_and_nothing_is_fetched(tmp_path, text, suffix):
    with socket.create_server(("127.0.0.1", 0)) as server:
        path = tmp_path / f"film{suffix}"
        path.write_text(text.format(port=server.getsockname()[1]))
        with pytest.raises(DataError, match="not a readable film"):
            list(frames(path))
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()
