"""Call functions in processes of their own, and measure what they take."""

import pkgutil
import resource
import time

from benchmarks.common import call_apart


def measure_apart(module, name, *arguments):
    """Call a function of a module in a process of its own; return its seconds and peak MiB, without what importing takes."""
    return call_apart("benchmarks.scale.apart", "seconds_and_peak", f"{module}:{name}", *arguments)


def seconds_and_peak(function, *arguments):
    """Call a function, MODULE:NAME; return {"seconds", "mib"}: what it took, and what the peak of memory grew by."""
    import featfer.extraction.chunks
    import featfer.store.store  # noqa: F401 - what it imports, it imports before it is measured
    call = pkgutil.resolve_name(function)
    start, before = time.perf_counter(), _peak()
    call(*arguments)
    return {"seconds": time.perf_counter() - start, "mib": _peak() - before}


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
