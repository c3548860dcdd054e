import types

import cv2
import numpy as np
import pytest
from helpers.videos import RATE, Camera, Quick, emptied, hopper, read_video, scene, swing, write_timed, write_video

from featfer.errors import DataError, ParameterError, WriteError
from featfer.images.video import read_frames
from featfer.images.video_writer import FORMATS
from featfer.live import live
from featfer.prediction.overlay import COLOURS

pytestmark = pytest.mark.usefixtures("one_thread")

GREY = np.full((480, 640, 3), 128, np.uint8)
EARLIER = b"\0\0\0\x20ftypisom"  # how a video begins


@pytest.fixture(scope="module")
def video(tmp_path_factory, photo):
    """A video of a face that goes round: 20 frames, 640x480, 25 a second."""
    return write_video(tmp_path_factory.mktemp("live") / "face.mp4", [scene(i, (*hopper(photo), swing))[0] for i in range(20)])


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
    monkeypatch.setattr("featfer.live.session.load_recognizer", lambda *given: recognizer)
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

def test_a_video_has_as_many_frames_as_that_it_was_made_of(tmp_path, video):
    seen, out = [], tmp_path / "out.mp4"
    summary = live(video, out=out, window=False, each=lambda frame, faces: seen.append((frame.number, len(faces))))
    pixels, rate = read_video(out)
    assert (pixels.shape, rate) == ((20, 480, 640, 3), RATE)
    assert (summary.frames, summary.left_out) == (20, 0)
    assert seen == [(i, 1) for i in range(20)]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("rate", [12.5, 29.97])
def test_every_format_keeps_rate_and_length(tmp_path, suffix, rate):
    video = write_video(tmp_path / "in.mp4", [np.full((60, 80, 3), 10 * i, np.uint8) for i in range(7)], rate)
    live(str(video), out=str(tmp_path / f"new/out{suffix}"), window=False)
    pixels, kept = read_video(tmp_path / f"new/out{suffix}")
    assert (pixels.shape, round(kept, 2)) == ((7, 60, 80, 3), rate)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"out{suffix}"]


def test_boxes_are_in_the_video_that_is_written_and_not_in_the_frames(tmp_path, video):
    seen = []
    live(video, out=tmp_path / "out.mp4", window=False, each=lambda frame, faces: seen.append((frame.pixels, faces)))
    written, _ = read_video(tmp_path / "out.mp4")
    original, _ = read_video(video)
    for (frame, (found,)), drawn, plain in zip(seen, written, original, strict=True):
        np.testing.assert_array_equal(frame, plain)
        left, top, _, bottom = (round(side) for side in found.box)
        edge = drawn[top + 10:bottom - 10, left].mean(axis=0)
        assert np.abs(edge - COLOURS[0][::-1]).max() < 60  # a thin line, as the codec keeps it
        assert np.abs(plain[top + 10:bottom - 10, left].mean(axis=0) - COLOURS[0][::-1]).max() > 60


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")], ids=["Ctrl-C", "error"])
def test_a_video_that_is_interrupted_is_whole_as_far_as_it_goes(tmp_path, video, error):
    with pytest.raises(type(error)):
        live(video, out=tmp_path / "out.mp4", window=False, each=stop_after(8, error))
    assert len(read_video(tmp_path / "out.mp4")[0]) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")], ids=["Ctrl-C", "error"])
def test_a_camera_is_released_however_it_ends(tmp_path, camera, screen, error):
    with pytest.raises(type(error)):
        live(0, out=tmp_path / "out.mp4", each=stop_after(3, error))
    assert (camera.camera.releases, screen.closed) == (1, 1)
    assert len(read_video(tmp_path / "out.mp4")[0]) >= 1


def test_a_camera_is_released_where_reading_or_recognizing_fails(tmp_path, camera, quick, monkeypatch):
    camera.camera = Camera([GREY, cv2.error("broken")])
    with pytest.raises(cv2.error):
        live(0, out=tmp_path / "out.mp4", window=False)
    assert camera.camera.releases == 1
    camera.camera = Camera()
    monkeypatch.setattr("featfer.live.recognition.FrameRecognizer.recognize", lambda *_: 1 / 0)
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


