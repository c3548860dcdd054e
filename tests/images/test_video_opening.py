"""Videos and cameras opened and let go again, and what is no video."""

import os
import socket
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest
from helpers.videos import write_timed
from PIL import Image

from featfer.errors import DataError, MissingError
from featfer.images.pyav import import_pyav
from featfer.images.video import is_video, open_camera, open_video, read_frames
from featfer.utils.files import open_regular

COUNT = 25


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Path of a video of 25 frames."""
    pictures = [np.full((48, 64, 3), 10 * i, np.uint8) for i in range(COUNT)]
    return write_timed(tmp_path_factory.mktemp("video") / "video.mp4", pictures)


class Fake:
    """Stands for a camera's cv2.VideoCapture; knows whether it was released."""

    def __init__(self, opened=True):
        self.opened, self.released = opened, False

    def isOpened(self):
        return self.opened

    def release(self):
        self.released = True


@pytest.fixture
def camera(monkeypatch):
    """Return a function that puts a Fake with these settings in the place of each camera, and returns it."""
    def install(**settings):
        fake = Fake(**settings)
        monkeypatch.setattr(cv2, "VideoCapture", lambda source: fake)
        return fake
    return install


@pytest.fixture
def files(monkeypatch):
    """The file objects that were opened since."""
    found = []
    monkeypatch.setattr("featfer.images.video.open_regular", lambda path: found.append(open_regular(path)) or found[-1])
    return found


def test_closed_at_the_end_of_the_video_and_where_frames_are_left(video, files):
    list(read_frames(video))
    some = read_frames(video, 1)
    next(some)
    assert [file.closed for file in files] == [True, False]
    some.close()
    assert files[1].closed


def test_closed_after_an_error_and_where_it_does_not_open(tmp_path, video, files):
    with pytest.raises(ZeroDivisionError), open_video(video):
        raise ZeroDivisionError
    (tmp_path / "text.mp4").write_text("no video at all\n" * 20)
    with pytest.raises(DataError), open_video(tmp_path / "text.mp4"):
        pass
    assert [file.closed for file in files] == [True, True]


def test_camera_by_its_number_is_released(camera):
    fake = camera()
    with open_camera(0) as capture:
        assert capture is fake and not fake.released
    assert fake.released


def test_camera_that_is_not_there_is_named(camera):
    fake = camera(opened=False)
    words = "camera 7: cannot be opened; is it there, and used by no other program"
    with pytest.raises(DataError, match=words), open_camera(7):
        pass
    assert fake.released


@pytest.mark.parametrize(("name", "said"), [("none.mp4", "no such file"), ("", "is a folder, not a video"),
                                            ("text.mp4", "not a readable video (Invalid data found when processing input)"),
                                            ("empty.mp4", "not a readable video (Invalid data found when processing input)")])
def test_what_is_no_video_is_named(tmp_path, name, said):
    (tmp_path / "text.mp4").write_text("no video at all\n" * 20)
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(DataError) as caught:
        list(read_frames(tmp_path / name))
    assert str(caught.value) == f"{tmp_path / name}: {said}"
    assert not is_video(tmp_path / name)


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "aac"), (".mp3", "mp3"), (".ogv", "libopus"), (".mkv", "srt")])
def test_sound_or_words_alone_are_no_video(tmp_path, suffix, codec):
    with av.open(str(tmp_path / f"sound{suffix}"), "w") as container:
        if codec == "srt":
            container.add_stream("libopus", rate=48000)
        else:
            container.add_stream(codec, rate=48000)
        stream = container.streams[0]
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 960 * 2), np.int16), "s16", "stereo")
            frame.sample_rate, frame.pts = 48000, 960 * number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(DataError, match=r"sound\.\w+: not a readable video"):
        list(read_frames(tmp_path / f"sound{suffix}"))


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "avif"])
def test_a_picture_is_no_video(tmp_path, suffix):
    Image.new("RGB", (64, 64)).save(tmp_path / f"picture.{suffix}")
    assert not is_video(tmp_path / f"picture.{suffix}")


def test_ffmpeg_prints_nothing_about_a_bad_video(tmp_path):
    (tmp_path / "text.mp4").write_text("no video at all\n" * 20)
    code = ("import sys\nfrom featfer.errors import DataError\nfrom featfer.images.video import read_frames\n"
            "try:\n    list(read_frames(sys.argv[1]))\nexcept DataError:\n    print('refused')")
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "text.mp4"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_without_pyav_the_install_line_is_shown(video, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    import_pyav.cache_clear()
    with pytest.raises(MissingError, match=r"PyAV cannot be imported \(.+\): pip install .*\[video\]'"):
        list(read_frames(video))
    assert not is_video(video)
    import_pyav.cache_clear()


def test_what_is_no_file_is_no_video(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(DataError, match=r"a\.mp4: not a readable video \(a pipe or a device, not a file\)"):
        list(read_frames(tmp_path / "a.mp4"))


@pytest.mark.parametrize("text", [
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\nhttp://127.0.0.1:{port}/x.ts\n#EXT-X-ENDLIST\n",
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n{video}\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile http://127.0.0.1:{port}/x.mp4\n", "ffconcat version 1.0\nfile '{video}'\n",
    "<?xml version='1.0'?><MPD type='static'><Period><BaseURL>http://127.0.0.1:{port}/</BaseURL></Period></MPD>",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"],
    ids=["hls", "hls-file", "concat", "concat-file", "dash", "sdp"])
@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".m3u8", ""])
def test_a_playlist_whatever_its_name_is_refused_and_nothing_is_fetched(tmp_path, video, text, suffix):
    with socket.create_server(("127.0.0.1", 0)) as server:
        path = tmp_path / f"video{suffix}"
        path.write_text(text.format(port=server.getsockname()[1], video=video))
        with pytest.raises(DataError, match="not a readable video"):
            list(read_frames(path))
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("name", ["concat:video.mp4|video.mp4", "http:", "file:video.mp4", "-", "%03d.mp4"])
def test_a_name_is_only_a_name(tmp_path, monkeypatch, video, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "video.mp4").write_bytes(video.read_bytes())
    with pytest.raises(DataError, match="no such file"):
        list(read_frames(name))
    (tmp_path / name).write_bytes(video.read_bytes())
    assert len(list(read_frames(name, 1))) == COUNT


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(DataError, match="not a readable video \\(File name too long\\)"):
        next(read_frames(tmp_path / ("n" * 300)))
