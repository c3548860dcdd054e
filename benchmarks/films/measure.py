"""Measure `featfer analyze` on films of which it is known who is where, and what it takes.

    python -m benchmarks.films.measure --photos DIR --films DIR --fer DIR           all of it, about 20 minutes on two cores
    python -m benchmarks.films.measure --photos DIR identity times                  some of it, beside what was measured before

--photos is a folder with photos.csv: path, label, subject (a letter and a number); the films show the subjects with an odd
number. --films has further films whose times are compared. --fer is the environment that `python -m benchmarks.peers.install
fer` made; without it, fer is left out. Writes results.json, then the page. Needs the extra `video`, and ffprobe for the times.
"""

import argparse
import os
import statistics
import tempfile
from importlib.metadata import version
from pathlib import Path

import cv2

import featfer
from benchmarks.common import read_results, write_results
from benchmarks.films import page
from benchmarks.films.identity import score_tables
from benchmarks.films.joining import measure_joining
from benchmarks.films.recordings import PERSONS, PHOTOS, list_recordings
from benchmarks.films.runs import measure_memory, measure_processes, measure_resuming, measure_speed
from benchmarks.films.scenes import read_portraits, write_film
from benchmarks.films.times import measure_times
from featfer.utils.provenance import describe_origin

CASTS, ODD = 3, 1
LIBRARIES = "python", "featfer", "numpy", "scikit-learn", "openvino", "dlib", "dlib-bin"
COUNTS = "faces", "missed", "false", "switches"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--photos", required=True, type=Path)
    parser.add_argument("--films", type=Path)
    parser.add_argument("--fer", type=Path)
    given = parser.parse_args()
    result = read_results(page.RESULTS)
    for name in given.parts or PARTS:
        load = os.getloadavg()[0]
        with tempfile.TemporaryDirectory() as folder:
            measured = PARTS[name](given, Path(folder))
        origin = describe_origin()
        here = {**origin["versions"], "opencv": cv2.__version__, "av": version("av")}
        versions = {library: here[library] for library in (*LIBRARIES, "opencv", "av") if library in here}
        result[name] = {**origin, "versions": versions, "load": load, "measured": measured}
        write_results(page.RESULTS, result)
    page.main()


def measure_identity(photos, folder, parity=ODD):
    """Return {recording: {"track", "person": scores}} of recordings with CASTS casts each.

    Scores are the mean ("idf1", "mota") and the least ("least") of the casts, and the sums of their counts.
    """
    people = read_portraits(photos, parity, CASTS * PERSONS, PHOTOS)
    scores = {}
    for number in range(CASTS):
        cast = people[number * PERSONS:(number + 1) * PERSONS]
        for name, films in list_recordings(cast).items():
            scores.setdefault(name, []).append(_analyze(films, folder / f"{number} {name}"))
    return {name: {column: _summarize([one[column] for one in casts]) for column in casts[0]} for name, casts in scores.items()}


def read_times(path):
    """Return the seconds of all frames of a film, by `featfer.analyze`."""
    return featfer.analyze(path).drop_duplicates("frame").time_s.to_numpy()


def _analyze(films, folder):
    """Write the films of a recording, analyze them together, and return their scores."""
    folder.mkdir()
    paths = [folder / f"{number}.mp4" for number in range(len(films))]
    truths = [write_film(path, shots) for path, shots in zip(paths, films, strict=True)]
    rows = featfer.analyze(paths)
    return score_tables([rows[rows.film == str(path)] for path in paths], truths, films)


def _summarize(scores):
    return {"idf1": statistics.mean(score["idf1"] for score in scores), "least": min(score["idf1"] for score in scores),
            "mota": statistics.mean(score["mota"] for score in scores),
            **{name: sum(score[name] for score in scores) for name in COUNTS}}


PARTS = {
    "identity": lambda given, folder: measure_identity(given.photos, folder),
    "joining": lambda given, folder: measure_joining(given.photos),
    "times": lambda given, folder: measure_times(read_times, folder, given.films),
    "speed": lambda given, folder: measure_speed(folder, given.fer),
    "memory": lambda given, folder: measure_memory(folder),
    "resuming": lambda given, folder: measure_resuming(folder),
    "processes": lambda given, folder: measure_processes(folder),
}


if __name__ == "__main__":
    main()
