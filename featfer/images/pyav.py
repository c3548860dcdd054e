"""PyAV (FFmpeg in Python), which reads and writes videos; the extra `video` installs it."""

from __future__ import annotations

import functools
from types import ModuleType

from featfer.errors import MissingError
from featfer.utils.environment import name_install_command


@functools.cache
def import_pyav() -> ModuleType:
    """Import PyAV.

    Returns
    -------
    module
        The module `av`.

    Raises
    ------
    MissingError
        When it is not installed; the message has the install line.
    """
    try:
        import av
    except ImportError as error:
        raise MissingError(f"PyAV cannot be imported ({error}): {name_install_command('video')}") from None
    return av
