"""Child processes made by fork (the default of `multiprocessing` before Python 3.14, and gunicorn's `--preload`).

A forked child has a copy of its parent's memory, but only one of its threads. OpenMP, which torch and scikit-learn compute
with, would wait for ever for the threads that the parent had; limited to one thread, it needs none of them. In the same way
joblib would rely on processes that only the parent's threads can feed. Networks with threads of their own are loaded anew
(`load_once`).
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import Any


def _reset_workers() -> None:
    """Limit torch and OpenMP to one thread in this process, and let joblib start its own processes."""
    if set_threads := getattr(sys.modules.get("torch"), "set_num_threads", None):  # None while torch is being imported, too
        set_threads(1)
    if "sklearn" in sys.modules:
        from threadpoolctl import threadpool_limits
        threadpool_limits(1, user_api="openmp")
    if loky := sys.modules.get("joblib.externals.loky.reusable_executor"):
        vars(loky)["_executor"] = None


def load_once(load: Callable[..., Any]) -> Any:
    """Cache what a function returns for its arguments, separately in each process (a decorator).

    Parameters
    ----------
    load : callable
        Called once for the same arguments, even if several threads ask at a time.

    Returns
    -------
    callable
        With `cache_clear()` and `cache_info()`, like those of `functools.cache`.

    Notes
    -----
    For networks of OpenVINO. A forked process keeps those of its parent, unused: OpenVINO gives the threads of a network that
    is freed to the next one, and waits for ever where these are the parent's.
    """
    lock = threading.Lock()

    @functools.cache
    def load_in(process: int, *arguments: Any) -> Any:
        return load(*arguments)

    @functools.wraps(load)
    def get(*arguments: Any) -> Any:
        with lock:
            return load_in(os.getpid(), *arguments)

    def renew_lock() -> None:
        nonlocal lock
        lock = threading.Lock()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew_lock)
    vars(get).update(cache_clear=load_in.cache_clear, cache_info=load_in.cache_info)
    return get


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_reset_workers)
