"""Prediction for many pictures: in words, as plain data and as a table."""

import csv
import io

import numpy as np

from featfer.errors import MissingError, ParameterError, to_one_line
from featfer.faces import FAINT, WHOLE_IMAGE
from featfer.images.pixels import make_batches
from featfer.utils.cells import escape_cell
from featfer.utils.files import append_atomically
from featfer.utils.outputs import PREDICTIONS

COLUMNS = ("image", "frame", "seconds", "face", "label", "probability", "second", "second_probability", "third",
           "third_probability", "left", "top", "right", "bottom", "score", "status")
LAST_COLUMNS = ("confidence", "ambiguity", "novelty")  # after all others, so that those stay where older tables have them
NO_FACE = "no-face"  # the status of an image without a face
MOST_NAMES = 5  # images without a face that a sentence names


def predict_pictures(recognizer, pictures, detector="hog", enrich=None, failed=None, no_face="skip", smallest=None,
                     engine="torch", reject=0.0):
    """Predict the expressions of many pictures, batch by batch.

    Parameters
    ----------
    recognizer : FaceModel
    pictures : iterable of Picture
        Read as needed, some ahead.
    detector, smallest
        As for featfer.faces.find_faces.
    enrich : function, optional
        Called with the faces and expressions of a picture, it returns the expressions to yield, such as
        featfer.prediction.action_units.with_units.
    failed : list, optional
        Gets a sentence for each picture that fails; without it the exception is raised.
    no_face : str
        If no face is found, "skip" yields an empty list, and "whole" treats the whole picture as a face.
    engine : str
        As for FaceModel.predict, for all pictures together.
    reject : float
        As for FaceModel.predict.

    Yields
    ------
    (Picture, list of Expression)
        In order.
    """
    for batch in make_batches(pictures, lambda picture: picture.pixels.size):
        yield from _predict_batch(recognizer, batch, (detector, no_face, smallest, engine, reject), enrich, failed)
        del batch  # frees its pictures before the next ones are read


def _predict_batch(recognizer, batch, how, enrich, failed):
    """Yield (picture, expressions) of a batch; if that fails, try each picture by itself.

    how: detector, no_face, smallest, engine and reject, as for predict_pictures
    """
    try:
        results = [enrich(faces, expressions) if enrich and faces else expressions
                   for faces, expressions in recognizer.recognize([picture.pixels for picture in batch], *how)]
    except (MissingError, ParameterError):  # not caused by a picture
        raise
    except Exception as error:
        if failed is None:
            raise
        if len(batch) == 1:
            failed.append(f"{batch[0].name}: {_describe_failure(error)}")
            return
    else:
        yield from zip(batch, results, strict=True)
        return
    for picture in batch:
        yield from _predict_batch(recognizer, [picture], how, enrich, failed)


def _describe_failure(error):
    if isinstance(error, MemoryError):
        return "there is too little memory to look at it"
    return f"cannot be looked at ({type(error).__name__}: {error})"


class FacelessPictures:
    """Counts predictions as they pass, and collects the names of pictures without a face."""

    def __init__(self):
        self.names, self.pictures = [], 0

    def count(self, predictions):
        """Pass predictions on, and count them.

        Parameters
        ----------
        predictions : iterable of (Picture, list of Expression)

        Yields
        ------
        (Picture, list of Expression)
        """
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
    """Describe the prediction for a face in one line.

    Parameters
    ----------
    expression : Expression or Affect
    number : int, optional
        Of the face, if the image has several.

    Returns
    -------
    str
    """
    left, top, right, bottom = (round(side) for side in expression.box)
    face = "face" if number is None else f"face {number}"
    faint = "faint " if expression.status == FAINT else ""
    where = f"{faint}{face} at {left},{top} to {right},{bottom}"
    if expression.status == WHOLE_IMAGE:
        where = "no face found, whole image taken"
    return f"{where}: {expression.in_words()}"


def describe_picture(picture, expressions):
    """Describe the predictions for a picture: a line for each face, and one for its action units if it has them.

    Parameters
    ----------
    picture : Picture
    expressions : list of Expression

    Returns
    -------
    list of str
    """
    if not expressions:
        return [f"{picture.name}: no face found"]
    lines = []
    for number, expression in enumerate(expressions, 1):
        lines.append(f"{picture.name}: {describe(expression, number if len(expressions) > 1 else None)}")
        if units := getattr(expression, "action_units", None):
            lines.append(f"    {describe_units(units)}")
    return lines


