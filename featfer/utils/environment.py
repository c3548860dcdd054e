"""What this machine is and which libraries are on it."""

import importlib
import importlib.metadata
import os
import platform
from pathlib import Path

from featfer.errors import MissingError

LIBRARIES = ("featfer", "numpy", "scipy", "scikit-learn", "scikit-learn-intelex", "joblib", "pandas", "pillow", "scikit-image",
             "torch", "dlib", "dlib-bin")


def versions():
    """Return {name: version} of Python and of those of featfer's libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def needs(module, extra):
    """Return a module of a package that comes with one of featfer's extras; raise MissingError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingError(f"this needs {module.partition('.')[0]} ({error}); pip install 'featfer[{extra}]'") from None


def machine():
    """Return the machine in words: processor, cores, memory, system."""
    cores = usable_cores()
    words = "1 core" if cores == 1 else f"{cores} cores"
    return f"{_processor()}, {words}, {_gibibytes(memory())} GiB, {platform.system()} {platform.machine()}"


def usable_cores():
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory():
    """Return how many bytes of memory this machine has, None where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, AttributeError, OSError):
        return None


def _processor():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _gibibytes(size):
    return "?" if size is None else round(size / 2**30)


def check_device(device):
    """Raise MissingError when torch cannot use a device."""
    if device == "cpu":
        return
    import torch
    try:
        torch.zeros(1, device=device).cpu()  # a device without memory has nothing to give back
    except (RuntimeError, AssertionError, TypeError) as error:
        raise MissingError(f"device {device!r} is not usable ({str(error).splitlines()[0]}); "
                           "`featfer doctor` lists those that are") from None
