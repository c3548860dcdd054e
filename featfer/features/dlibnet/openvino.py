"""OpenVINO, imported so that scikit-learn-intelex can be imported after it.

Both bring the library TBB. A process has only one: that which is loaded first. The one of OpenVINO is older, and
scikit-learn-intelex cannot use it; both can use the newer one, of the package `tbb`.
"""

import ctypes
import importlib.metadata
import sys


def _load_newer_tbb() -> None:
    """Load the library of the package `tbb`, if it is installed."""
    try:
        files = importlib.metadata.files("tbb") or []
    except importlib.metadata.PackageNotFoundError:
        return
    for file in files:
        if file.name == "libtbb.so.12":
            ctypes.CDLL(str(file.locate()))


if sys.platform == "linux":
    _load_newer_tbb()

from openvino import Core, Model, opset13  # noqa: E402

__all__ = ["Core", "Model", "opset13"]
