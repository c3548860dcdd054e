"""The window of `featfer live`, and what is shown in it."""

import sys
import types

import cv2
import numpy as np
import pytest
from helpers.videos import SIZE

from featfer.errors import MissingError
from featfer.live import output
from featfer.live.frames import Frame
from featfer.live.output import FrameOutput, Rate
from featfer.live.window import Window

GREY = np.full((480, 640, 3), 128, np.uint8)


def test_without_a_screen_the_error_says_what_to_do(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(MissingError, match=r"no screen.*--out VIDEO --no-window"), Window():
        pass


def test_a_build_without_windows_says_how_to_swap_it(monkeypatch):
    def unbuilt(*_):
        raise cv2.error("The function is not implemented.")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", unbuilt)
    with pytest.raises(MissingError, match=r"pip uninstall opencv-python-headless.*opencv-python.*--out VIDEO"), Window():
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


def test_the_rate_is_that_of_the_last_second(monkeypatch):
    clock = iter([*np.arange(0, 5, 0.1), *np.arange(5, 8, 0.04)])
    monkeypatch.setattr(output, "time", types.SimpleNamespace(perf_counter=lambda: next(clock)))
    rate = Rate()
    rates = [rate.tick() for _ in range(125)]
    assert rates[0] == 0
    assert rates[1:50] == pytest.approx([10] * 49)
    assert rates[50 + 26:] == pytest.approx([25] * 49)


def test_frames_that_are_not_shown_are_not_drawn(monkeypatch):
    monkeypatch.setattr(output, "draw_faces", lambda *_: 1 / 0)
    seen = []
    frames = FrameOutput(None, None, lambda *given: seen.append(given), is_live=False)
    frame = Frame(0, 0.0, GREY)
    assert frames.put(frame, []) and seen == [(frame, [])]
    assert GREY.shape[1::-1] == SIZE
