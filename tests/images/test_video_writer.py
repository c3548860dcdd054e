import subprocess
import sys

import av
import cv2
import numpy as np
import pytest
from helpers.videos import RATE, read_video

from featfer.errors import WriteError
from featfer.images.video import read_frames
from featfer.images.video_writer import FORMATS, VideoWriter

GREY = np.full((480, 640, 3), 128, np.uint8)
EARLIER = b"\0\0\0\x20ftypisom"  # how a video begins
FULL = """
import resource, sys
import numpy as np
from featfer.errors import WriteError
from featfer.images.video_writer import FORMATS, VideoWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # stands in for a disk with so much room
noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
for suffix in FORMATS:
    try:
        with VideoWriter(f"{sys.argv[1]}/out{suffix}", 25.0) as writer:
            for number in range(5):
                writer.write(noise, number / 25)
    except WriteError as error:
        print(error)
"""


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_frame_stands_at_the_time_at_which_it_was_seen(tmp_path, suffix):
    times = 0.0, 0.01, 0.02, 0.3, 0.5, 9.5, 9.75
    path = tmp_path / f"out{suffix}"
    with VideoWriter(path, 20.0) as writer:
        for number, seconds in enumerate(times):
            writer.write(np.full((48, 64, 3), 30 * number, np.uint8), seconds)
    found = [(seconds, round(image.mean() / 30)) for _, seconds, image in read_frames(path, 1)]
    if suffix == ".avi":  # a frame each twentieth of a second, each held until the next
        assert [seconds for seconds, _ in found] == pytest.approx([i / 20 for i in range(196)])
        assert [level for _, level in found] == [0] * 6 + [3] * 4 + [4] * 180 + [5] * 5 + [6]
    else:
        assert [level for _, level in found] == list(range(7))
        assert [seconds for seconds, _ in found] == pytest.approx(times, abs=0.001)
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS) == pytest.approx(9.8, abs=0.001)


def test_a_video_whose_first_frame_is_late_begins_with_it_all_the_same(tmp_path):
    with VideoWriter(tmp_path / "out.avi", 10.0) as writer:
        writer.write(GREY, 0.5)
    assert len(read_video(tmp_path / "out.avi")[0]) == 6


def test_the_earlier_video_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(EARLIER)
    with VideoWriter(path, RATE):
        pass
    assert path.read_bytes() == EARLIER
    with VideoWriter(path, RATE) as writer:
        writer.write(GREY, 0.0)
        assert path.read_bytes() == EARLIER
    assert len(read_video(path)[0]) == 1


def test_a_full_disk_is_said_and_leaves_no_half_video(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True)
    assert (done.stdout.splitlines(), done.stderr) == (
        [f"{tmp_path / 'out'}{suffix}: cannot be written (File too large)" for suffix in FORMATS], "")
    assert list(tmp_path.iterdir()) == []


def test_where_no_video_can_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    for path in (tmp_path / "file" / "out.mp4", tmp_path / "folder.mp4"):
        with pytest.raises(WriteError, match="cannot be written"), VideoWriter(path, RATE):
            pass


@pytest.mark.parametrize("codec", ["mpeg4", "h264"])
def test_the_codec_is_as_asked_for(tmp_path, codec):
    with VideoWriter(tmp_path / "out.mp4", RATE, codec) as writer:
        for number in range(50):
            writer.write(GREY, number / 20)
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert video.streams.video[0].codec_context.name == codec
    assert [seconds for _, seconds, _ in read_frames(tmp_path / "out.mp4", 1)] == pytest.approx(np.arange(50) / 20, abs=1e-4)


@pytest.mark.parametrize("keep", [True, False])
def test_an_error_leaves_what_was_written_or_nothing(tmp_path, keep):
    path = tmp_path / "out.mp4"
    path.write_bytes(EARLIER)
    with pytest.raises(KeyError), VideoWriter(path, RATE, keep=keep) as writer:
        writer.write(GREY, 0.0)
        raise KeyError
    assert (path.read_bytes() == EARLIER) == (not keep)
    assert [other.name for other in tmp_path.iterdir()] == ["out.mp4"]
