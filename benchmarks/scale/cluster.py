"""A scheduler and workers of Dask on this machine."""

import json
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def run_workers(folder, count):
    """Run a scheduler and so many workers of one thread; a context of (its address, its psutil.Process)."""
    import psutil
    dask, file = Path(sys.executable).with_name("dask"), folder / "scheduler.json"
    file.unlink(missing_ok=True)
    with ExitStack() as stack:
        def start(*words):
            process = subprocess.Popen([dask, *map(str, words), "--no-dashboard"], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return psutil.Process(process.pid)
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
        while not (file.exists() and file.read_text().rstrip().endswith("}")):
            time.sleep(0.1)
        for _ in range(count):
            start("worker", "--scheduler-file", file, "--nthreads", "1", "--local-directory", folder)
        yield json.loads(file.read_text())["address"], scheduler
