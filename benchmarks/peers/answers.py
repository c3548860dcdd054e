"""Answers on disk: the compact tables that are kept with the page."""

import csv
import gzip
import io
from dataclasses import dataclass

import numpy as np

from featfer.errors import ParameterError
from featfer.labels import FER7
from featfer.utils.files import write_atomically

HEAD = ["path", "faces", "answer", *FER7.names]


@dataclass(frozen=True)
class Answers:
    """What a row answered about n pictures.

    Attributes
    ----------
    paths : ndarray of str, (n,)
    faces : ndarray of int, (n,)
        Faces found.
    labels : ndarray of str, (n,)
        The likeliest expression of the largest face, "" without a face.
    """

    paths: np.ndarray
    faces: np.ndarray
    labels: np.ndarray

    def select(self, kept):
        """Return the answers of some pictures; kept: ndarray of bool, (n,)."""
        return Answers(self.paths[kept], self.faces[kept], self.labels[kept])


def to_line(path, faces):
    """Return the line of a picture.

    Parameters
    ----------
    path : str
    faces : list of dict
        Each with "box" (left, top, width, height) and "scores" {label: score}, as adapters answer.

    Returns
    -------
    list of str
        In the order of HEAD; the scores are of the largest face, with four decimals. Of equal scores, the first that the peer
        names is its answer. Labels that are none of FER7 count as answers, but their scores are left out.
    """
    if not faces:
        return [path, "0", "", *[""] * len(FER7)]
    scores = {_to_known(name): score for name, score in max(faces, key=_get_area)["scores"].items()}
    return [path, str(len(faces)), max(scores, key=scores.get), *(_round(scores.get(name, 0.0)) for name in FER7.names)]


def write_table(path, head, rows):
    """Write a table as csv.gz; the same rows give the same bytes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    with write_atomically(path) as file:
        file.write(gzip.compress(text.getvalue().encode(), mtime=0))


def read_table(path):
    """Return the columns of a csv.gz, {name: ndarray of str}."""
    with gzip.open(path, "rt", newline="") as file:
        head, *rows = csv.reader(file)
    return {name: np.array([row[column] for row in rows]) for column, name in enumerate(head)}


def read_answers(path):
    """Return the Answers in a file, or None if there is none."""
    if not path.exists():
        return None
    table = read_table(path)
    return Answers(table["path"], table["faces"].astype(int), table["answer"])


def _to_known(name):
    try:
        return FER7.names[FER7.index(name)]
    except ParameterError:
        return name


def _get_area(face):
    return face["box"][2] * face["box"][3]


def _round(score):
    return f"{score:.4f}".rstrip("0").rstrip(".")
