"""Chunks computed by the workers of a Dask cluster, which see the source and the store at the same paths as this machine.

What goes through the scheduler is names: a task says which images to read and which store to write to, its answer is two
numbers and why images failed. A worker process computes one chunk at a time and keeps its models for the next.
"""

import asyncio
import hashlib
import logging
import os
import pickle
import tempfile
import threading
import warnings
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path

from featfer.errors import ClusterError, DataError, FeatferError, MissingError, WriteError
from featfer.extraction.chunks import compute
from featfer.features import load_torch
from featfer.store.store import Store
from featfer.utils.fitted_files import require

PATIENCE = 10  # seconds that a scheduler may take to answer, and a first worker to come
DESERTED = 60  # seconds without any worker that end a run
AHEAD = 3      # tasks for each thread that the scheduler knows of: the queue is short however long the work is
_alone, _sound = threading.Lock(), set()


@dataclass(frozen=True)
class Order:
    """What all tasks have in common.

    folder: of the store; features: list of Feature, pinned; files: {reference: path} of their fitted files
    keys: what the features are called there
    version: of featfer; sign: a file in the store, there as long as the run
    source: the first image, and a digest of its pixels or why it cannot be read
    """

    folder: Path
    features: list
    files: dict
    keys: list
    version: str
    sign: Path
    source: tuple


def compute_on_cluster(store, features, files, chunks, address):
    """Yield the featfer.extraction.chunks.Done of each chunk once it is stored.

    address: of a Dask scheduler, such as tcp://host:8786. A chunk whose worker dies is given to another; closed or interrupted,
    what no worker has begun is cancelled. Raises MissingError without the package, ClusterError where there is no scheduler or
    no worker, or one that is of no use, and what computing raises.
    """
    chunks = map(_findable, chunks)
    first = next(chunks)
    with _sign(store) as sign, _client(address) as client, _answering(address):
        order = Order(sign.parent, features, files, [feature.key for feature in features], version("featfer"), sign,
                      (first.references[0], _seen(first.references[0])))
        _check_workers(client, address, order)
        yield from _results(client, address, _submitter(client, order), chain([first], chunks))


@contextmanager
def _sign(store):
    """Put a file into the store by which workers know it; gives its path."""
    folder = store.folder.absolute()
    try:
        handle, name = tempfile.mkstemp(prefix=".cluster-", suffix=".part", dir=folder)
    except OSError as error:
        raise WriteError(error.errno, error.strerror, str(folder)) from None
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _client(address):
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError as error:
        raise MissingError("a cluster needs distributed; pip install 'featfer[cluster]'") from error
    quiet = [(logging.getLogger(name), logging.getLogger(name).level) for name in ("distributed", "distributed.client")]
    for logger, _ in quiet:
        logger.setLevel(logging.CRITICAL)  # our own errors say what is wrong, in a line
    logging.getLogger("asyncio").addFilter(_is_of_interest)
    try:
        with ThreadPoolExecutor(1) as thread:  # this one may have an event loop, in a notebook
            thread.submit(asyncio.run, _connect(resolve_address(address))).result()  # a Client that fails waits at exit
        client = Client(resolve_address(address), timeout=PATIENCE, set_as_default=False, name="featfer")
    except (OSError, ImportError, TypeError, ValueError, Warning) as error:  # the last is raised for what was removed
        raise ClusterError(f"scheduler {address!r}: no answer ({_line(error)}); start one with `dask scheduler`, which says "
                           "its address, such as tcp://host:8786") from None
    try:
        with client.as_current():
            yield client
    finally:
        client.close()
        for logger, level in quiet:
            logger.setLevel(level)


async def _connect(address):
    """Connect to an address and hang up; raise what the client's own connection would raise."""
    from distributed.comm import connect
    from distributed.security import Security
    connection = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
    await connection.close()


def _is_of_interest(record):
    """Say whether a line of asyncio's log is more than that a client, closed, waits for no answers any more."""
    return "AllExit" not in record.getMessage()


@contextmanager
def _answering(address):
    """Say in our words what becomes of a cluster while it works."""
    from distributed import KilledWorker
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(f"scheduler {address}: the same images ended {error.allowed_failures + 1} workers, the last "
                           f"{error.last_worker.address}, perhaps for want of memory; what was finished is kept") from None
    except (CancelledError, OSError) as error:
        if isinstance(error, FeatferError):  # a file that cannot be written, say
            raise
        raise ClusterError(f"scheduler {address}: lost ({_line(error)}); what was finished is kept: start it again, and run "
                           "the same command") from None


