"""Ask a peer in a process of its own, picture by picture."""

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from benchmarks.common import ROOT

LONGEST = 150  # characters of what a peer says before it ends


class PeerError(Exception):
    """A peer that does not start or does not answer; the message is the error that it printed last."""


class Peer:
    """A running adapter.

    Parameters
    ----------
    process : subprocess.Popen
    log : Path
        The file of its standard error.
    """

    def __init__(self, process, log):
        self.process, self.log = process, log

    def ask(self, path):
        """Return {"faces": list, "seconds": float} for a picture."""
        try:
            self.process.stdin.write(f"{path}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise PeerError(self._last_words()) from None
        return self.read()

    def read(self):
        """Return the next reply."""
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise PeerError(self._last_words())
        return json.loads(line)

    def peak_memory(self):
        """Return the peak resident size of the process in MiB, as Linux tells it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    def core_seconds(self):
        """Return the processor time that the process has taken so far, of all its threads, as Linux tells it."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _last_words(self):
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
        words = re.sub(r"\w+://\S+", "(an address)", (errors or lines or ["it ended without a word"])[-1])
        return " ".join(words.encode("ascii", "ignore").decode().split())[:LONGEST]


@contextmanager
def running(command, log):
    """Run an adapter until the end of the block.

    Parameters
    ----------
    command : list of str
    log : Path

    Yields
    ------
    Peer
        When it is ready.
    float
        Seconds until then.

    Raises
    ------
    PeerError
        When it ends before that.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with open(log, "w") as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                                   cwd=ROOT.parent)
    try:
        peer = Peer(process, log)
        peer.read()
        yield peer, time.perf_counter() - start
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
