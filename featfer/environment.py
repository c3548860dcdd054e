"""What this machine is and which libraries are on it."""

import importlib.metadata
import os
import platform
from pathlib import Path

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


def machine():
    """Return the machine in words: processor, cores, memory, system."""
    return f"{_processor()}, {usable_cores()} cores, {_memory()} GiB, {platform.system()} {platform.machine()}"


def usable_cores():
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _memory():
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (ValueError, AttributeError, OSError):
        return "?"
