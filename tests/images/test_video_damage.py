"""Videos that are cut off, cut out of or overwritten in part: what is left of them is read, and what is not is named."""

import functools
import re
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.videos import write_timed

from featfer.errors import DataError
from featfer.images.video import open_video, read_frames

COUNT, RATE = 100, 25


@functools.cache
def pictures(count=COUNT):
    """Return noisy pictures, none like the one before, uint8 (96, 128, 3) each."""
    noise = np.random.default_rng(0).integers(0, 128, (count, 96, 128, 3), np.uint8)
    return [picture + np.uint8(number) for number, picture in enumerate(noise)]


@functools.cache
def content(name, codec, **options):
    with tempfile.TemporaryDirectory() as folder:
        encoder = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else {}
        return write_timed(Path(folder) / name, pictures(), codec=codec, encoder=encoder, **options).read_bytes()


def written(folder, name, codec, **options):
    (folder / name).write_bytes(content(name, codec, **options))
    return folder / name


def damaged(path, kind):
    """Overwrite a tenth of a video's bytes with zeros or noise, cut it out, or cut off all from there on; return its path."""
    content = path.read_bytes()
    first, last = len(content) * 4 // 10, len(content) * 5 // 10
    middle = {"zeros": bytes(last - first), "noise": np.random.default_rng(1).bytes(last - first)}.get(kind, b"")
    path.write_bytes(content[:first] + middle + (b"" if kind == "cut off" else content[last:]))
    return path


def read(path):
    """Return the times of all frames that can be read, and what is said of the others."""
    with open_video(path) as video:
        return [frame.seconds for frame in video], video.describe_damage()


VIDEOS = [("video.mp4", "libx264"), ("video.mp4", "mpeg4"), ("video.mov", "mjpeg"), ("video.mkv", "libx264"),
          ("video.mkv", "ffv1"), ("video.avi", "mpeg4"), ("video.avi", "mjpeg"), ("video.webm", "libvpx"),
          ("video.ts", "libx264"), ("video.ts", "mpeg2video"), ("video.mpg", "mpeg2video"), ("video.vob", "mpeg2video"),
          ("video.flv", "flv"), ("video.wmv", "wmv2"), ("video.ogv", "libvpx")]


@pytest.mark.parametrize(("name", "codec"), VIDEOS)
def test_an_undamaged_video_has_no_damage(tmp_path, name, codec):
    seconds, damage = read(written(tmp_path, name, codec))
    assert (len(seconds), damage) == (COUNT, None)
    assert seconds == pytest.approx([i / RATE for i in range(COUNT)], abs=0.045 if codec == "mpeg2video" else 0.002)


@pytest.mark.parametrize(("name", "codec"), VIDEOS)
@pytest.mark.parametrize("kind", ["zeros", "noise"])
def test_frames_after_a_damaged_place_are_read_and_those_lost_named(tmp_path, name, codec, kind):
    path = damaged(written(tmp_path, name, codec), kind)
    seconds, damage = read(path)
    assert seconds[-1] > (2.9 if name.endswith("avi") else 3.9)
    lost, total = map(int, re.match(rf"{path}: (\d+) of (\d+) frames could not be read, (?:at|between) ", damage).groups())
    assert total == lost + len(seconds)
    assert 5 <= lost <= 25 and abs(total - COUNT) <= 3


@pytest.mark.parametrize(("name", "codec"), [video for video in VIDEOS if video[0][-3:] not in ("mp4", "mov", "ebm", "wmv")])
def test_frames_after_a_place_where_bytes_are_missing_are_read(tmp_path, name, codec):
    path = damaged(written(tmp_path, name, codec), "cut out")
    seconds, damage = read(path)
    assert 70 <= len(seconds) <= 95
    lost, total = map(int, re.match(rf"{path}: (\d+) of (\d+) frames could not be read", damage).groups())
    assert total == lost + len(seconds) and abs(total - COUNT) <= 3


