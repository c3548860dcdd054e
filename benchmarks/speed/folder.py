"""Measure how long a folder of photographs takes, next to the package fer.

    python -m benchmarks.speed.folder --photos DIR --work DIR

Writes folder.json; `python -m benchmarks.speed.page` puts it on the page. Each way is a process of its own, start-up included,
on all cores, and the rounds of the ways alternate. fer is installed in DIR/environments. Takes about 3 minutes; leave the
machine alone.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.common import FEATFER, write_results
from benchmarks.peers.install import install
from benchmarks.peers.rows import read_rows
from featfer.images.walking import walk
from featfer.utils.markdown import markdown_table
from featfer.utils.provenance import describe_origin

RESULTS = Path(__file__).parent / "folder.json"
PHOTOS = 800
ROUNDS = 3
PEER = "fer"
OURS = {"`featfer predict FOLDER`": (), "`featfer predict FOLDER --precision auto`": ("--precision", "auto")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path, help="a folder with 800 photographs at least")
    parser.add_argument("--work", required=True, type=Path, help="a folder for environments")
    args = parser.parse_args()
    row = read_rows()[PEER]
    install(row.environment, args.work / "environments")
    with tempfile.TemporaryDirectory() as folder:
        paths = copy_photos(args.photos, Path(folder))
        peer = row.command(args.work / "environments", "photos")
        ways = {row.title: lambda: ask_peer(peer, paths),
                **{name: lambda options=options: predict(folder, options) for name, options in OURS.items()}}
        runs = [{name: run() for name, run in ways.items()} for _ in range(ROUNDS)]
    found = {name: {"seconds": [run[name][0] for run in runs], "found": runs[0][name][1]} for name in ways}
    write_results(RESULTS, {"photos": len(paths), "ways": found, **describe_origin()})


def copy_photos(source, folder):
    """Copy PHOTOS photographs, spread over all, into a folder; return their paths."""
    paths = [source / path for path in walk(source).images]
    chosen = [paths[len(paths) * i // PHOTOS] for i in range(PHOTOS)]
    return [Path(shutil.copy(path, folder / f"{number}{path.suffix}")) for number, path in enumerate(chosen)]


def ask_peer(command, paths):
    """Return the seconds of a peer's process that answers all paths, and in how many it finds a face."""
    seconds, output = time_command(command, "".join(f"{path}\n" for path in paths))
    return seconds, sum(bool(answer.get("faces")) for answer in map(json.loads, output.splitlines()))


def predict(folder, options):
    """Return the seconds of `featfer predict` on a folder, and in how many photographs it finds a face."""
    seconds, output = time_command([*FEATFER, "predict", folder, "--json", *options], "")
    return seconds, sum(bool(json.loads(line)["faces"]) for line in output.splitlines())


def time_command(command, given):
    """Return the seconds of a command and its output (str)."""
    start = time.perf_counter()
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout


def format_table(result):
    """Return the table of a folder of photographs (Markdown)."""
    medians = {name: statistics.median(way["seconds"]) for name, way in result["ways"].items()}
    peer = next(iter(medians.values()))
    rows = [[name, f"{medians[name]:.1f} ({min(way['seconds']):.1f} to {max(way['seconds']):.1f})",
             f"{result['photos'] / medians[name]:.0f}", f"{peer / medians[name]:.2f}", f"{way['found']:,}"]
            for name, way in result["ways"].items()]
    return markdown_table([f"a folder of {result['photos']:,} photographs", "seconds", "photographs/s", "times fer's speed",
                           "with a face found"], rows)


if __name__ == "__main__":
    main()
