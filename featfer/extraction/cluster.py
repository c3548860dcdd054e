"""Compute chunks on the workers of a Dask cluster, which see the data set and the store at the same paths as this machine.

Only names go through the scheduler: a task says which images to read and which store to write to; its result is two numbers
and the reasons why images failed. A worker process computes one chunk at a time and keeps its models for the next.
"""

import asyncio
import hashlib
import logging
import os
import pickle
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

from featfer.errors import ClusterError, DataError, FeatferError, MissingError, WriteError
from featfer.extraction.chunks import Chunk, ChunkResult, compute
from featfer.features.base import Feature
from featfer.store.store import Store
from featfer.utils.environment import limit_threads, name_install_command
from featfer.utils.fitted_files import register_files

PATIENCE = 10  # seconds to wait for the scheduler's answer, and for the first worker
DESERTED = 60  # seconds without any worker after which a run ends
AHEAD = 3      # tasks per thread in the scheduler's queue, which stays short however much work there is
_lock, _checked = threading.Lock(), set[Path]()  # one chunk at a time; the markers of jobs that this worker can do


@dataclass(frozen=True)
class ClusterJob:
    """What all tasks of a run have in common.

    Attributes
    ----------
    folder, marker : Path
        Of the store; a file in it that exists during the run.
    features : list of Feature
        With resolved fitted files.
    files : dict
        Path of each fitted file by reference.
    keys, version : list of str, str
        The features' keys on this machine, and its version of featfer.
    source : tuple
        Reference to the first image, and a digest of its pixels or the reason why it cannot be read.
    """

    folder: Path
    features: list[Feature]
    files: Mapping[str, Any]
    keys: list[str]
    version: str
    marker: Path
    source: tuple[Any, str]


def compute_on_cluster(store: Store, features: list[Feature], files: Mapping[str, Any], chunks: Iterable[Chunk],
                       address: str) -> Generator[ChunkResult, None, None]:
    """Compute chunks on the workers of a Dask cluster.

    If a worker dies, another computes its chunk. When the generator is closed, tasks that have not begun are cancelled.

    Parameters
    ----------
    store, features, files
        As in `featfer.extraction.chunks.compute`.
    chunks : iterable of Chunk
    address : str
        Of the scheduler, such as tcp://host:8786.

    Yields
    ------
    ChunkResult
        Of each chunk, once it is stored.

    Raises
    ------
    MissingError
        Without the package distributed.
    ClusterError
        When there is no scheduler, no worker, or a worker that cannot do the work.
    """
    chunks = map(_make_absolute, chunks)
    first = next(chunks)
    with _put_marker(store) as marker, _connect_client(address) as client, _translate_errors(address):
        job = ClusterJob(marker.parent, features, files, [feature.key for feature in features], version("featfer"), marker,
                         (first.references[0], _fingerprint_image(first.references[0])))
        _check_workers(client, address, job)
        yield from _run_tasks(client, address, partial(_submit, client, pickle.dumps(job)), chain([first], chunks))


@contextmanager
def _put_marker(store: Store) -> Iterator[Path]:
    """Put a file into the store by which workers recognize it, for the `with` block; yield its path."""
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
def _connect_client(address: str) -> Iterator[Any]:
    """Yield a Client of the scheduler, with Dask's own log messages off."""
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError as error:
        raise MissingError(f"a cluster needs distributed; {name_install_command('cluster')}") from error
    quiet = [(logging.getLogger(name), logging.getLogger(name).level) for name in ("distributed", "distributed.client")]
    for logger, _ in quiet:
        logger.setLevel(logging.CRITICAL)  # featfer's errors say what is wrong
    logging.getLogger("asyncio").addFilter(_is_of_interest)
    try:
        with ThreadPoolExecutor(1) as thread:  # this thread may have an event loop, as in a notebook
            thread.submit(asyncio.run, _connect(resolve_address(address))).result()  # a Client that fails would wait at exit
        client = Client(resolve_address(address), timeout=PATIENCE, set_as_default=False, name="featfer")
    except (OSError, ImportError, TypeError, ValueError, Warning) as error:  # Warning: for options that were removed
        raise ClusterError(f"scheduler {address!r}: no answer ({_first_line(error)}); start one with `dask scheduler`, which "
                           "says its address, such as tcp://host:8786") from None
    try:
        with client.as_current():
            yield client
    finally:
        client.close()
        for logger, level in quiet:
            logger.setLevel(level)


async def _connect(address: str) -> None:
    """Connect to an address and close the connection, to get the error that a Client would raise."""
    from distributed.comm import connect
    from distributed.security import Security
    connection = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
    await connection.close()


def _is_of_interest(record: logging.LogRecord) -> bool:
    """Tell whether a line of asyncio's log is about something else than a client that was closed."""
    return "AllExit" not in record.getMessage()


@contextmanager
def _translate_errors(address: str) -> Iterator[None]:
    """Turn Dask's errors into ClusterError."""
    from distributed import KilledWorker
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(f"scheduler {address}: the same images ended {error.allowed_failures + 1} workers, the last "
                           f"{error.last_worker.address}, perhaps for want of memory; what was finished is kept") from None
    except (CancelledError, OSError) as error:
        if isinstance(error, FeatferError):  # such as WriteError
            raise
        raise ClusterError(f"scheduler {address}: lost ({_first_line(error)}); what was finished is kept: start it again, and "
                           "run the same command") from None