def _findable(chunk):
    """Return a chunk whose references do not hang on the folder that this process works in."""
    return replace(chunk, references=[replace(image, path=Path(image.path).absolute()) for image in chunk.references])


# -- what this machine does -------------------------------------------------------------------------------------------

def _check_workers(client, address, order):
    """Raise ClusterError where there is no worker, or one that cannot do the work."""
    from distributed import TimeoutError
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ClusterError(f"scheduler {address}: no workers; start some with `dask worker {address} --nworkers auto "
                           "--nthreads 1`") from None
    threads = client.nthreads()
    unfit = {worker: answer for worker, answer in client.run(_unfit_for, order, on_error="return").items() if answer}
    for worker, answer in unfit.items():
        reason = answer if isinstance(answer, str) else f"has another featfer, or none ({_line(answer)})"
        raise ClusterError(f"{len(unfit)} of {len(threads)} workers cannot do this: {worker} {reason}")
    if idle := sum(threads.values()) - len(threads):
        warnings.warn(f"{idle} of the workers' {sum(threads.values())} threads will wait: a process computes one chunk at a "
                      "time. Start `dask worker` with --nworkers auto --nthreads 1", stacklevel=2)


def _submitter(client, order):
    """Return what gives a chunk to some worker. A task is bytes and a function that comes along with them: the scheduler needs
    no featfer to read it, and little time."""
    common = pickle.dumps(order)

    def compute_in_worker(common, chunk):
        import pickle

        from featfer.extraction.cluster import _compute_in_worker
        return _compute_in_worker(pickle.loads(common), pickle.loads(chunk))
    return lambda chunk: client.submit(compute_in_worker, common, pickle.dumps(chunk), pure=False)


def _results(client, address, submit, chunks):
    """Yield what tasks return, of which never more are queued than keep the workers busy."""
    pending = set()
    try:
        while True:
            pending.update(map(submit, islice(chunks, max(0, AHEAD * _threads(client) - len(pending)))))
            if not pending:
                return
            done = _some_of(client, address, pending)
            pending -= done
            for future in done:
                try:
                    yield future.result(timeout=PATIENCE)
                except TimeoutError:  # its worker died with the answer, so that it is computed again
                    pending.add(future)
    finally:
        client.cancel(list(pending))


def _threads(client):
    return sum(client.nthreads().values())


def _some_of(client, address, pending):
    """Wait until some tasks are done; return those."""
    from distributed import TimeoutError, wait
    while True:
        try:
            return wait(pending, timeout=DESERTED, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            if not _threads(client):
                raise ClusterError(f"scheduler {address}: no workers for {DESERTED} s; what was finished is kept: start some, "
                                   "and run the same command") from None


def _line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# -- what a worker does -----------------------------------------------------------------------------------------------

def _compute_in_worker(order, chunk):
    from distributed import get_worker
    from threadpoolctl import threadpool_limits

    worker = get_worker()
    with _alone:
        if order.sign not in _sound:  # this one may have come after the others were asked
            if reason := _unfit_for(order):
                raise ClusterError(f"worker {worker.address} {reason}")
            _sound.add(order.sign)
        load_torch(order.features)  # whose threads are limited only once it is there
        with threadpool_limits(worker.state.nthreads):
            return compute(Store(order.folder), order.features, order.files, chunk)


def _unfit_for(order):
    """Return why this process cannot do the work, "" if it can."""
    image, expected = order.source
    if (here := version("featfer")) != order.version:
        return f"has featfer {here}, this machine {order.version}: install the same"
    if not order.sign.is_file():
        return f"does not see the store {order.folder}: it has to be in a folder that all machines share, at the same path"
    try:
        require(order.files)
        for feature, key in zip(order.features, order.keys, strict=True):
            feature.check()
            if feature.key != key:
                return f"computes another {feature.name}, {feature.key}, than this machine, {key}: install the same featfer"
        with tempfile.TemporaryFile(dir=order.folder):
            pass
    except FeatferError as error:
        return f"cannot compute this: {error}"
    except OSError as error:
        return f"cannot write to the store {order.folder} ({error.strerror})"
    if (seen := _seen(image)) != expected:
        return (f"does not see the source as this machine does, which has to be at the same path on all: {image.path}"
                f"{'' if seen.startswith('sha256') else f' ({seen})'}")
    return ""


def _seen(image):
    """Return a digest of what an image shows, or why it cannot be read."""
    try:
        pixels = image.read()
    except DataError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)
    return f"sha256:{hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()}"
