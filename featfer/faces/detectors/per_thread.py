"""One value a thread: a detector changes while it runs, so that threads cannot share one."""

import functools
import threading


def per_thread(make):
    """Cache the value of a function without arguments, separately in each thread: a decorator.

    Returns
    -------
    callable
        It has `cache_clear()`, as of `functools.cache`, for the thread that calls it.
    """
    local = threading.local()

    @functools.wraps(make)
    def get():
        if not hasattr(local, "value"):
            local.value = make()
        return local.value
    get.cache_clear = local.__dict__.clear
    return get
