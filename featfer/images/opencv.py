"""OpenCV, which reads cameras, tracks faces and has the Haar cascades; the extra `video` installs it."""

from __future__ import annotations

import functools
import os
import threading
from types import ModuleType

from featfer.errors import MissingError
from featfer.utils.environment import name_install_command

_importing = threading.Lock()
QUIET = {"OPENCV_LOG_LEVEL": "ERROR"}  # our own error says what cannot be opened


@functools.cache
def import_opencv() -> ModuleType:
    """Import OpenCV.

    Returns
    -------
    module
        The module `cv2`.

    Raises
    ------
    MissingError
        When it is not installed; the message has the install line.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with _importing:  # cv2 imports itself twice, and fails where two threads do so at once
        try:
            import cv2
        except ImportError as error:
            raise MissingError(f"OpenCV cannot be imported ({error}): {name_install_command('video')}") from None
    return cv2
