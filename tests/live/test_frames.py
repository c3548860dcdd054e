"""Frames of a camera: the newest, each once."""

import threading
import time

import cv2
import numpy as np
import pytest
from helpers.videos import Camera

from featfer.errors import DataError
from featfer.live.frames import NewestFrames


class Paced(Camera):
    """A camera whose frames come when the test says so; each has its number as its pixels."""

    def __init__(self):
        super().__init__(np.full((2, 2, 3), number, np.uint8) for number in range(200))
        self.tickets = threading.Semaphore(0)

    def read(self):
        assert self.tickets.acquire(timeout=20)
        return super().read()

    def give(self, count):
        """Let so many frames come, and wait until they have."""
        self.tickets.release(count)
        goal = self.reads + count
        while self.reads < goal:
            time.sleep(0.001)
        time.sleep(0.02)  # until the last is put where it is taken from


def test_a_slow_consumer_gets_the_newest_frame_and_none_twice():
    camera = Paced()
    with NewestFrames(camera, "camera 0") as newest:
        frames, numbers = iter(newest), []
        for count in (1, 5, 1, 30):
            camera.give(count)
            frame = next(frames)
            assert (frame.pixels == frame.number).all()
            numbers.append(frame.number)
        camera.tickets.release()
    assert numbers == [0, 5, 6, 36]


def test_a_fast_consumer_waits_for_a_new_frame():
    camera, got = Paced(), []
    with NewestFrames(camera, "camera 0") as newest:
        frames = iter(newest)
        taker = threading.Thread(target=lambda: got.extend([next(frames).number, next(frames).number]))
        camera.give(1)
        taker.start()
        time.sleep(0.05)
        assert got == []
        camera.give(1)
        taker.join(20)
        camera.tickets.release()
    assert got == [0, 1]


def test_frames_of_a_camera_have_the_time_that_they_came():
    camera = Paced()
    with NewestFrames(camera, "camera 0") as newest:
        frames = iter(newest)
        camera.give(1)
        first = next(frames)
        time.sleep(0.2)
        camera.give(1)
        second = next(frames)
        camera.tickets.release()
    assert first.seconds == 0
    assert 0.2 < second.seconds < 2


def test_a_camera_that_stops_is_named_after_its_last_frame():
    with NewestFrames(Camera([np.zeros((2, 2, 3), np.uint8)]), "camera 3") as newest:
        frames = iter(newest)
        assert next(frames).number == 0
        with pytest.raises(DataError, match="camera 3: gives no frames any more"):
            next(frames)


def test_an_error_in_reading_is_raised_to_the_iterating_thread():
    with NewestFrames(Camera([cv2.error("broken")]), "camera 0") as newest, pytest.raises(cv2.error, match="broken"):
        next(iter(newest))


def test_a_camera_is_not_read_after_the_block():
    camera = Camera()
    with NewestFrames(camera, "camera 0") as newest:
        next(iter(newest))
    reads = camera.reads
    time.sleep(0.05)
    assert camera.reads == reads
