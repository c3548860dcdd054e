"""Outputs: what was there is kept unless it is of the kind that is written, and a command that is stopped keeps its rows."""

import csv
import json
import os
import random
import re
import shutil
import signal
import stat
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

from robustness import seeds
from robustness.memory import command, command_without_exit, said_by
from robustness.store import WORDS

from featfer.images import pixels

PHOTOS, BATCH = 60, 4  # that are looked at together: rows come more often than 128 of them


def _made(folder):
    """Make what the commands read, in a folder; return {what it is: path}."""
    folder.mkdir()
    seeds.bundle(folder)
    seeds.store(folder)
    (folder / "photos").mkdir()
    paths = {"photo": folder / "photos" / "a.jpg", "model": folder / "lda.joblib", "store": folder / "store",
             "source": folder / "fer2013.csv", "photos": folder / "photos", "video": folder / "video.mp4"}
    seeds.video(folder, ".mp4", "mpeg4")
    paths["photo"].write_bytes(seeds.encoded(seeds.face(400, grey=False), "JPEG"))
    return paths


def _commands(made, out):
    """Return {command: words} of those that write a file of any name."""
    return {
        "predict --csv": ("predict", made["photo"], "--model", made["model"], "--csv", out),
        "train": ("train", "--clf", "lda", "--store", made["store"], "--features", WORDS, "--out", out),
        "train --overwrite": ("train", "--clf", "lda", "--store", made["store"], "--features", WORDS, "--out", out,
                              "--overwrite"),
        "table": ("table", "--store", made["store"], "--features", WORDS, "--out", out),
        "export": ("export", made["model"], "--out", out),
        "report": ("report", made["model"], "--store", made["store"], "--out", out),
        "blend": ("blend", made["model"], made["model"], "--store", made["store"], "--out", out),
        "codebook": ("codebook", made["source"], "--out", out),
        "finetune": ("finetune", made["source"], "--out", out),
        "superres train": ("superres", "train", made["source"], "--out", out),
        "live": ("live", "--file", made["video"], "--model", made["model"], "--out", out),
        "data --out": ("data", made["photos"], "--out", out),
        "explain --out": ("explain", made["photo"], "--model", made["model"], "--out", out),
        "predict --out": ("predict", made["photo"], "--model", made["model"], "--out", out),
    }


# -- what was there ---------------------------------------------------------------------------------------------------

OTHERS = {"photo.jpg": lambda: seeds.encoded(seeds.face(64), "JPEG"), "notes.md": lambda: b"# Notes\n",
          "rows.csv": lambda: b"path,label\na.png,happy\n", "own.json": lambda: b'{"name": "mine"}',
          "arrays.npz": lambda: seeds.npz(a=seeds.face()), "program.joblib": lambda: b"#!/bin/sh\n",
          "model.skops": lambda: b"%PDF-1.7", "video.mp4": lambda: b"text"}


def others_kept(folder, chosen=""):
    """Name a file of another kind, or an input, as the output of each command, by its name, a link and a second name.

    chosen: how the commands begin that are tried
    """
    made, outcomes = _made(folder / "made"), Counter()
    for name in (name for name in _commands(made, "") if name.startswith(chosen)):
        command_without_exit(*_commands(made, folder / "made" / "lda.json")[name])  # what it imports, it imports once
        for other, content in OTHERS.items():
            for number, link in enumerate((shutil.copy, os.symlink)):
                target, place = folder / f"target-{other}", folder / f"{number}-{other}"
                target.write_bytes(content())
                link(target, place)
                outcomes[_kept(made, name, place, folder)] += 1
                place.unlink(missing_ok=True)
        for number, kind in enumerate(("photo", "model", "source", "video")):
            for link in (os.symlink, os.link):
                place = folder / f"input{number}{made[kind].suffix}"
                link(made[kind], place)
                outcomes[_kept(made, name, place, folder)] += 1
                place.unlink(missing_ok=True)
    return outcomes


def _kept(made, name, place, folder):
    """Run a command with an output that is there; return in words what came of that."""
    inputs = [path for path in made["photo"].parents[1].rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in (place, *inputs)}
    code, said = said_by(partial(command, *_commands(made, place)[name]), folder)
    lost = [path.name for path, content in before.items() if not path.is_file() or path.read_bytes() != content]
    if lost:
        return f"FAULT: {name} destroyed {', '.join(lost)}"
    if code not in (1, 2) or "Traceback" in said:
        return f"FAULT: {name}, {place.name}: exit code {code}: {said[-200:]!r}"
    return "refused in a line, and all was kept"


