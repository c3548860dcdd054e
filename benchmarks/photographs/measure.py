"""Have every model that ships answer on photographs, store the answers, then write the page.

    python -m benchmarks.photographs.measure --photos DIR

DIR has photos.csv, with the columns path, label and subject (p0000, p0001 ...). Takes about 10 minutes on two cores.
"""

import argparse
import gzip
import tempfile
from pathlib import Path

import featfer_models
import numpy as np

from benchmarks.common import write_results
from benchmarks.photographs import page
from featfer.bundle.persist import DEFAULT, load, read_card
from featfer.evaluation.answer_tables import write_answers
from featfer.evaluation.answering import answer
from featfer.evaluation.photographs import load_photographs
from featfer.labels import FER7
from featfer.recognizer import Recognizer
from featfer.utils.provenance import describe_origin

DIGITS = 4  # decimals of the probabilities that are stored
HALVES = {"choosing": 0, "scoring": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path, metavar="DIR", help="the folder of photos.csv")
    parser.add_argument("--half", choices=HALVES, default="scoring", help="of the subjects (default: %(default)s)")
    given = parser.parse_args()
    measure(given.photos, given.half, find_models())
    page.main()


def find_models():
    """Return {name: Recognizer} of the models that ship and know the seven expressions, the default first."""
    names = sorted(path.stem for path in Path(featfer_models.__file__).parent.glob("*.joblib"))
    models = {name: load(name) for name in sorted(names, key=lambda name: name != DEFAULT)}
    return {name: model for name, model in models.items() if isinstance(model, Recognizer) and model.label_set == FER7}


def measure(folder, half, models):
    """Store the answers on a half of the photographs in a folder, and what was measured when and with what."""
    faceset, rows, photographs = load_photographs(folder / "photos.csv", FER7)
    chosen = np.flatnonzero([is_in(subject, half) for subject in photographs.subjects.tolist()])
    answers, unreadable = answer(models, [faceset.images[row] for row in rows[chosen].tolist()])
    if unreadable:
        raise SystemExit(f"{len(unreadable)} photos cannot be read; the first: {next(iter(unreadable.values()))}")
    with tempfile.TemporaryDirectory() as work:
        write_answers(Path(work) / "answers.csv", [(photographs.keep(chosen), answers)], DIGITS)
        page.ANSWERS.write_bytes(gzip.compress((Path(work) / "answers.csv").read_bytes(), mtime=0))
    cards = {name: read_card(name) for name in models}
    about = {name: {key: card[key] for key in ("classifier", "bytes", "sha256")} for name, card in cards.items()}
    write_results(page.ABOUT, {"half": half, **describe_origin(), "models": about})


def is_in(subject, half):
    """Tell whether a subject such as p0012 is in a half."""
    return int(subject[1:]) % 2 == HALVES[half]


if __name__ == "__main__":
    main()
