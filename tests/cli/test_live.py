import json
import re

import cv2
import numpy as np
import pytest
from helpers.commands import refused, run, succeeded
from helpers.videos import Camera, Quick, hopper, read_video, scene, swing, write_timed, write_video

from featfer.labels import FER7

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def video(tmp_path_factory, photo):
    """A video of a face that goes round: 12 frames."""
    return write_video(tmp_path_factory.mktemp("cli") / "face.mp4", [scene(i, (*hopper(photo), swing))[0] for i in range(12)])


@pytest.fixture
def quick(monkeypatch):
    """Make every model one that sees happiness at once."""
    monkeypatch.setattr("featfer.live.session.load_recognizer", lambda *given: Quick())


def test_a_video_is_annotated(tmp_path, bundle, video):
    line = succeeded("live", "--file", video, "--out", tmp_path / "out.mp4", "--model", bundle)
    assert re.fullmatch(rf"12 frames in \d+\.\d s, \d+\.\d frames/s; wrote {re.escape(str(tmp_path / 'out.mp4'))}\n", line)
    assert read_video(tmp_path / "out.mp4")[0].shape == (12, 480, 640, 3)


def test_json_has_a_line_for_each_face_of_each_frame(video, bundle):
    lines = [json.loads(line) for line in succeeded("live", "--file", video, "--json", "--model", bundle).splitlines()]
    assert [line["frame"] for line in lines] == list(range(12))
    assert [line["seconds"] for line in lines] == pytest.approx([i / 25 for i in range(12)], abs=1e-3)
    for line in lines:
        assert list(line) == ["frame", "seconds", "track", "box", "label", "probabilities", "confidence", "ambiguity"]
        assert (line["track"], list(line["probabilities"])) == (1, list(FER7.names))
        assert sum(line["probabilities"].values()) == pytest.approx(1, abs=1e-4)
        left, top, right, bottom = line["box"]
        assert 0 < left < right < 640 and 0 < top < bottom < 480


def test_what_is_not_confident_is_unsure(video, bundle):
    words = ("live", "--file", video, "--json", "--model", bundle)
    labels = {reject: {json.loads(line)["label"] for line in succeeded(*words, "--reject", reject).splitlines()}
              for reject in (0, 1)}
    assert labels[1] == {"unsure"} and "unsure" not in labels[0]


def test_frames_without_a_face_are_reported(tmp_path, quick):
    video = write_video(tmp_path / "room.mp4", [np.full((480, 640, 3), 90, np.uint8)] * 3)
    lines = [json.loads(line) for line in succeeded("live", "--file", video, "--json").splitlines()]
    assert lines == [{"frame": number, "seconds": pytest.approx(number / 25, abs=1e-3), "status": "no-face"}
                     for number in range(3)]
    assert "; no face found in 3 of them; wrote " in succeeded("live", "--file", video, "--out", tmp_path / "out.mp4")


def test_json_and_a_video_go_together(tmp_path, quick, video):
    lines = succeeded("live", "--file", video, "--json", "--out", tmp_path / "out.avi").splitlines()
    assert [json.loads(line)["label"] for line in lines] == ["happy"] * 12
    assert len(read_video(tmp_path / "out.avi")[0]) == 12


def test_what_a_damaged_video_lost_is_named_and_the_rest_done(tmp_path, quick):
    video = write_timed(tmp_path / "in.avi", [np.full((48, 64, 3), 5 * i, np.uint8) for i in range(20)], codec="mjpeg")
    content = video.read_bytes()
    video.write_bytes(content[:content.rindex(b"\xff\xd8")])
    result = run("live", "--file", video, "--out", tmp_path / "out.mp4")
    assert (result.exit_code, result.stderr) == (1, f"Error: {video}: ends at 19 of 20 frames\n")
    assert result.stdout.startswith("19 frames in")
    assert len(read_video(tmp_path / "out.mp4")[0]) == 19