def describe_units(intensities):
    """Describe the visible action units, strongest first.

    Parameters
    ----------
    intensities : dict of float
        By name, from 0 to 5.

    Returns
    -------
    str
    """
    visible = sorted((pair for pair in intensities.items() if pair[1] >= 1), key=lambda pair: -pair[1])
    return "action units: " + (", ".join(f"{name} {value:.1f}" for name, value in visible) or "none above 1 of 5")


def find_status(expressions):
    """Return the status of an image: that of its faces, or NO_FACE.

    Parameters
    ----------
    expressions : list of Expression

    Returns
    -------
    str
    """
    return expressions[0].status if expressions else NO_FACE


def number_faces(expressions):
    """Return the faces of an image as plain data for JSON, numbered from 1.

    Parameters
    ----------
    expressions : list of Expression

    Returns
    -------
    list of dict
    """
    return [{"face": number, **expression.as_dict()} for number, expression in enumerate(expressions, 1)]


def as_dict(picture, expressions):
    """Return the predictions for a picture as plain data for JSON.

    Parameters
    ----------
    picture : Picture
    expressions : list of Expression

    Returns
    -------
    dict
        Image, status and faces; for a frame of a video also its number and time.
    """
    time = {} if picture.frame is None else {"frame": picture.frame, "seconds": picture.seconds}
    return {"image": picture.name, **time, "status": find_status(expressions), "faces": number_faces(expressions)}


def list_point_columns(recognizer, enrich=None):
    """List the columns after the probabilities: coordinates of the landmarks that the features use, then action units.

    Parameters
    ----------
    recognizer : Recognizer
    enrich : function, optional
        As for `predict_pictures`; it may add action units.

    Returns
    -------
    list of str
        x1, y1, x2 and so on.
    """
    (faces, expressions), = recognizer.recognize([np.zeros((96, 96), np.uint8)], no_face="whole")
    return list(_list_points((enrich(faces, expressions) if enrich else expressions)[0]))


def write_table(predictions, path, names, points=()):
    """Write predictions to a csv file as they come: a row for each face, and one with NO_FACE for an image without faces.

    The rows of a picture are in the file before it is yielded, so they survive a crash.

    Parameters
    ----------
    predictions : iterable of (Picture, list of Expression)
    path : str or Path
        An existing file is replaced only if it is such a table.
    names : list of str
        All expressions; the columns have their probabilities.
    points : list of str
        Further columns, as `list_point_columns` returns them; landmarks are in pixels.

    Yields
    ------
    (Picture, list of Expression)

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    columns = [*COLUMNS, *names, *points, *LAST_COLUMNS]
    head = [columns]
    with append_atomically(path, PREDICTIONS) as append:
        for picture, expressions in predictions:
            append(_format_rows([*head, *([row.get(name) for name in columns] for row in _make_rows(picture, expressions))]))
            head = []
            yield picture, expressions
        append(_format_rows(head))


def _format_rows(rows):
    """Return rows of cells as the bytes of a csv file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(escape_cell, row) for row in rows)
    return text.getvalue().encode(errors="surrogateescape")  # names of files, as they are


def _make_rows(picture, expressions):
    """Return the rows of an image, {column: value} each."""
    image = {"image": picture.name, "frame": picture.frame, "seconds": picture.seconds}
    if not expressions:
        return [{**image, "status": NO_FACE}]
    return [{**image, "face": number, **_make_row(expression)} for number, expression in enumerate(expressions, 1)]


def _make_row(expression):
    guesses = [value for guess in [*expression.blend(), ("", ""), ("", "")][:3] for value in guess]
    values = (expression.label, *guesses[1:], *expression.box, expression.score, expression.status)
    last = {name: getattr(expression, name) for name in LAST_COLUMNS}
    return {**dict(zip(COLUMNS[4:], values, strict=True)), **expression.probabilities, **_list_points(expression), **last}


def _list_points(expression):
    points = {f"{axis}{i}": side for i, point in enumerate(expression.landmarks or (), 1)
              for axis, side in zip("xy", point, strict=True)}
    return {**points, **(getattr(expression, "action_units", None) or {})}
