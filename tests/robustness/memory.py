"""Commands that run out of memory: each says so in a line, keeps nothing wrong, and does the rest when there is more."""

import os
import resource
import signal
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path

from robustness import seeds
from robustness.midrun import before_image
from robustness.store import WORDS, fill, same

from featfer.extraction import run

IMAGES, SIDE = 3, 3400  # of 35 MB each: more than an allocator keeps of what is given back
SECONDS = 60  # that a command may take


def said_by(work, folder):
    """Return (exit code, what it printed as errors) of work in a process of its own; code -9: it was killed for its time."""
    said = Path(folder) / "said"
    child = os.fork()
    if child == 0:
        _run(work, said)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.read_text(errors="replace")


def _run(work, said):
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    code = 1
    try:
        code = work() or 0
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:  # noqa: BLE001 - it is told, and nothing may come out of here
        os.write(2, f"Traceback: {error!r}".encode())
    finally:
        os._exit(code)


def command(*words):
    """Run a command of featfer in this process, as its script does."""
    from featfer_cli.main import main
    main(list(map(str, words)), prog_name="featfer")


def leave(room):
    """Let this process have so many bytes more than it has, and no more."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))


def extractions(folder, rooms):
    """Extract with so many bytes more than there were before an image was looked at; then with as many as it takes."""
    path, outcomes = _large(folder), Counter()
    fill(path, folder / "whole")
    for moment in (1, 2):
        for room in rooms:
            store = folder / f"store{moment}-{room}"
            outcomes[_short(partial(_extract, path, store, moment, room), folder)] += 1
            fill(path, store)
            is_same = same(store, folder / "whole")
            outcomes["the same table once there was memory" if is_same else "FAULT: another table"] += 1
    return outcomes


def _extract(path, store, moment, room):
    run.SHARD_IMAGES = 1
    with before_image(moment, partial(leave, room)):
        command("extract", path, "--store", store, "--features", WORDS, "--jobs", 1)


def _large(folder):
    for i in range(IMAGES):
        path = folder / "faces" / "train" / ("happy", "sad")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seeds.encoded(seeds.face(SIDE, grey=False) // (i + 1), "PNG"))
    return folder / "faces"


def commands(folder, rooms):
    """Run other commands with so many bytes more than the libraries have taken."""
    seeds.bundle(folder)
    photo, outcomes = folder / "photo.png", Counter()
    small, large = (seeds.encoded(seeds.face(side, grey=False), "PNG") for side in (SIDE // 10, SIDE))
    seeds.store(folder)
    for words in (("predict", photo, "--model", folder / "lda.joblib", "--csv", folder / "a.csv"),
                  ("explain", photo, "--model", folder / "lda.joblib", "--out", folder / "pictures"),
                  ("table", "--store", folder / "store", "--features", WORDS, "--out", folder / "a.npz"),
                  ("export", folder / "lda.joblib", "--out", folder / "lda.skops"),
                  ("store", "check", folder / "store")):
        photo.write_bytes(small)
        command_without_exit(*words)  # what it imports, it imports before it is tried
        photo.write_bytes(large)
        for room in rooms:
            for made in ("a.csv", "a.npz", "lda.skops"):
                (folder / made).unlink(missing_ok=True)
            outcomes[_short(lambda words=words, room=room: (leave(room), command(*words))[1], folder)] += 1
            if left := [path.name for path in folder.rglob("*.part")]:
                outcomes[f"FAULT: left behind: {left}"] += 1
    return outcomes


def command_without_exit(*words):
    """Run a command of featfer in this process, silently, and go on whatever comes of it."""
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            command(*words)
    except SystemExit:
        return


def _short(work, folder):
    """Return in words what came of work with too little memory."""
    code, said = said_by(work, folder)
    lines = said.strip().splitlines()
    if code == 0:
        return "there was enough"
    if code == 1 and "Traceback" not in said and "memory" in said:
        return "an error in a line"
    return f"FAULT: exit code {code}: {' | '.join(lines[-2:])[-300:]}"
