"""What a row costs: seconds, memory, and the sizes of what is installed."""

import os
import statistics
import time
from itertools import islice

from benchmarks.peers.asking import running

PHOTOS, WARM = 100, 5  # photos that are timed, spread over all; answers before that
NVIDIA = ("nvidia", "triton")  # folders of site-packages
MB = 1e6


def measure_costs(row, work, photos):
    """Return the costs of a row on one core.

    Parameters
    ----------
    row : benchmarks.peers.rows.Row
    work : Path
        With the folder `environments`.
    photos : dict
        {name: file}

    Returns
    -------
    dict
        start (seconds from the start of the process to its first answer), seconds (a photo, the median), core_start and
        core_seconds (the same in processor time, which other work on the machine hardly changes; a photo, the mean), memory
        (MiB, the peak resident size), environment, nvidia (of it, NVIDIA's libraries) and weights (MB).
    """
    files = list(photos.values())
    files = [*files[:WARM], *islice(files, 0, None, max(1, len(files) // PHOTOS))]
    log = work / "logs" / f"{row.name}-costs.txt"
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})  # the process inherits it
    try:
        with running(row.command(work / "environments", "photos"), log) as (peer, ready):
            first = time.perf_counter()
            peer.ask(files[0])
            costs = {"start": ready + time.perf_counter() - first, "core_start": peer.core_seconds()}
            for file in files[1:WARM]:
                peer.ask(file)
            before = peer.core_seconds()
            seconds = [peer.ask(file)["seconds"] for file in files[WARM:]]
            costs |= {"seconds": statistics.median(seconds), "core_seconds": (peer.core_seconds() - before) / len(seconds),
                      "memory": peer.peak_memory()}
    finally:
        os.sched_setaffinity(0, cores)
    folder = work / "environments" / row.environment
    return {**costs, **measure_sizes(folder, row.weights)}


def measure_sizes(folder, weights):
    """Return the sizes in MB of an environment, of NVIDIA's libraries in it, and of the files of weights, by patterns."""
    libraries = [found for name in NVIDIA for found in folder.glob(f"lib/python*/site-packages/{name}")]
    return {"environment": _size(folder) / MB, "nvidia": sum(map(_size, libraries)) / MB,
            "weights": sum(file.stat().st_size for pattern in weights for file in folder.glob(pattern)) / MB}


def _size(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
