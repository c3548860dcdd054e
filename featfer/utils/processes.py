"""Work shared by the processes of this machine: no more threads in all than there are cores."""

import functools
import multiprocessing
import os
import signal
import threading
import time

from featfer.errors import FeatferError
from featfer.utils.environment import usable_cores


def parallel_map(work, items, jobs):
    """Yield work(item) of each item, as they come, in any order; work and items can be pickled.

    jobs: processes; with one, this one. Closed or interrupted, it ends them. Raises FeatferError when one was killed.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with parallel_config("loky", inner_max_num_threads=max(1, usable_cores() // jobs)):
        run = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)
        try:
            yield from run(delayed(_in_worker)(os.getpid(), work, item) for item in items)
        except TerminatedWorkerError:
            raise FeatferError("a worker process was killed, perhaps for want of memory; what was finished is kept: run "
                               "the same command again, with a smaller --jobs if it happens again") from None
        finally:
            if multiprocessing.parent_process():  # which waits, at its end, for the processes that joblib keeps for later
                get_reusable_executor().shutdown()


def _in_worker(parent, work, item):
    if os.getpid() != parent:  # it is where joblib can start no processes: in one of multiprocessing's own, say
        _belong_to(parent)
    return work(item)


@functools.cache
def _belong_to(parent):
    """Let this process end when the one that started it has: killed, that one cannot say so."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # what reaches all of a job's processes is for the first, which ends this one

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()