def test_a_video_is_shown_no_faster_than_its_rate(video, screen):
    live(video)
    assert len(screen.shown) == 20
    earliness = [seconds for _, seconds in screen.shown]
    assert earliness[0] == pytest.approx(0, abs=0.04)
    assert 0 < max(earliness) <= 19 / RATE


def test_the_rate_is_on_the_screen_and_not_in_the_video(tmp_path, screen):
    video = write_video(tmp_path / "grey.mp4", [GREY] * 3)
    live(video, out=tmp_path / "out.mp4")
    corner = slice(0, 12), slice(0, 60)
    assert all(pixels[corner].mean() < 90 for pixels, _ in screen.shown)
    assert all(pixels[corner].mean() > 110 for pixels in read_video(tmp_path / "out.mp4")[0])


def test_a_video_without_frames_leaves_no_video(tmp_path):
    video = emptied(write_timed(tmp_path / "in.mp4", [GREY] * 3, codec="libx264"))
    with pytest.raises(DataError, match="without a frame"):
        live(video, out=tmp_path / "out.mp4", window=False)
    assert list(tmp_path.iterdir()) == [video]


def test_a_video_of_varying_rate_is_written_as_long_as_it_is(tmp_path):
    times = [i / 30 for i in range(30)] + [1 + i * 0.8 for i in range(12)]
    video = write_timed(tmp_path / "in.mp4", [np.full((48, 64, 3), 5 * i, np.uint8) for i in range(42)], times, rate=1000)
    seen = []
    live(video, out=tmp_path / "out.mp4", window=False, each=lambda frame, faces: seen.append(frame.seconds))
    assert seen == pytest.approx(times, abs=0.001)
    assert [seconds for _, seconds, _ in read_frames(tmp_path / "out.mp4", 1)] == pytest.approx(times, abs=0.001)


def test_a_video_of_other_than_square_pixels_is_written_with_square_ones(tmp_path):
    video = write_timed(tmp_path / "in.mkv", [GREY] * 3, aspect=(4, 3))
    shapes = set()
    live(video, out=tmp_path / "out.mp4", window=False, each=lambda frame, faces: shapes.add(frame.pixels.shape))
    assert shapes == {(480, 853, 3)}
    assert read_video(tmp_path / "out.mp4")[0].shape == (3, 480, 852, 3)


def test_a_damaged_video_is_written_as_far_as_it_goes_and_the_loss_told(tmp_path):
    video = write_timed(tmp_path / "in.avi", [np.full((48, 64, 3), 5 * i, np.uint8) for i in range(40)], codec="mjpeg")
    content = video.read_bytes()
    video.write_bytes(content[:len(content) // 3] + bytes(len(content) // 4) + content[-len(content) * 5 // 12:])
    summary = live(video, out=tmp_path / "out.mp4", window=False)
    assert 20 < summary.frames < 35
    assert summary.damage.startswith(f"{video}: {40 - summary.frames} of 40 frames could not be read, at ")
    assert len(read_video(tmp_path / "out.mp4")[0]) == summary.frames


@pytest.mark.parametrize(("settings", "words"), [
    ({"out": "video.gif"}, r"out 'video\.gif': a video's name ends in \.avi, \.mkv"),
    ({"smoothing": -1.0}, "smoothing -1.0 is not from 0 to 60"), ({"smoothing": float("nan")}, "smoothing nan"),
    ({"detector": "eyes"}, "detector 'eyes' is none of hog"),
], ids=["suffix", "negative", "nan", "detector"])
def test_what_cannot_be_done_is_said_before_the_camera_is_opened(camera, settings, words):
    with pytest.raises(ParameterError, match=words):
        live(0, window=False, **settings)
    assert (camera.camera.reads, camera.camera.releases) == (0, 0)


def test_a_video_is_not_written_over_itself(video):
    with pytest.raises(WriteError, match="it is read by the same command and would be lost"):
        live(video, out=video.parent / ".." / video.parent.name / video.name, window=False)
    assert len(read_video(video)[0]) == 20
