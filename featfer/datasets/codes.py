"""What numbers stand for that are labels of expressions: data sets count them in different orders."""

import re

from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8, FER7

OWN = "own"  # the numbers stay what they are
CODES = {
    "fer2013": dict(enumerate(FER7.names)),
    "ckextended": dict(enumerate((*FER7.names, "contempt"))),  # CK+ as a csv in FER2013's form
    "affectnet": dict(enumerate(AFFECTNET8.names)),
    "ferplus": dict(enumerate(("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"))),
    "raf-db": dict(enumerate(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), start=1)),
    "ck+": dict(enumerate(("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"))),
}
FILES = {"raf-db": re.compile(r"(train|test)_\d+(_aligned)?\.\w+"),
         "fer2013": re.compile(r"(Training|PublicTest|PrivateTest)_\w+")}
TITLES = {"raf-db": re.compile(r"raf", re.I), "affectnet": re.compile(r"affect-?_?net", re.I),
          "fer2013": re.compile(r"fer[-_ ]?2013(?!new|plus|\+)", re.I)}


def check_codes(codes):
    """Raise ParameterError for codes that are none of CODES, OWN or None."""
    if codes not in (None, OWN, *CODES):
        raise ParameterError(f"codes {codes!r} are none of {', '.join(CODES)}, {OWN}")


def is_code(label):
    """Say whether a label is a number as data sets give to expressions."""
    return label.isascii() and label.isdecimal() and int(label[:9]) < len(AFFECTNET8)


def find_codes(labels, files, title):
    """Return (name of the CODES that some labels are in, how that is known), ("", "") where nothing tells.

    files: names of the images, without folders; title: the source's name
    """
    numbers = {int(label) for label in labels if is_code(label)}
    if len(numbers) < len(labels) or not numbers:
        return "", ""
    for codes, pattern in FILES.items():
        if numbers <= CODES[codes].keys() and files and all(map(pattern.match, files)):
            return codes, "as the files' names are of that set"
    for codes, pattern in TITLES.items():
        if numbers <= CODES[codes].keys() and pattern.search(title):
            return codes, f"as it is called {title}"
    return "", ""


def decode_labels(labels, files, title, codes=None):
    """Return ({label: what it stands for}, notes: list of str) for the labels of a source.

    codes: one of CODES, OWN, or None: those that `find_codes` finds, and else the numbers stay what they are, with a note.
    Raises DataError for a number that is not in the codes asked for.
    """
    from featfer.datasets.faceset import shorten_list
    found, why = (codes, "as asked for") if codes else find_codes(labels, files, title)
    if found in CODES:
        meaning = CODES[found]
        if unknown := sorted(label for label in labels if label.isdecimal() and int(label) not in meaning):
            raise DataError(f"{title}: label {unknown[0]} is not in the codes {found}: {_listed(meaning)}")
        read = {label: meaning[int(label)] if label.isdecimal() else label for label in labels}
        return read, [f"numbers are read as {found}'s, {why}: {_listed(meaning)}"]
    notes = []
    if not found and any(map(is_code, labels)):
        notes = [f"Warning: the labels {shorten_list(sorted(labels))} stay numbers, as nothing tells which expressions they "
                 f"are (0 is angry in FER2013 and neutral in AffectNet, 1 is surprise in RAF-DB); say it with --codes, one of "
                 f"{', '.join(CODES)}, or {OWN} to keep the numbers"]
    return {label: label for label in labels}, notes


def _listed(meaning):
    return ", ".join(f"{number} {name}" for number, name in meaning.items())
