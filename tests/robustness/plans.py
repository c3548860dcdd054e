"""What is tried, beside files: faults of a store, of memory, of outputs, of a server and of videos."""

import signal
from collections import Counter
from functools import partial
from pathlib import Path

from robustness import memory, midrun, outputs, serve, store, videos
from robustness.fuzz import Hang, in_time

LONGEST = 600  # seconds that a plan may take
MOMENTS = (1, 3, 6, 11)  # images before which something happens
ROOM = tuple(1 << bits for bits in (20, 24, 26, 28))  # bytes that commands may have more than there are


def plans(minutes):
    """Return [(part of the page, what is done, function of an empty folder to a Counter of outcomes)].

    minutes: for what is done as often as there is time for, about
    """
    def times(per_minute):
        return max(1, round(per_minute * minutes))
    return [
        ("store", "kill -9 of an extraction at a random moment", partial(store.kills, times=times(70))),
        ("store", "three writers at once, one of them killed in every other case",
         partial(store.writers, times=times(3))),
        ("store", "a disk that is full", partial(store.full_disks, sizes=range(20_000, 620_000, 40_000))),
        ("store", "a folder that is read-only", store.read_only),
        ("store", "a flipped bit in a shard, a source's record or a fingerprint", partial(store.flips, every=5)),
        ("store", "a shard, record or fingerprint cut short", partial(store.truncations, every=11)),
        ("store", "a changed image, label or parameter", store.stale),
        ("store", "a source whose files change in mid-run",
         partial(midrun.disturbed_sources, disturbances=midrun.CHANGES, moments=MOMENTS)),
        ("store", "a source that goes in mid-run, or becomes folders, pipes, links to nothing",
         partial(midrun.disturbed_sources, disturbances=midrun.LOSSES, moments=MOMENTS)),
        ("store", "a store, or a part of it, that is deleted in mid-run, at times with a file in its place",
         partial(midrun.lost_stores, moments=MOMENTS)),
        ("store", "store.json lost or overwritten", midrun.without_marker),
        ("memory", "an extraction whose memory ends in mid-run", partial(memory.extractions, rooms=ROOM)),
        ("memory", "predict, explain, table, export and store check with little memory",
         partial(memory.commands, rooms=ROOM)),
        ("outputs", "an output that is a file of another kind, or an input of the same command", outputs.others_kept),
        ("outputs", "an output that is a link, a pipe or a device", outputs.streams),
        *(("outputs", f"{name} of `featfer predict --csv --json` at a random moment",
           partial(outputs.stopped, number=number, times=times(5)))
          for name, number in (("kill -9", signal.SIGKILL), ("SIGTERM", signal.SIGTERM), ("Ctrl-C", signal.SIGINT))),
        ("server", "900 connections with half a head each", serve.heads),
        ("server", "80 connections fed a byte at a time, of a head or a body", serve.dripping),
        ("server", "forms of 101 to 1,000,000 parts", serve.many_parts),
        ("server", "slow pictures, four at a time", serve.slow),
        ("server", "a photo of 36 million pixels, with little memory", serve.large),
        ("videos", "a part of a video overwritten, cut out, or all from there on cut off",
         partial(videos.damaged, times=times(5))),
    ]


def outcomes(folder, minutes, only=""):
    """Return {part of the page: [(what was done, Counter of outcomes)]} of the plans with `only` in their names."""
    made = {}
    for number, (part, name, run) in enumerate(plans(minutes)):
        rows = made.setdefault(part, [])
        if only in name:
            place = Path(folder) / f"plan-{number}"
            place.mkdir(parents=True)
            try:
                with in_time(LONGEST):
                    rows.append((name, run(place)))
            except PermissionError as error:
                rows.append((name, Counter({f"left out: {error}": 1})))
            except Hang:
                rows.append((name, Counter({f"FAULT: hang: more than {LONGEST} s": 1})))
    return made