def _make_absolute(chunk: Chunk) -> Chunk:
    """Return a chunk whose references have absolute paths."""
    return replace(chunk, references=[replace(image, path=Path(image.path).absolute()) for image in chunk.references])


# -- what this machine does -------------------------------------------------------------------------------------------

def _check_workers(client: Any, address: str, job: ClusterJob) -> None:
    """Raise ClusterError if there is no worker, or one that cannot do the work."""
    from distributed import TimeoutError
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ClusterError(f"scheduler {address}: no workers; start some with `dask worker {address} --nworkers auto "
                           "--nthreads 1`") from None
    threads = client.nthreads()
    unfit = {worker: answer for worker, answer in client.run(_find_obstacle, job, on_error="return").items() if answer}
    for worker, answer in unfit.items():
        reason = answer if isinstance(answer, str) else f"has another featfer, or none ({_first_line(answer)})"
        raise ClusterError(f"{len(unfit)} of {len(threads)} workers cannot do this: {worker} {reason}")
    if idle := sum(threads.values()) - len(threads):
        warnings.warn(f"{idle} of the workers' {sum(threads.values())} threads will wait: a process computes one chunk at a "
                      "time. Start `dask worker` with --nworkers auto --nthreads 1", stacklevel=2)


def _submit(client: Any, job: bytes, chunk: Chunk) -> Any:
    """Submit a chunk to the cluster; job: the pickled ClusterJob.

    A task is bytes and a function that is pickled by value, because it is local: the scheduler needs no featfer to read it.
    """
    def compute_in_worker(job: bytes, chunk: bytes) -> Any:
        import pickle

        from featfer.extraction.cluster import _compute_in_worker
        return _compute_in_worker(pickle.loads(job), pickle.loads(chunk))
    return client.submit(compute_in_worker, job, pickle.dumps(chunk), pure=False)


def _run_tasks(client: Any, address: str, submit: Callable[[Chunk], Any], chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
    """Yield the results of tasks, while only as many are queued as keep the workers busy."""
    pending: set[Any] = set()
    try:
        while True:
            pending.update(map(submit, islice(chunks, max(0, AHEAD * _count_threads(client) - len(pending)))))
            if not pending:
                return
            done = _wait_for_some(client, address, pending)
            pending -= done
            for future in done:
                try:
                    yield future.result(timeout=PATIENCE)
                except TimeoutError:  # its worker died with the result, so it is computed again
                    pending.add(future)
    finally:
        client.cancel(list(pending))


def _count_threads(client: Any) -> int:
    return sum(client.nthreads().values())


def _wait_for_some(client: Any, address: str, pending: set[Any]) -> set[Any]:
    """Wait until some tasks are done; return them."""
    from distributed import TimeoutError, wait
    while True:
        try:
            return wait(pending, timeout=DESERTED, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            if not _count_threads(client):
                raise ClusterError(f"scheduler {address}: no workers for {DESERTED} s; what was finished is kept: start some, "
                                   "and run the same command") from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# -- what a worker does -----------------------------------------------------------------------------------------------

def _compute_in_worker(job: ClusterJob, chunk: Chunk) -> ChunkResult:
    from distributed import get_worker
    from threadpoolctl import threadpool_limits

    worker = get_worker()
    with _lock:
        if job.marker not in _checked:  # this worker may have joined after the others were checked
            if reason := _find_obstacle(job):
                raise ClusterError(f"worker {worker.address} {reason}")
            _checked.add(job.marker)
        threads = worker.state.nthreads
        with threadpool_limits(threads), limit_threads(threads):
            return compute(Store(job.folder), job.features, job.files, chunk)


def _find_obstacle(job: ClusterJob) -> str:
    """Return why this process cannot do the work, "" if it can."""
    image, expected = job.source
    if (here := version("featfer")) != job.version:
        return f"has featfer {here}, this machine {job.version}: install the same"
    if not job.marker.is_file():
        return f"does not see the store {job.folder}: it has to be in a folder that all machines share, at the same path"
    try:
        register_files(job.files)
        for feature, key in zip(job.features, job.keys, strict=True):
            feature.check()
            if feature.key != key:
                return f"computes another {feature.name}, {feature.key}, than this machine, {key}: install the same featfer"
        with tempfile.TemporaryFile(dir=job.folder):
            pass
    except FeatferError as error:
        return f"cannot compute this: {error}"
    except OSError as error:
        return f"cannot write to the store {job.folder} ({error.strerror})"
    if (seen := _fingerprint_image(image)) != expected:
        return (f"does not see the source as this machine does, which has to be at the same path on all: {image.path}"
                f"{'' if seen.startswith('sha256') else f' ({seen})'}")
    return ""


def _fingerprint_image(image: Any) -> str:
    """Return a digest of an image's pixels, or why it cannot be read."""
    try:
        pixels = image.read()
    except DataError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)
    return f"sha256:{hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()}"
