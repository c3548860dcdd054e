"""What `featfer analyze` takes: frames per second beside fer, memory, what a kill costs, and what a second process brings."""

import os
import signal
import statistics
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import matplotlib

from benchmarks.common import FEATFER
from benchmarks.films.scenes import RATE, Actor, Shot, cut_portrait, move, write_film
from featfer.faces import find_faces
from featfer.images.pixels import read_image

CORES, ROUNDS = 2, 3
FRAMES = 500              # of the film that is timed ...
FEW_FRAMES = 50           # ... by fer with MTCNN, which takes long
FEW, MANY = 500, 10_000   # frames between which memory is compared
KILLED = 0.5              # of an undisturbed run's time, after which it is killed
FER_VIDEO = Path(__file__).with_name("fer_video.py")


class Run(NamedTuple):
    """What a command took."""

    seconds: float
    core_seconds: float  # of all its processes
    mib: float           # at the peak, of the process that takes most


def measure_speed(folder, fer=None):
    """Return {name: {"whole", "start": seconds, "rate": frames/s, "core": core-ms}} of featfer and of fer on one film.

    Parameters
    ----------
    folder : Path
    fer : Path, optional
        The environment of fer; without it, fer is left out.

    Notes
    -----
    "start" is the time of the same command on a film of one frame; "rate" and "core", the processor's time for each, are those
    of the further frames. Medians of ROUNDS runs, in which the programs take turns.
    """
    films = {frames: write_one_face(folder / f"{frames}.mp4", frames) for frames in (1, FEW_FRAMES, FRAMES)}
    commands = {"featfer analyze --landmarks": lambda film, out: [*FEATFER, "analyze", film, "--landmarks", "--out", out]}
    if fer:
        commands["fer"] = lambda film, out: [fer / "bin" / "python", FER_VIDEO, film, out]
        commands["fer, MTCNN"] = lambda film, out: [fer / "bin" / "python", FER_VIDEO, film, out, "mtcnn"]
    counts = {name: FEW_FRAMES if "MTCNN" in name else FRAMES for name in commands}
    runs = {(name, frames): [] for name in commands for frames in (1, counts[name])}
    for number in range(ROUNDS):
        for (name, frames), measured in runs.items():
            measured.append(run(commands[name](films[frames], folder / f"{name} {frames} {number}"), folder))
    return {name: _compare_runs(runs[name, 1], runs[name, count], count) for name, count in counts.items()}


def _compare_runs(short, long, frames):
    """Return what frames cost, by runs on a film of one frame and on one of so many."""
    start, whole = (statistics.median(run.seconds for run in runs) for runs in (short, long))
    cores = [statistics.median(run.core_seconds for run in runs) for runs in (short, long)]
    return {"whole": whole, "start": start, "rate": (frames - 1) / (whole - start),
            "core": 1000 * (cores[1] - cores[0]) / (frames - 1)}


def measure_memory(folder):
    """Return {frames: MiB} at the peak of a run on films of FEW and of MANY frames with the same content."""
    peaks = {}
    for frames in (FEW, MANY):
        film = write_one_face(folder / f"{frames}.mp4", FEW, size=(320, 240), times=frames // FEW)
        peaks[frames] = run([*FEATFER, "analyze", film, "--out", folder / f"out{frames}"], folder).mib
    return peaks


def measure_resuming(folder):
    """Kill a run in its middle, start it again, and compare its table with that of an undisturbed one.

    Returns
    -------
    dict
        "whole", "killed", "again": seconds of the undisturbed run, of the one that was killed, and of that after it;
        "identical": whether the tables are equal, byte by byte.
    """
    film = write_one_face(folder / "resumed.mp4", 4 * FRAMES)
    command = [*FEATFER, "analyze", film, "--out"]
    whole = run([*command, folder / "undisturbed"], folder).seconds
    killed = run([*command, folder / "killed"], folder, kill=KILLED * whole).seconds
    again = run([*command, folder / "killed"], folder).seconds
    tables = [[(folder / name / f"resumed{suffix}").read_bytes() for suffix in (".csv", ".parquet")]
              for name in ("undisturbed", "killed")]
    return {"whole": whole, "killed": killed, "again": again, "identical": tables[0] == tables[1]}


def measure_processes(folder):
    """Return {processes: seconds} of a run on two films."""
    films = [write_one_face(folder / f"{name}.mp4", FRAMES, phase) for name, phase in (("first", 0), ("second", 2))]
    return {jobs: statistics.median(
        run([*FEATFER, "analyze", *films, "--out", folder / f"jobs{jobs} {number}", "--jobs", jobs], folder).seconds
        for number in range(ROUNDS)) for jobs in (1, 2)}


def write_one_face(path, frames, phase=0.0, size=(640, 480), times=1):
    """Write a film of Grace Hopper, who moves about, and repeat it some times; return its path."""
    image = read_image(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")
    portrait, (width, height) = cut_portrait("hopper", image, find_faces(image)[0].box), size
    look = move(width / 2, height / 2, 0.22 * width, phase, (0.2 * width, 0.15 * height))
    write_film(path, [Shot(frames / RATE, [Actor(portrait, look)])] * times, size=size)
    return path


def run(command, folder, kill=None):
    """Run a command on CORES cores.

    Parameters
    ----------
    command : list
    folder : Path
        Where its output is kept.
    kill : float, optional
        Seconds after which it and its children are killed.

    Returns
    -------
    Run
    """
    with _few_cores(), open(folder / "output.txt", "ab") as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=output, start_new_session=True)
        if kill:
            time.sleep(kill)
            os.killpg(process.pid, signal.SIGKILL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != (-signal.SIGKILL if kill else 0):
        raise RuntimeError(f"{command} ended with {process.returncode}: {(folder / 'output.txt').read_text()[-2000:]}")
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@contextmanager
def _few_cores():
    """Let processes that are started use CORES cores."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(cores)[-CORES:]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
