"""This machine, and the libraries that are installed on it."""

import functools
import importlib
import importlib.metadata
import json
import os
import platform
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from featfer.errors import MissingError
from featfer.utils.words import count

LIBRARIES = ("featfer", "numpy", "scipy", "scikit-learn", "scikit-learn-intelex", "joblib", "pandas", "pillow", "scikit-image",
             "torch", "openvino", "dlib", "dlib-bin")
_limit: ContextVar[int | None] = ContextVar("threads", default=None)


def find_versions(names: Sequence[str] | None = None) -> dict[str, str]:
    """Return {name: version} of Python and of those libraries that are installed, by default out of LIBRARIES."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES if names is None else names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def import_extra(module: str, extra: str) -> Any:
    """Import a module that comes with one of featfer's extras.

    Parameters
    ----------
    module : str
        Such as "onnx" or "safetensors.numpy".
    extra : str
        The extra that installs it, such as "export".

    Returns
    -------
    module

    Raises
    ------
    MissingError
        If it is not installed; the message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingError(f"this needs {module.partition('.')[0]} ({error}); {name_install_command(extra)}") from None


def find_extra(extra: str) -> dict[str, str | None]:
    """Find the packages of one of featfer's extras.

    Parameters
    ----------
    extra : str
        Such as "video".

    Returns
    -------
    dict of str to str or None
        The installed version of each package, None if there is none. Packages that are not for this machine are left out.
    """
    found: dict[str, str | None] = {}
    for requirement in importlib.metadata.requires("featfer") or []:
        package, _, marker = requirement.partition(";")
        machines = re.findall(r"platform_machine == [\"'](\w+)", marker)
        if re.search(rf"extra == [\"']{extra}[\"']", marker) and (not machines or platform.machine() in machines):
            name = re.match(r"[\w.-]+", package.strip())[0]  # type: ignore[index]  # a requirement begins with a name
            try:
                found[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                found[name] = None
    return found


@functools.cache
def name_install_command(extra: str) -> str:
    """Name the command that installs one of featfer's extras, from where featfer itself was installed.

    Parameters
    ----------
    extra : str
        Such as "video".

    Returns
    -------
    str
        With the folder or address of which pip says that it installed featfer from there; without one, the command for a clone.

    Notes
    -----
    pip keeps it in `direct_url.json` (PEP 610).
    """
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        origin = json.loads(importlib.metadata.distribution("featfer").read_text("direct_url.json") or "{}")
    except importlib.metadata.PackageNotFoundError:
        origin = {}
    url = origin.get("url", "")
    place = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
    if not url or (place and not place.exists()):
        return f"pip install '.[{extra}]', in a clone of featfer"
    if place and place.is_dir():
        return f"pip install {'-e ' if origin.get('dir_info', {}).get('editable') else ''}{shlex.quote(f'{place}[{extra}]')}"
    scheme = f"{origin['vcs_info']['vcs']}+" if "vcs_info" in origin else ""
    return f"pip install {shlex.quote(f'featfer[{extra}] @ {scheme}{url}')}"


def describe_machine() -> str:
    """Describe the machine in one line: processor, cores, memory, system."""
    return (f"{_find_processor()}, {count(count_cores(), 'core')}, {_to_gibibytes(find_memory_size())} GiB, "
            f"{platform.system()} {platform.machine()}")


def count_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """Let `count_threads` answer a number, in this thread, while a `with` block runs."""
    before = _limit.set(threads)
    try:
        yield
    finally:
        _limit.reset(before)


def count_threads() -> int:
    """Count the threads on which a library may compute: as `limit_threads` says, or else a core each, or fewer where
    OMP_NUM_THREADS says so."""
    if threads := _limit.get():
        return threads
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(count_cores(), int(limit)) if limit.isdecimal() and int(limit) else count_cores()


def find_memory_size() -> int | None:
    """Return the size of this machine's memory in bytes, or None if the system does not tell it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, AttributeError, OSError):
        return None


def _find_processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def has_processor_flag(*names: str) -> bool:
    """Tell whether the processor has a feature whose name, in Linux's /proc/cpuinfo, contains one of some words.

    Parameters
    ----------
    *names : str
        Such as "vnni".

    Returns
    -------
    bool
        False on other systems, which do not tell.
    """
    info = Path("/proc/cpuinfo")
    flags = re.findall(r"^(?:flags|Features)\s*:(.*)", info.read_text(), re.MULTILINE) if info.exists() else []
    return any(name in line for line in flags for name in names)


def _to_gibibytes(size: int | None) -> int | str:
    return "?" if size is None else round(size / 2**30)


def check_device(device: str) -> None:
    """Raise MissingError if torch cannot compute on a device.

    Parameters
    ----------
    device : str
        "cpu", "cuda" or "cuda:N".
    """
    if device == "cpu":
        return
    import torch
    try:
        torch.zeros(1, device=device).cpu()  # a device without memory has nothing to give back
    except (RuntimeError, AssertionError, TypeError) as error:
        raise MissingError(f"device {device!r} is not usable ({str(error).splitlines()[0]}); "
                           "`featfer doctor` lists those that are") from None