def test_dropped_camera_frames_are_counted(quick, monkeypatch, tmp_path):
    camera = Camera()
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: camera)
    seen = []
    monkeypatch.setattr("featfer.live.output.FrameOutput.put", lambda self, frame, faces: seen.append(frame) or len(seen) < 3)
    line = succeeded("live", "--camera", 2, "--no-window", "--out", tmp_path / "out.mp4")
    assert re.match(r"3 frames in [\d.]+ s, [\d.]+ frames/s(; [\d,]+ left out, as they came too fast)?; no face found in 3 of "
                    "them; wrote", line)
    assert camera.releases == 1


def test_ctrl_c_leaves_a_whole_video(tmp_path, quick, video, monkeypatch):
    def interrupted(frame, faces):
        if frame.number == 5:
            raise KeyboardInterrupt
    monkeypatch.setattr("featfer_cli.live._print_faces", interrupted)
    result = run("live", "--file", video, "--json", "--out", tmp_path / "out.mp4")
    said = f"\nStopped. The frames up to here, where there were any, are in {tmp_path / 'out.mp4'}.\n"
    assert (result.exit_code, result.stderr) == (130, said)
    assert len(read_video(tmp_path / "out.mp4")[0]) == 5


@pytest.mark.parametrize(("words", "reason"), [
    (("--camera", "97", "--no-window", "--json"), "camera 97: cannot be opened"),
    (("--file", "nowhere.mp4", "--json"), "nowhere.mp4: no such file"),
    (("--file", __file__, "--json"), "test_live.py: not a readable video"),
    (("--file", "a.mp4", "--out", "a.gif"), "out 'a.gif': a video's name ends in .avi, .mkv, .mov, .mp4"),
    (("--file", "a.mp4", "--camera", "0"), "--camera 0 and --file a.mp4: give one of them"),
    (("--no-window",), "--no-window leaves nothing to do: give --out VIDEO, --json or both besides"),
    (("--file", "a.mp4", "--no-window"), "--no-window leaves nothing to do"),
    (("--file", "a.mp4", "--json", "--detector", "eyes"), "'eyes' is none of hog"),
    (("--file", "a.mp4", "--json", "--smoothing", "nan"), "smoothing nan is not from 0 to 60 seconds"),
    (("--camera", "-1"), "-1 is not in the range x>=0"),
], ids=["camera", "missing", "text", "suffix", "both", "nothing", "nothing-video", "detector", "smoothing", "negative"])
def test_impossible_requests_are_refused_in_one_line(quick, words, reason):
    assert reason in refused("live", *words)


def test_a_window_that_cannot_be_shown_is_an_error_with_the_way_out(quick, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")

    def unbuilt(*_):
        raise cv2.error("The function is not implemented.")
    monkeypatch.setattr(cv2, "namedWindow", unbuilt)
    line = refused("live")
    assert "pip uninstall opencv-python-headless" in line and "--out VIDEO --no-window" in line


def test_a_camera_is_shown_and_a_video_only_where_it_goes_nowhere_else(video, quick, monkeypatch, tmp_path):
    shown = []

    def screenless(self):
        shown.append(True)
        raise KeyboardInterrupt
    monkeypatch.setattr("featfer.live.window.Window.__enter__", screenless)
    monkeypatch.setattr(cv2, "VideoCapture", lambda source, real=cv2.VideoCapture: Camera([np.zeros((48, 64, 3), np.uint8)])
                        if source == 0 else real(source))
    out = ("--out", tmp_path / "out.mp4")
    asked = []
    for words in (("--json",), out, ("--file", video), ("--file", video, *out, "--window"), ("--file", video, *out)):
        shown.clear()
        run("live", *words)
        asked.append(bool(shown))
    assert asked == [True, True, True, True, False]


def test_help_has_an_example_and_all_options():
    text = succeeded("live", "--help")
    assert "featfer live --file video.mp4 --out annotated.mp4" in text
    assert all(option in text for option in ("--camera", "--file", "--out", "--model", "--detector", "--smoothing", "--json",
                                             "--window / --no-window", "--no-verify"))
