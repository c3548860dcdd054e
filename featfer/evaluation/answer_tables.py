"""Answers of models on photographs as a csv: a row for each photo and model."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from featfer.datasets.tables import open_table, wrap_text
from featfer.errors import DataError
from featfer.evaluation.photographs import Answers, Photographs
from featfer.typing import Path
from featfer.utils.cells import escape_cell, unescape_cell
from featfer.utils.files import write_atomically
from featfer.utils.outputs import ANSWERS

COLUMNS = ("source", "path", "label", "subject", "model", "faces", "predicted", "confidence")
DIGITS = 6  # of a probability


def write_answers(path: Path, scored: list[tuple[Photographs, dict[str, Answers]]], digits: int = DIGITS) -> None:
    """Write the answers on several data sets to a csv file.

    Parameters
    ----------
    path : path
    scored : list of tuple (Photographs, dict of str to Answers)
        With the same classes.
    digits : int
        Decimals of the probabilities.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *scored[0][0].names])
    for photographs, answers in scored:
        for name, of in answers.items():
            writer.writerows(map(escape_cell, row) for row in _make_rows(photographs, name, of, digits))
    with write_atomically(path, ANSWERS) as file:
        file.write(text.getvalue().encode(errors="surrogateescape"))  # names of files, as they are


def read_answers(path: Path) -> tuple[Photographs, dict[str, Answers]]:
    """Read what `write_answers` wrote for one data set.

    Parameters
    ----------
    path : path

    Returns
    -------
    photographs : Photographs
    answers : dict of str to Answers

    Raises
    ------
    DataError
        When it is not such a file, holds several data sets, or models that answered on different photos.
    """
    header, rows = _read_rows(path)
    names = tuple(header[len(COLUMNS):])
    by_model: dict[str, list[list[str]]] = {}
    for row in rows:
        by_model.setdefault(row[4], []).append(row)
    first, *others = ([row[:4] for row in of] for of in by_model.values())
    if len({row[0] for row in first}) > 1 or any(other != first for other in others):
        raise DataError(f"{path}: is not of one data set, with a row for each photo and model")
    source, ids, labels, subjects = (np.array(column) for column in zip(*first, strict=True))
    try:
        truth = np.array([names.index(label) for label in labels.tolist()])
        answers = {name: _parse_answers(of, len(names)) for name, of in by_model.items()}
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    return Photographs(str(source[0]), ids, names, truth, subjects if any(subjects) else None), answers


def _make_rows(photographs: Photographs, name: str, answers: Answers, digits: int) -> Iterator[list[Any]]:
    """Yield the cells of each photo in the answers of a model."""
    subjects = [""] * len(photographs) if photographs.subjects is None else photographs.subjects.tolist()
    names = photographs.names
    for i, has_answer in enumerate(answers.has_answer.tolist()):
        known = photographs.source, str(photographs.ids[i]), names[photographs.truth[i]], subjects[i], name, answers.faces[i]
        row = answers.probabilities[i]
        predicted = [names[row.argmax()], _format(row.max(), digits)] if has_answer else ["", ""]
        yield [*known, *predicted, *(_format(value, digits) if has_answer else "" for value in row)]


def _format(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a file, texts."""
    with open_table(path) as table:
        header, *rows = list(csv.reader(wrap_text(table))) or [[]]
    if tuple(header[:len(COLUMNS)]) != COLUMNS or not rows or any(len(row) != len(header) for row in rows):
        raise DataError(f"{path}: is no table of `featfer cross --csv`")
    return header, [[*map(unescape_cell, row[:5]), *row[5:]] for row in rows]


def _parse_answers(rows: list[list[str]], classes: int) -> Answers:
    probabilities = [[float(cell or "nan") for cell in row[-classes:]] for row in rows]
    return Answers(np.array(probabilities), np.array([int(row[5]) for row in rows]))
