"""Child processes made by fork (`multiprocessing`'s default before Python 3.14, gunicorn's `--preload`).

A child has a copy of its parent's memory, but only one of its threads. OpenMP, by which torch and scikit-learn compute, still
counts on the threads that it had and waits for them for ever; limited to one thread, it needs none of them. joblib counts on
the processes that its parent's threads feed.
"""

import os
import sys


def _forget_the_parents_workers():
    """Limit torch and OpenMP to one thread in this process, and let joblib start processes of its own."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    if "sklearn" in sys.modules:
        from threadpoolctl import threadpool_limits
        threadpool_limits(1, user_api="openmp")
    if loky := sys.modules.get("joblib.externals.loky.reusable_executor"):
        loky._executor = None


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_forget_the_parents_workers)
