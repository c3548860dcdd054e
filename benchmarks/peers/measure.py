"""Ask featfer's models and its peers about the same pictures, and write the page.

    python -m benchmarks.peers.measure --photos DIR --fer2013 fer2013.csv --votes fer2013new.csv --work DIR
    python -m benchmarks.peers.measure --photos DIR --work DIR --timing

Peers are installed in DIR/environments. --only takes a row of peers.toml, or an environment. What is answered already is kept
in DIR/answers: after a stop, the same command goes on; to ask again, remove the files there. With --timing, seconds, memory and
sizes are measured on one core, which takes about 10 minutes and needs Linux; leave the machine alone.
"""

import argparse
import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.common import read_results, write_results
from benchmarks.peers import page
from benchmarks.peers.answers import HEAD, to_line, write_table
from benchmarks.peers.asking import PeerError, running
from benchmarks.peers.costs import measure_costs
from benchmarks.peers.install import install
from benchmarks.peers.rows import RESULTS, read_rows, select
from featfer.datasets import fer2013, ferplus
from featfer.datasets.faceset import UNLABELLED
from featfer.utils.progress import bar
from featfer.utils.provenance import describe_origin


def main():
    args = read_arguments()
    os.environ["OMP_NUM_THREADS"] = "1"
    rows, photos = select(read_rows(), args.only), list_photos(args.photos)
    pictures = {"photos": photos} if args.timing else {"photos": photos, "crops": write_crops(args)}
    for name, row in rows.items():
        print(name, flush=True)
        try:
            install(row.environment, args.work / "environments")
            if args.timing:
                note("costs.json", name, measure_costs(row, args.work, photos))
            else:
                answer_all(row, args.work, pictures)
                note("measured.json", name, {})
        except (PeerError, subprocess.CalledProcessError) as error:
            print(f"{name}: {error}")
            note("measured.json", name, {"failed": str(error)})
    page.main()


def read_arguments():
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path, help="a folder with photos.csv: path,label,subject")
    parser.add_argument("--fer2013", type=Path, help="fer2013.csv")
    parser.add_argument("--votes", type=Path, help="fer2013new.csv, the votes of FER+")
    parser.add_argument("--work", required=True, type=Path, help="a folder for environments and answers")
    parser.add_argument("--only", help="a row of peers.toml, or an environment")
    parser.add_argument("--timing", action="store_true", help="measure seconds, memory and sizes instead of answers")
    args = parser.parse_args()
    if not args.timing and not (args.fer2013 and args.votes):
        parser.error("--fer2013 and --votes are needed without --timing")
    return args


def list_photos(folder):
    """Return {path: file} of the photos in photos.csv, and keep their labels and subjects with the page."""
    with open(folder / "photos.csv", newline="") as file:
        rows = [(row["path"], row["label"], row["subject"]) for row in csv.DictReader(file)]
    write_table(RESULTS / "photos.csv.gz", ["path", "label", "subject"], rows)
    return {path: (folder / path).resolve() for path, _, _ in rows}


def write_crops(args):
    """Return {name: file} of the images of PrivateTest, written as PNG; keep their labels, and those of FER+, with the page."""
    faces, _, _ = fer2013.load_rows(args.fer2013)
    voted = ferplus.load(args.fer2013, votes=args.votes, mode="majority")
    folder, rows = args.work / "crops", []
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(np.flatnonzero(faces.splits == "test")):
        name, label = f"PrivateTest_{number:04}", voted.labels[row]
        rows.append((name, faces.label_set.names[faces.labels[row]],
                     "" if label == UNLABELLED else voted.label_set.names[label]))
        if not (folder / f"{name}.png").exists():
            Image.fromarray(faces.images[row].read()).save(folder / f"{name}.png")
    write_table(RESULTS / "crops.csv.gz", ["path", "fer2013", "ferplus"], rows)
    return {name: (folder / f"{name}.png").resolve() for name, _, _ in rows}


def answer_all(row, work, pictures):
    """Ask a row about all pictures that it has not answered yet, then keep its answers with the page."""
    for kind in row.pictures():
        path = work / "answers" / f"{row.name}-{kind}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        done = read_done(path)
        left = {name: file for name, file in pictures[kind].items() if name not in done}
        if left:
            command = row.command(work / "environments", kind)
            with running(command, work / "logs" / f"{row.name}-{kind}.txt") as (peer, _), open(path, "a") as answers:
                for name, file in bar(left.items(), desc=f"{row.name} {kind}", unit=" pictures"):
                    done[name] = peer.ask(file)["faces"]
                    print(json.dumps({"path": name, "faces": done[name]}), file=answers, flush=True)
        write_table(RESULTS / f"{row.name}-{kind}.csv.gz", HEAD, [to_line(name, done[name]) for name in pictures[kind]])


def read_done(path):
    """Return {name: faces} of the pictures that are answered; a last line that was cut off is removed from the file."""
    if not path.exists():
        return {}
    lines = path.read_text().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines := lines[:-1]))
    return {line["path"]: line["faces"] for line in map(json.loads, lines)}


def note(file, name, found):
    """Store what is known of a row, with the date and the machine, in a file of the results."""
    origin = describe_origin()
    write_results(RESULTS / file, {**read_results(RESULTS / file),
                                   name: {**found, "date": origin["date"], "machine": origin["machine"]}})


if __name__ == "__main__":
    main()