def streams(folder):
    """Name links, pipes and devices as the table of `featfer predict`: they stay what they are."""
    made, outcomes = _made(folder / "made"), Counter()
    os.mkfifo(folder / "pipe")
    (folder / "link.csv").symlink_to("new.csv")
    for place in (folder / "link.csv", folder / "link.csv", folder / "pipe", Path("/dev/null"), Path("/dev/full")):
        before, got = stat.S_IFMT(os.lstat(place).st_mode), []
        reader = threading.Thread(target=lambda got=got: got.append((folder / "pipe").read_bytes()), daemon=True)
        if place.name == "pipe":
            reader.start()
        code, said = said_by(partial(command, *_commands(made, place)["predict --csv"]), folder)
        if place.name == "pipe":
            reader.join(10)
        written = {"pipe": bool(got) and got[0].startswith(b"image,"), "link.csv": (folder / "new.csv").is_file(),
                   "full": code == 1 and "No space left" in said}.get(place.name, True)
        is_right = code == (place.name == "full") and stat.S_IFMT(os.lstat(place).st_mode) == before and written
        outcomes["written to, and still what it was" if is_right else f"FAULT: {place}: {code} {said[-200:]!r}"] += 1
    return outcomes


# -- commands that are stopped ----------------------------------------------------------------------------------------

def stopped(folder, number, times, seed=0):
    """Stop `featfer predict --csv --json` by a signal at random moments; look at what it left."""
    made, draw, outcomes = _made(folder / "made"), random.Random(seed), Counter()
    for i in range(PHOTOS):
        shutil.copy(made["photo"], made["photos"] / f"={i:02}.jpg")
    command_without_exit("predict", made["photo"], "--model", made["model"])
    for time_of in range(times):
        place = folder / str(time_of)
        place.mkdir()
        child = _started(made, place)
        _wait_for(place / "t.csv", child)
        time.sleep(draw.uniform(0, 1.5))
        os.kill(child, number)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        outcomes[_left(place, code, number)] += 1
    return outcomes


def _started(made, place):
    """Start a command on many photos in a process of its own; return its number."""
    child = os.fork()
    if child:
        return child
    for descriptor, name in ((1, "out"), (2, "said")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT), descriptor)
    code, pixels.BATCH_IMAGES = 1, BATCH
    try:
        command("predict", made["photos"], "--model", made["model"], "--csv", place / "t.csv", "--json")
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        os._exit(code)


def _wait_for(path, child, seconds=60):
    end, options = time.monotonic() + seconds, os.WEXITED | os.WNOHANG | os.WNOWAIT
    while not path.exists() and time.monotonic() < end and os.waitid(os.P_PID, child, options) is None:
        time.sleep(0.005)


def _left(place, code, number):
    """Return in words what a command that was stopped left."""
    said = (place / "said").read_text(errors="replace")
    if code == 0:
        return "finished before it was stopped"
    if not (place / "t.csv").exists():
        return f"FAULT: no rows: {code} {said[-200:]!r}"
    rows = list(csv.reader((place / "t.csv").open(newline="")))
    if fault := _fault_of(place, rows):
        return f"FAULT: {fault}"
    if number == signal.SIGKILL:
        return "the rows that were done are there, each whole"
    done = len(rows) - 1, len(rows) - 2  # beside the header; the last need not be counted
    counted = re.search(r"^Stopped\. Pictures that were done: (\d+)", said, re.MULTILINE)
    is_right = counted and int(counted[1]) in done and len(list(map(json.loads, (place / "out").open()))) in done
    return ("the rows that were done are there, each whole, and counted" if is_right and code == 128 + number
            else f"FAULT: {code}, {len(rows) - 1} rows: {said[-200:]!r}")


def _fault_of(place, rows):
    """Return what is wrong with the rows that a command left, or with the files beside them; None where nothing is."""
    if len({len(row) for row in rows}) != 1 or len(rows) < 2 or not (place / "t.csv").read_bytes().endswith(b"\n"):
        return f"rows that are not whole: {rows[-1:]}"
    if any(cell.startswith("=") for row in rows for cell in row):
        return "a cell that begins as a formula does"
    left = {path.name for path in place.iterdir() if not path.name.endswith(".part")}
    return f"left behind: {left}" if left != {"t.csv", "out", "said"} else None
