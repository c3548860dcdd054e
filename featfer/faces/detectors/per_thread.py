"""Detectors change as they look at an image: each thread has its own."""

import functools
import threading


def per_thread(make):
    """Let a function without arguments make its value once in each thread: a decorator; cache_clear() as of functools.cache,
    for the thread that calls it."""
    here = threading.local()

    @functools.wraps(make)
    def own():
        if not hasattr(here, "value"):
            here.value = make()
        return here.value
    own.cache_clear = here.__dict__.clear
    return own