@pytest.mark.parametrize(("name", "codec", "said"), [
    ("video.mp4", "libx264", r"ends at \d\d of 100 frames"), ("video.mp4", "mpeg4", r"ends at \d\d of 100 frames"),
    ("video.avi", "mjpeg", r"ends at \d\d of 100 frames"), ("video.mkv", "libx264", r"ends at [012]\.\d of 4\.0 s"),
    ("video.webm", "libvpx", r"ends at [012]\.\d of 4\.0 s"), ("video.flv", "flv", r".*ends at [012]\.\d of 4\.0 s")])
def test_a_video_that_is_cut_off_says_where_it_ends(tmp_path, name, codec, said):
    options = {"movflags": "faststart"} if name == "video.mp4" else {}
    path = damaged(written(tmp_path, name, codec, **options), "cut off")
    seconds, damage = read(path)
    assert 10 <= len(seconds) <= 60
    assert re.fullmatch(f"{path}: {said}", damage)


def test_a_video_without_its_index_is_named(tmp_path):
    path = damaged(written(tmp_path, "video.mp4", "mpeg4"), "cut off")
    with pytest.raises(DataError, match=r"video\.mp4: not a readable video \(cut off, or never finished: it has no index\)"):
        read(path)


def test_the_loss_is_named_once_all_frames_were_given(tmp_path):
    path = damaged(written(tmp_path, "video.mp4", "libx264"), "zeros")
    found = []
    with pytest.raises(DataError, match=r"video\.mp4: \d+ of 100 frames could not be read, between 1\.\d and 2\.\d s"):
        for _, seconds, _ in read_frames(path):
            found.append(seconds)
    assert found == pytest.approx([0, 1, 2, 3], abs=0.5)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".flv"])
def test_a_pause_is_no_loss(tmp_path, suffix):
    times = [i / RATE for i in range(50)] + [6 + i / RATE for i in range(50)]
    codec = {".ts": "libx264", ".flv": "flv"}.get(suffix, "mpeg4")
    path = write_timed(tmp_path / f"video{suffix}", pictures(), times, codec)
    seconds, damage = read(path)
    assert (len(seconds), damage) == (COUNT, None)
    assert seconds == pytest.approx(times, abs=0.002)


def test_sound_that_goes_on_after_the_pictures_is_no_loss(tmp_path):
    with av.open(str(tmp_path / "video.mkv"), "w") as container:
        images, sound = container.add_stream("mpeg4", rate=RATE), container.add_stream("libopus", rate=48000)
        images.width, images.height, images.pix_fmt = 160, 120, "yuv420p"
        for number, picture in enumerate(pictures(25)):
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts = number
            container.mux(images.encode(frame))
        for number in range(200):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.int16), "s16", "stereo")
            frame.sample_rate, frame.pts = 48000, 960 * number
            container.mux(sound.encode(frame))
        for stream in (images, sound):
            container.mux(stream.encode(None))
    seconds, damage = read(tmp_path / "video.mkv")
    assert (len(seconds), damage) == (25, None)


def test_a_recording_that_begins_between_key_frames_is_whole(tmp_path):
    path = written(tmp_path, "video.ts", "libx264")
    content = path.read_bytes()
    path.write_bytes(content[len(content) // 10 // 188 * 188:])
    seconds, damage = read(path)
    assert (seconds[0], damage) == (0, None)
    assert 80 < len(seconds) <= 90


def test_a_disk_that_fails_in_the_middle_is_named(tmp_path, monkeypatch):
    path = written(tmp_path, "video.ts", "mpeg2video")

    is_failing = []

    class Failing:
        def __init__(self, path):
            self.file = open(path, "rb")  # noqa: SIM115

        def read(self, count):
            if is_failing and self.file.tell() > path.stat().st_size // 2:
                raise OSError(5, "Input/output error")
            return self.file.read(count)

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()
    monkeypatch.setattr("featfer.images.video.open_regular", Failing)
    with open_video(path) as video:
        is_failing.append(True)
        count = len(list(video))
        assert 20 < count < 75
        assert re.search(rf"video\.ts: .*ends at {count} frames \(Input/output error\)", video.describe_damage())
