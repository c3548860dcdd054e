"""Work distributed over processes on this machine, which together use no more threads than there are cores."""

import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable
from numbers import Integral
from typing import TypeVar

from featfer.errors import FeatferError, ParameterError
from featfer.utils.environment import count_cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def check_jobs(jobs: int | None) -> None:
    """Raise ParameterError unless a number of processes is None or a whole number from 1."""
    if not (jobs is None or (isinstance(jobs, Integral) and int(jobs) >= 1)):
        raise ParameterError(f"jobs {jobs!r:.80}: give a whole number from 1, or None for one on each core")


def parallel_map(work: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Generator[Result, None, None]:
    """Apply a function to items in several processes.

    Parameters
    ----------
    work : function
        Must be picklable, like the items.
    items : iterable
    jobs : int
        The number of processes; 1 for this process alone.

    Yields
    ------
    object
        The results, in the order in which they become ready. Closing the generator ends the processes.

    Raises
    ------
    FeatferError
        If a process was killed.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with parallel_config("loky", inner_max_num_threads=max(1, count_cores() // jobs)):
        run = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)
        try:
            yield from run(delayed(_in_worker)(os.getpid(), work, item) for item in items)
        except TerminatedWorkerError:
            raise FeatferError("a worker process was killed, perhaps for want of memory; what was finished is kept: run "
                               "the same command again, with a smaller --jobs if it happens again") from None
        finally:
            if multiprocessing.parent_process():  # it would wait, at its end, for the processes that joblib keeps for later
                get_reusable_executor().shutdown()


def _in_worker(parent: int, work: Callable[[Item], Result], item: Item) -> Result:
    if os.getpid() != parent:  # equal where joblib can start no processes, such as in a child of multiprocessing
        _end_with_parent(parent)
    return work(item)


@functools.cache
def _end_with_parent(parent: int) -> None:
    """Make this process end when its parent has ended: a parent that is killed cannot tell it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a signal to the whole job is handled by the parent, which ends this process
    threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
