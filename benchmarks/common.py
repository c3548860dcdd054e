"""What the pages share: cards and results in, Markdown out, and commands and functions that are measured in processes."""

import argparse
import itertools
import json
import os
import string
import subprocess
import sys
from pathlib import Path

from featfer.utils.files import read_json, write_text

ROOT = Path(__file__).parent
FEATFER = [sys.executable, "-m", "featfer_cli.main"]


# -- what is stored ---------------------------------------------------------------------------------------------------

def read_cards(folder):
    """Return {name of a model: its card} of those that `featfer benchmark` kept for a page; folder: of the page."""
    return read_folder(folder / "models")


def read_folder(folder):
    """Return {name: content} of the JSON files in a folder."""
    return {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}


def read_results(path):
    """Return what was measured, {} where nothing is stored."""
    return read_json(path) if path.exists() else {}


def write_results(path, found):
    """Store what was measured as JSON."""
    write_text(path, json.dumps(found, indent=1) + "\n")


# -- the page ---------------------------------------------------------------------------------------------------------

def fill_template(folder, values):
    """Return a page's template with its values, {name: Markdown}, filled in; all must be there."""
    return string.Template((folder / "template.md").read_text()).substitute(values)


def write_page(folder, text):
    """Write the page of a folder."""
    write_text(folder / "README.md", text)


def describe_runs(cards):
    """Return in words when, on what and with which libraries models were trained."""
    dates = sorted(card["date"] for card in cards)
    machines = sorted({card["machine"] for card in cards})
    libraries = sorted({f"{name} {version}" for card in cards for name, version in card["versions"].items()})
    return f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}; {'; '.join(machines)}; {', '.join(libraries)}"


def describe_run(card):
    """Return in words when and on what all models of a page were trained, by the card of one of them."""
    return f"Measured on {card['date']} on an {card['machine']}, with the versions of [constraints.txt](../../constraints.txt)"


def list_versions(versions):
    """Return {library: version} in words."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def list_commands(cards, names):
    """Return a list of the commands that made some models."""
    return "\n".join(f"- {name}: `{cards[name]['command']}`" for name in names)


def compare_to_aim(aim, accuracy):
    """Return in words whether an accuracy in [0, 1] reaches an aim in %; nothing without an aim."""
    if aim is None:
        return ""
    return "met" if 100 * accuracy >= aim - 1e-9 else f"missed by {aim - 100 * accuracy:.2f}"


# -- measuring --------------------------------------------------------------------------------------------------------

def read_arguments(doc):
    """Return the options of a script that measures models: source, the path of FER2013, and work, that of their bundles."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, help="fer2013.csv")
    parser.add_argument("--work", required=True, type=Path, help="the work folder of `featfer benchmark`")
    return parser.parse_args()


def call_apart(module, function, *arguments, threads=None):
    """Call a function of a module, by its name, in a process of its own; return what it returns.

    Arguments are passed as text, and what is returned as JSON. threads: of each library, or as many as it takes
    """
    code = f"import json, sys; from {module} import {function}; print(json.dumps({function}(*sys.argv[1:])))"
    limit = {"OMP_NUM_THREADS": str(threads)} if threads else {}
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True, text=True,
                          cwd=ROOT.parent, env={**os.environ, **limit})
    return json.loads(done.stdout)


def write_first_rows(source, path, count):
    """Write the header and the first rows of a csv to a file; return its path."""
    with open(source) as file:
        path.write_text("".join(itertools.islice(file, count + 1)))
    return path
