"""Frames as they come: all of a video, or the newest of a camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from PIL import Image, ImageOps

from featfer.errors import DataError
from featfer.typing import Pixels

if TYPE_CHECKING:
    from featfer.images.video_frame import VideoFrame


@dataclass(frozen=True)
class Frame:
    """A frame of a video or a camera.

    Attributes
    ----------
    number : int
        From 0; frames that were left out count.
    seconds : float
        Since the first frame.
    pixels : uint8 array (h, w, 3)
        BGR.
    """

    number: int
    seconds: float
    pixels: Pixels


def video_frames(video: Iterable[VideoFrame]) -> Iterator[Frame]:
    """Yield every Frame of an open video in order, all with the size of the first.

    Raises
    ------
    DataError
        When there is none.
    """
    size = None
    for frame in video:
        pixels = frame.pixels("bgr24")
        size = size or pixels.shape[1::-1]
        if pixels.shape[1::-1] != size:
            pixels = np.asarray(ImageOps.pad(Image.fromarray(pixels), size))
        yield Frame(frame.number, frame.seconds, pixels)


class NewestFrames:
    """Iterates over the frames of an open camera; those that come while nobody asks for one are left out.

    A thread, which ends when the `with` block does, reads the camera and keeps only the last frame. Iterating waits for a new
    frame; it raises DataError when the camera gives no more.

    Parameters
    ----------
    camera : cv2.VideoCapture
    name : str
        For messages.
    """

    def __init__(self, camera: Any, name: str) -> None:
        self._camera, self._name = camera, name
        self._changed, self._is_over = threading.Condition(), False
        self._frame: Frame | None = None
        self._pool = ThreadPoolExecutor(1, "camera")

    def __enter__(self) -> Self:
        self._reading = self._pool.submit(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._pool.shutdown()  # waits, because a camera must not be released while it is read

    def __iter__(self) -> Iterator[Frame]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._frame or self._is_over)
                frame, self._frame = self._frame, None
            if frame is None:
                self._reading.result()  # raises what has ended it
                return
            yield frame

    def _read(self) -> None:
        try:
            number, start = 0, None
            while not self._is_over:
                is_read, pixels = self._camera.read()
                if not is_read:
                    raise DataError(f"{self._name}: gives no frames any more; is it still connected?")
                now = time.monotonic()
                start = now if start is None else start
                self._put(Frame(number, now - start, pixels))
                number += 1
        finally:
            self._is_over = True
            self._put(None)

    def _put(self, frame: Frame | None) -> None:
        with self._changed:
            self._frame = frame or self._frame
            self._changed.notify()
