"""The window on the screen."""

from __future__ import annotations

import os
import sys
from typing import Self

from featfer.errors import MissingError
from featfer.images.opencv import import_opencv
from featfer.typing import Pixels

TITLE = "featfer live"
LARGEST = 1280  # pixels of its longer side, at first
QUIT_KEYS = (ord("q"), ord("Q"), 27)  # 27: Esc
ELSE = "or write a video: --out VIDEO --no-window"


class Window:
    """Shows frames until the user stops. It is closed when the `with` block ends.

    Raises
    ------
    MissingError
        When OpenCV was built without windows, or there is no screen.
    """

    def __enter__(self) -> Self:
        self._cv2 = import_opencv()
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise MissingError(f"there is no screen to show a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); {ELSE}")
        try:
            self._cv2.namedWindow(TITLE, self._cv2.WINDOW_NORMAL | self._cv2.WINDOW_KEEPRATIO | self._cv2.WINDOW_GUI_NORMAL)
        except self._cv2.error:
            raise MissingError("this build of OpenCV cannot show windows: pip uninstall opencv-python-headless, then "
                               f"pip install --force-reinstall 'opencv-python>=4.14,<5'; {ELSE}") from None
        self._is_sized = False
        return self

    def show(self, pixels: Pixels, seconds: float = 0.0) -> bool:
        """Show a frame.

        Parameters
        ----------
        pixels : uint8 array (h, w, 3)
            BGR.
        seconds : float
            For how long, at least.

        Returns
        -------
        bool
            Whether the user wants more.
        """
        if not self._is_sized:
            scale = min(1.0, LARGEST / max(pixels.shape[:2]))
            self._cv2.resizeWindow(TITLE, *(max(1, round(side * scale)) for side in pixels.shape[1::-1]))
            self._is_sized = True
        self._cv2.imshow(TITLE, pixels)
        key = self._cv2.waitKey(max(1, round(seconds * 1000)))
        return key & 0xFF not in QUIT_KEYS and self._cv2.getWindowProperty(TITLE, self._cv2.WND_PROP_VISIBLE) >= 1

    def __exit__(self, *_: object) -> None:
        self._cv2.destroyAllWindows()
