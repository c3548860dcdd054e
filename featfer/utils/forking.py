"""Child processes made by fork (the default of `multiprocessing` before Python 3.14, and gunicorn's `--preload`).

A forked child has a copy of its parent's memory, but only one of its threads. OpenMP, which torch and scikit-learn compute
with, would wait for ever for the threads that the parent had; limited to one thread, it needs none of them. In the same way
joblib would rely on processes that only the parent's threads can feed.
"""

import os
import sys


def _reset_workers() -> None:
    """Limit torch and OpenMP to one thread in this process, and let joblib start its own processes."""
    if set_threads := getattr(sys.modules.get("torch"), "set_num_threads", None):  # None while torch is being imported, too
        set_threads(1)
    if "sklearn" in sys.modules:
        from threadpoolctl import threadpool_limits
        threadpool_limits(1, user_api="openmp")
    if loky := sys.modules.get("joblib.externals.loky.reusable_executor"):
        vars(loky)["_executor"] = None


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_reset_workers)
