"""Decode labels that are numbers: data sets number the expressions in different orders."""

import re
from collections.abc import Mapping, Sequence, Set

from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8, FER7

OWN = "own"  # keep the numbers as labels
CODES = {
    "fer2013": dict(enumerate(FER7.names)),
    "ckextended": dict(enumerate((*FER7.names, "contempt"))),  # CK+ as a csv like FER2013's
    "affectnet": dict(enumerate(AFFECTNET8.names)),
    "ferplus": dict(enumerate(("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"))),
    "raf-db": dict(enumerate(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), start=1)),
    "ck+": dict(enumerate(("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"))),
}
FILES = {"raf-db": re.compile(r"(train|test)_\d+(_aligned)?\.\w+"),
         "fer2013": re.compile(r"(Training|PublicTest|PrivateTest)_\w+")}
TITLES = {"raf-db": re.compile(r"raf", re.I), "affectnet": re.compile(r"affect-?_?net", re.I),
          "fer2013": re.compile(r"fer[-_ ]?2013(?!new|plus|\+)", re.I)}


def check_codes(codes: str | None) -> None:
    """Check the name of codes.

    Parameters
    ----------
    codes : str or None

    Raises
    ------
    ParameterError
        When it is none of CODES, OWN and None.
    """
    if codes not in (None, OWN, *CODES):
        raise ParameterError(f"codes {codes!r} are none of {', '.join(CODES)}, {OWN}")


def is_code(label: str) -> bool:
    """Tell whether a label is a number that may stand for an expression.

    Parameters
    ----------
    label : str

    Returns
    -------
    bool
    """
    return label.isascii() and label.isdecimal() and int(label[:9]) < len(AFFECTNET8)


def find_codes(labels: Set[str], files: Sequence[str], title: str) -> tuple[str, str]:
    """Find out which codes the labels of a data set use, from its file names or its own name.

    Parameters
    ----------
    labels : set of str
    files : list of str
        Names of the images, without folders.
    title : str
        Name of the data set.

    Returns
    -------
    codes : str
        A key of CODES; "" if unknown.
    reason : str
        How that is known, for a note.
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


def decode_labels(labels: Set[str], files: Sequence[str], title: str,
                  codes: str | None = None) -> tuple[dict[str, str], list[str]]:
    """Find the expressions that labels stand for.

    Parameters
    ----------
    labels : set of str
    files : list of str
        Names of the images, without folders.
    title : str
        Name of the data set.
    codes : str, optional
        A key of CODES, or OWN. By default the codes that `find_codes` finds; if it finds none, numbers stay as they are.

    Returns
    -------
    names : dict of str to str
        The expression of each label.
    notes : list of str
        How numbers were read.

    Raises
    ------
    DataError
        For a number that the codes do not have.
    """
    from featfer.datasets.faceset import shorten_list
    found, reason = (codes, "as asked for") if codes else find_codes(labels, files, title)
    if found in CODES:
        meaning = CODES[found]
        if unknown := sorted(label for label in labels if label.isdecimal() and int(label) not in meaning):
            raise DataError(f"{title}: label {unknown[0]} is not in the codes {found}: {_list_codes(meaning)}")
        names = {label: meaning[int(label)] if label.isdecimal() else label for label in labels}
        return names, [f"numbers are read as {found}'s, {reason}: {_list_codes(meaning)}"]
    notes = []
    if not found and any(map(is_code, labels)):
        notes = [f"Warning: the labels {shorten_list(sorted(labels))} stay numbers, as nothing tells which expressions they "
                 f"are (0 is angry in FER2013 and neutral in AffectNet, 1 is surprise in RAF-DB); say it with --codes, one of "
                 f"{', '.join(CODES)}, or {OWN} to keep the numbers"]
    return {label: label for label in labels}, notes


def _list_codes(meaning: Mapping[int, str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in meaning.items())
