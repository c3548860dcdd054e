"""The files of bad_files.py, each read in a process of its own whose time and memory are measured."""

import json
import os
import resource
import time
from pathlib import Path

from robustness import seeds
from robustness.bad_files import archives, csvs, no_files, pictures, texts
from robustness.forged import plain_bundles, videos
from robustness.fuzz import MEMORY, outcome_of
from robustness.targets import answered, card, image, models, recipe, source, study, table, video

from featfer.errors import FeatferError


def measured(read, path):
    """Return (outcome, seconds, bytes that memory grew by) of reading a path, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _measure(read, path, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return tuple(json.loads(said)) if said else (f"crash: status {status}", 0.0, 0)


def _measure(read, path, writing):
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (whole + MEMORY, whole + MEMORY))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    begin = time.monotonic()
    outcome = outcome_of(read, path)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) * 1024
    os.write(writing, json.dumps([outcome, time.monotonic() - begin, grown]).encode())
    os._exit(0)


def cases(folder, chosen):
    """Yield (what it is, what reads it, path) of the bad files that are chosen, made below a folder."""
    for kind, made, read, name in (("image", pictures(), image, "a.jpg"), ("csv", csvs(), source, "fer2013.csv"),
                                   ("table", archives(), table, "a.npz")):
        for number, what in enumerate(made):
            if chosen(f"{kind}: {what}"):
                place = folder / f"{kind}{number}"
                place.mkdir()
                (place / name).write_bytes(made[what]() if callable(made[what]) else made[what])
                yield f"{kind}: {what}", read, place / name
    (folder / "nofiles").mkdir()
    for what, path in no_files(folder / "nofiles"):
        if chosen(f"image: {what}"):
            yield f"image: {what}", image, path
    if chosen("folder of photos: all of these"):
        yield "folder of photos: all of these", source, folder / "nofiles"
    yield from _forged(folder, chosen)
    for number, (what, name, content, read) in enumerate(row for row in texts() if chosen(row[0])):
        place = folder / f"text{number}"
        place.mkdir()
        (place / "a.joblib").write_bytes(b"")
        (place / name).write_bytes(content)
        yield what, read, place / name
    if chosen("folder of photos: one that may not be read"):
        yield "folder of photos: one that may not be read", _unreadable, folder


def _forged(folder, chosen):
    (folder / "forged").mkdir()
    for what, content in videos(folder / "forged").items():
        if chosen(f"video: {what}"):
            path = folder / "forged" / f"{what.replace(' ', '-')}.avi"
            path.write_bytes(content)
            yield f"video: {what}", video, path
    for number, (what, (name, make)) in enumerate(plain_bundles().items()):
        if chosen(f"plain bundle: {what}"):
            path = folder / "forged" / f"{number}-{name}"
            path.write_bytes(make())
            yield f"plain bundle: {what}", answered, path


def _unreadable(folder):
    """Read a folder with another in it that may not be read, as a user who is not root."""
    inside = folder / "photos" / "inside"
    inside.mkdir(parents=True)
    (folder / "photos" / "a.png").write_bytes(seeds.encoded(seeds.face(), "PNG"))
    for place in (folder, *folder.parents):
        if not place.stat().st_mode & 1:
            raise FeatferError(f"{place} is closed to others, so nothing is tried")
    inside.chmod(0)
    if os.geteuid() == 0:
        os.setuid(65534)
    source(folder / "photos")


def rows(folder, chosen=lambda what: True):
    """Return [(what it is, outcome, seconds, bytes)] of bad files; chosen: function that says of one whether it is tried."""
    for read in (image, source, table, models, recipe, study, card, video):
        outcome_of(read, folder / "nowhere.toml")  # what they import, they import before they are measured
    return [(what, *measured(read, path)) for what, read, path in cases(folder, chosen)]
