
import av
import numpy as np
import pytest
from helpers.videos import write_timed

from featfer.errors import DataError, ParameterError
from featfer.images.video import SUFFIXES, is_video, read_frames

RATE, COUNT = 10, 25
CODECS = {".3g2": "h263", ".3gp": "h263", ".asf": "wmv2", ".flv": "flv", ".m2ts": "mpeg2video", ".mpeg": "mpeg1video",
          ".mpg": "mpeg2video", ".mts": "libx264", ".mxf": "mpeg2video", ".ogv": "libvpx", ".ts": "mpeg2video",
          ".vob": "mpeg2video", ".webm": "libvpx-vp9", ".wmv": "wmv2"}


def grey(level, size=(64, 48)):
    return np.full((*size[::-1], 3), level, np.uint8)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Path of a video of 2.5 s, 64x48, whose frames grow brighter by ten grey levels each."""
    return write_timed(tmp_path_factory.mktemp("video") / "video.mp4", [grey(10 * i) for i in range(COUNT)], rate=RATE)


# -- frames -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("every", "expected"), [(None, [0, 10, 20]), (1, range(COUNT)), (7, [0, 7, 14, 21]), (100, [0])])
def test_every_nth_frame_or_by_default_the_first_of_each_second(video, every, expected):
    found = list(read_frames(video, every))
    assert [index for index, _, _ in found] == list(expected)
    assert [seconds for _, seconds, _ in found] == pytest.approx([index / RATE for index in expected])
    assert [image.mean() for _, _, image in found] == pytest.approx([10 * index for index in expected], abs=4.5)
    assert {(image.shape, image.dtype) for _, _, image in found} == {((48, 64, 3), np.dtype(np.uint8))}


@pytest.mark.parametrize("suffix", sorted(SUFFIXES | {".ts", ".mts"}))
def test_video_of_any_suffix_and_of_none(tmp_path, suffix):
    size = {".mxf": (720, 576)}.get(suffix, (176, 144))
    path = tmp_path / f"video{suffix.replace('f4v', 'mp4')}"
    write_timed(path, [grey(100, size)] * 32, codec=CODECS.get(suffix, "mpeg4"))
    path = path.rename(tmp_path / f"video{suffix}")
    assert [seconds for _, seconds, _ in read_frames(path)] == pytest.approx([0, 1], abs=0.05)
    assert list(read_frames(path, 1))[-1][0] == 31
    assert is_video(path.rename(tmp_path / "unnamed"))


def test_all_frames_of_a_video_whose_sound_comes_first_are_given(tmp_path):
    with av.open(str(tmp_path / "video.mp4"), "w") as container:
        sound, pictures = container.add_stream("aac", rate=48000), container.add_stream("libx264", rate=RATE)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        for number in range(COUNT):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(grey(10 * number))))
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate = 48000
        for stream in (sound, pictures):
            container.mux(stream.encode(frame if stream is sound else None))
        container.mux(sound.encode(None))
    assert [index for index, _, _ in read_frames(tmp_path / "video.mp4", 1)] == list(range(COUNT))


def test_colours_are_red_green_blue(tmp_path):
    path = write_timed(tmp_path / "red.mp4", [np.full((48, 64, 3), (200, 30, 90), np.uint8)] * 3)
    _, _, image = next(read_frames(path))
    np.testing.assert_allclose(image.mean(axis=(0, 1)), (200, 30, 90), atol=6)


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "mpeg4"), (".mkv", "libx264"), (".mpg", "mpeg2video"),
                                               (".avi", "mpeg4"), (".ts", "mpeg2video")])
@pytest.mark.parametrize(("size", "aspect", "shape"), [
    ((720, 576), (64, 45), (576, 1024)), ((720, 480), (8, 9), (540, 720)), ((320, 240), (4, 3), (240, 427))])
def test_pixels_become_square(tmp_path, suffix, codec, size, aspect, shape):
    picture = grey(0, size)
    picture[:, size[0] // 2:] = 255
    path = write_timed(tmp_path / f"video{suffix}", [picture] * 2, codec=codec, aspect=aspect)
    _, _, image = next(read_frames(path))
    assert image.shape == (*shape, 3)
    assert image[:, :shape[1] // 2 - 10].max() < 30 and image[:, shape[1] // 2 + 10:].min() > 225


def test_pixels_of_an_impossible_shape_count_as_square(tmp_path):
    path = write_timed(tmp_path / "video.mp4", [grey(9)], aspect=(100, 1))
    assert next(read_frames(path))[2].shape == (48, 64, 3)


@pytest.mark.parametrize(("rotation", "bright"), [(90, "bottom"), (180, "right"), (-90, "top")])
def test_a_turned_video_is_upright_and_its_pixels_square(tmp_path, rotation, bright):
    picture = grey(0, (64, 48))
    picture[:, :32] = 255  # its left half is bright; it is to be turned counterclockwise
    path = write_timed(tmp_path / "video.mp4", [picture], aspect=(2, 1), rotation=rotation)
    image = next(read_frames(path))[2]
    assert image.shape == ((48, 128, 3) if rotation == 180 else (128, 48, 3))
    halves = {"top": image[:40], "bottom": image[-40:], "left": image[:, :20], "right": image[:, -20:]}
    assert halves[bright].mean() > 240 and image.mean() == pytest.approx(127, abs=9)


def test_a_video_of_too_many_pixels_is_refused(video, monkeypatch):
    monkeypatch.setattr("featfer.images.video.MAX_PIXELS", 3000)
    with pytest.raises(DataError, match=r"video\.mp4: a video of 64x48 has more than 3,000 pixels; make it smaller first"):
        list(read_frames(video))


# -- times ------------------------------------------------------------------------------------------------------------

def varied():
    """Times of a video of ten seconds: many frames in the first three, few in the others."""
    return [i / 30 for i in range(90)] + [3 + i / 4 for i in range(28)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".flv"])
@pytest.mark.parametrize("rate", [30, 1000])
def test_one_frame_of_each_second_is_read_at_any_rate(tmp_path, suffix, rate):
    codec = {".ts": "libx264", ".flv": "flv"}.get(suffix, "mpeg4")
    times = varied()
    path = write_timed(tmp_path / f"video{suffix}", [grey(2 * i) for i in range(len(times))], times, codec, rate)
    found = list(read_frames(path))
    assert [seconds for _, seconds, _ in found] == pytest.approx(range(10), abs=0.002)
    assert [seconds for _, seconds, _ in read_frames(path, 1)] == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("start", [0.5, 7, 4000])
def test_a_video_begins_with_its_first_frame_whatever_its_first_timestamp(tmp_path, start):
    times = [start + i / 5 for i in range(16)]
    path = write_timed(tmp_path / "video.mkv", [grey(10 * i) for i in range(16)], times, rate=5)
    assert [seconds for _, seconds, _ in read_frames(path)] == pytest.approx(range(4), abs=0.002)


def test_an_avi_of_frames_decoded_out_of_order_is_timed_in_order(tmp_path):
    path = write_timed(tmp_path / "video.avi", [grey(10 * i) for i in range(20)], codec="libx264", b_frames=3)
    assert [seconds for _, seconds, _ in read_frames(path, 1)] == pytest.approx([i / 25 for i in range(20)])


def test_frames_without_timestamps_come_at_the_video_s_rate(tmp_path):
    path = tmp_path / "video.h264"
    write_timed(path, [grey(10 * i) for i in range(25)], codec="libx264", rate=10)
    seconds = [seconds for _, seconds, _ in read_frames(path, 1)]
    assert np.diff(seconds) == pytest.approx([seconds[1]] * 24)
    assert 0.04 <= seconds[1] <= 0.1


def test_a_recording_joined_of_two_goes_on(tmp_path):
    one, two = (write_timed(tmp_path / f"{name}.ts", [grey(90)] * 50, codec="mpeg2video") for name in ("one", "two"))
    (tmp_path / "joined.ts").write_bytes(one.read_bytes() + two.read_bytes())
    seconds = [seconds for _, seconds, _ in read_frames(tmp_path / "joined.ts", 1)]
    assert len(seconds) == 100
    assert seconds == pytest.approx([i / 25 for i in range(100)], abs=0.05)



@pytest.mark.parametrize("every", [0, -3])
def test_every_below_one_is_refused(video, every):
    with pytest.raises(ParameterError, match=f"every {every}: take every frame"):
        next(read_frames(video, every))
