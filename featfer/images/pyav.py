"""PyAV, which the extra `video` brings with FFmpeg inside: it reads and writes videos."""

import functools

from featfer.errors import MissingError

INSTALL = "pip install 'featfer[video]'"


@functools.cache
def import_pyav():
    """Return the module av; raise MissingError with the install line when there is none."""
    try:
        import av
    except ImportError as error:
        raise MissingError(f"PyAV cannot be imported ({error}): {INSTALL}") from None
    return av
