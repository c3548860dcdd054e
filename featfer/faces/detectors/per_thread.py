"""A cache with one value per thread, for detectors, which change while they run, so that threads cannot share one."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any


def per_thread(make: Callable[[], Any]) -> Any:
    """Cache the value of a function without arguments, separately for each thread (a decorator).

    Parameters
    ----------
    make : callable
        Called once in each thread.

    Returns
    -------
    callable
        Its `cache_clear()`, like that of `functools.cache`, forgets the value of the thread that calls it.
    """
    local = threading.local()

    @functools.wraps(make)
    def get() -> Any:
        if not hasattr(local, "value"):
            local.value = make()
        return local.value
    get.cache_clear = local.__dict__.clear  # type: ignore[attr-defined]  # functions have no declared attributes
    return get
