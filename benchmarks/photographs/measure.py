"""Have every model that ships answer on photographs, store the answers, then write the page.

    python -m benchmarks.photographs.measure --photos DIR

DIR has photos.csv, with the columns path, label and subject (p0000, p0001 ...). Takes about 10 minutes on two cores.
"""

import argparse
import gzip
import tempfile
from pathlib import Path

import featfer_models

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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path, metavar="DIR", help="the folder of photos.csv")
    measure(parser.parse_args().photos, find_models())
    page.main()


def find_models():
    """Return {name: Recognizer} of the models that ship and know the seven expressions, the default first."""
    names = sorted(path.stem for path in Path(featfer_models.__file__).parent.glob("*.joblib"))
    models = {name: load(name) for name in sorted(names, key=lambda name: name != DEFAULT)}
    return {name: model for name, model in models.items() if isinstance(model, Recognizer) and model.label_set == FER7}


def measure(folder, models):
    """Store the answers on the photographs in a folder, and what was measured when and with what."""
    faceset, rows, photographs = load_photographs(folder / "photos.csv", FER7)
    answers, unreadable = answer(models, [faceset.images[row] for row in rows.tolist()])
    if unreadable:
        raise SystemExit(f"{len(unreadable)} photos cannot be read; the first: {next(iter(unreadable.values()))}")
    with tempfile.TemporaryDirectory() as work:
        write_answers(Path(work) / "answers.csv", [(photographs, answers)], DIGITS)
        page.ANSWERS.write_bytes(gzip.compress((Path(work) / "answers.csv").read_bytes(), mtime=0))
    about = {name: {key: read_card(name)[key] for key in ("classifier", "bytes", "sha256", "prior")} for name in models}
    write_results(page.ABOUT, {**describe_origin(), "models": about})


if __name__ == "__main__":
    main()
