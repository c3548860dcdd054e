"""Many pictures through a recognizer, and what it sees in them: in words, as plain data and as a table."""

import csv
import io

import numpy as np

from featfer.errors import MissingError, ParameterError, to_one_line
from featfer.faces import FOUND
from featfer.images.pixels import make_batches
from featfer.utils.cells import escape_cell
from featfer.utils.files import append_atomically
from featfer.utils.outputs import PREDICTIONS

COLUMNS = ("image", "frame", "seconds", "face", "label", "probability", "second", "second_probability", "third",
           "third_probability", "left", "top", "right", "bottom", "score", "status")
NO_FACE = "no-face"  # the status of an image in which no face was found
MOST_NAMES = 5  # of images without a face, in a sentence on them


def predict_pictures(recognizer, pictures, detector="hog", tell=None, failed=None, no_face="skip", smallest=None,
                     engine="torch"):
    """Yield (picture, expressions) of each Picture, in order; pictures is an iterable, read as it goes, some ahead.

    tell: function of an image's Faces and their Expressions that returns what is to stand in place of these, such as
    featfer.prediction.action_units.with_units
    failed: a list, to which a sentence is added for each picture that fails, such as for want of memory; without it the
    exception is raised
    no_face: "skip" gives an empty list for a picture in which no face is found, "whole" takes the whole picture for a face
    smallest: as for featfer.faces.find_faces; engine: as for FaceModel.predict, of all pictures
    """
    for batch in make_batches(pictures, lambda picture: picture.pixels.size):
        yield from _predicted(recognizer, batch, (detector, no_face, smallest, engine), tell, failed)
        del batch  # its pictures may be large, and the next ones are read now


def _predicted(recognizer, batch, how, tell, failed):
    """Yield (picture, expressions) of each Picture of a batch; where that fails, of each by itself.

    how: detector, no_face, smallest and engine, as for predict_pictures
    """
    try:
        seen = [tell(faces, expressions) if tell and faces else expressions
                for faces, expressions in recognizer.recognize([picture.pixels for picture in batch], *how)]
    except (MissingError, ParameterError):  # no picture is the cause
        raise
    except Exception as error:
        if failed is None:
            raise
        if len(batch) == 1:
            failed.append(f"{batch[0].name}: {_reason(error)}")
            return
    else:
        yield from zip(batch, seen, strict=True)
        return
    for picture in batch:
        yield from _predicted(recognizer, [picture], how, tell, failed)


def _reason(error):
    if isinstance(error, MemoryError):
        return "there is too little memory to look at it"
    return f"cannot be looked at ({type(error).__name__}: {error})"


class FacelessPictures:
    """Counts pictures and notes the names of those without a face, as predictions go by."""

    def __init__(self):
        self.names, self.pictures = [], 0

    def note(self, predictions):
        """Yield (picture, expressions) pairs as they come."""
        for picture, expressions in predictions:
            self.pictures += 1
            if not expressions:
                self.names.append(picture.name)
            yield picture, expressions

    def __str__(self):
        more = len(self.names) - MOST_NAMES
        names = [*self.names[:MOST_NAMES], *([f"and {more:,} more"] if more > 0 else [])]
        return (f"no face found in {len(self.names):,} of {self.pictures:,} image{'s' if self.pictures > 1 else ''}: "
                f"{to_one_line(', '.join(names))}")


def describe(expression, number=None):
    """Return a line on a face: where it is, and what is seen in it (str).

    expression: an Expression, or an Affect; number: of the face among those of its image, None for the only one
    """
    left, top, right, bottom = (round(side) for side in expression.box)
    face = "face" if number is None else f"face {number}"
    where = f"{face} at {left},{top} to {right},{bottom}"
    if expression.status != FOUND:
        where = "no face found, whole image taken"
    return f"{where}: {expression.in_words()}"


def describe_picture(picture, expressions):
    """Return a line on each face of a picture, and one more on its action units where it has them (list of str)."""
    if not expressions:
        return [f"{picture.name}: no face found"]
    lines = []
    for number, expression in enumerate(expressions, 1):
        lines.append(f"{picture.name}: {describe(expression, number if len(expressions) > 1 else None)}")
        if units := getattr(expression, "action_units", None):
            lines.append(f"    {describe_units(units)}")
    return lines


def describe_units(intensities):
    """Return in words which action units are seen, strongest first (str); intensities: {name: from 0 to 5}."""
    seen = sorted((pair for pair in intensities.items() if pair[1] >= 1), key=lambda pair: -pair[1])
    return "action units: " + (", ".join(f"{name} {value:.1f}" for name, value in seen) or "none above 1 of 5")


def status_of(expressions):
    """Return the status of an image by what is seen in it: that of its faces, NO_FACE where there are none (str)."""
    return expressions[0].status if expressions else NO_FACE


def numbered(expressions):
    """Return the faces of an image as plain data for JSON, each with its number, from 1."""
    return [{"face": number, **expression.as_dict()} for number, expression in enumerate(expressions, 1)]


def as_dict(picture, expressions):
    """Return plain data for JSON: image, status and faces, and of a video's frame its number and its time."""
    time = {} if picture.frame is None else {"frame": picture.frame, "seconds": picture.seconds}
    return {"image": picture.name, **time, "status": status_of(expressions), "faces": numbered(expressions)}


def point_columns(recognizer, tell=None):
    """Return the names of the columns that follow the probabilities in a table: x1, y1, x2 and so on of the landmarks that a
    recognizer's features use, and the action units where `tell` adds them (list of str)."""
    (faces, expressions), = recognizer.recognize([np.zeros((96, 96), np.uint8)], no_face="whole")
    return list(_points((tell(faces, expressions) if tell else expressions)[0]))


def tabulated(predictions, path, names, points=()):
    """Yield predictions as they come, each written to a csv file as a row a face; of an image without a face as a row that has
    its name and the status NO_FACE.

    predictions: (picture, expressions) pairs; names: of all expressions, whose probabilities are columns
    points: further columns, as `point_columns` gives them: landmarks in pixels, and action units
    The rows of a picture are in the file before it is yielded, however the program ends afterwards; the first replace what
    stood there, which may be a table of this kind only. Raises WriteError where it cannot be written.
    """
    columns = [*COLUMNS, *names, *points]
    head = [columns]
    with append_atomically(path, PREDICTIONS) as append:
        for picture, expressions in predictions:
            append(_lines([*head, *([row.get(name) for name in columns] for row in _rows(picture, expressions))]))
            head = []
            yield picture, expressions
        append(_lines(head))


def _lines(rows):
    """Return rows of cells as bytes of a csv file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(escape_cell, row) for row in rows)
    return text.getvalue().encode(errors="surrogateescape")  # names of files, as they are


def _rows(picture, expressions):
    """Return the rows of an image in a table, {column: value} each."""
    image = {"image": picture.name, "frame": picture.frame, "seconds": picture.seconds}
    if not expressions:
        return [{**image, "status": NO_FACE}]
    return [{**image, "face": number, **_row(expression)} for number, expression in enumerate(expressions, 1)]


def _row(expression):
    guesses = [value for guess in [*expression.blend(), ("", ""), ("", "")][:3] for value in guess]
    values = (*guesses, *expression.box, expression.score, expression.status)
    return {**dict(zip(COLUMNS[4:], values, strict=True)), **expression.probabilities, **_points(expression)}


def _points(expression):
    points = {f"{axis}{i}": side for i, point in enumerate(expression.landmarks or (), 1)
              for axis, side in zip("xy", point, strict=True)}
    return {**points, **(getattr(expression, "action_units", None) or {})}
