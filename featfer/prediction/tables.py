"""Tables of predictions, written picture by picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.expression import COLUMNS, LAST_COLUMNS, NO_FACE, make_rows
from featfer.faces.pose import estimate_pose
from featfer.features.measures import POSE
from featfer.prediction.formats import convert_row, list_columns
from featfer.prediction.predict import Enrich, Prediction, Predictions
from featfer.typing import Path
from featfer.utils.cells import format_rows
from featfer.utils.files import append_atomically
from featfer.utils.outputs import PREDICTIONS

if TYPE_CHECKING:
    from featfer.expression import Expression
    from featfer.face_model import FaceModel
    from featfer.prediction.inputs import Picture

# Of the tidy table of a recording, from which other formats are made; the probabilities and points come after them.
TIDY = ("film", "frame", "time_s", "track", "status", "score", "left", "top", "right", "bottom", "label", *LAST_COLUMNS)


def list_point_columns(recognizer: FaceModel, enrich: Enrich | None = None) -> list[str]:
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


def write_table(predictions: Iterable[Prediction], path: Path, names: Sequence[str], points: Sequence[str] = (),
                form: str = "tidy") -> Predictions:
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
    form : str
        One of `featfer.prediction.formats.FORMATS`. In others than "tidy" a photo is a film of one frame, and track is the
        number of the face.

    Yields
    ------
    (Picture, list of Expression)

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    columns = ([*COLUMNS, *names, *points, *LAST_COLUMNS] if form == "tidy"
               else list_columns(form, [*TIDY, *names, *points, *(POSE if "x68" in points else ())]))
    head = [columns]
    with append_atomically(path, PREDICTIONS) as append:
        for picture, expressions in predictions:
            rows = (_make_rows(picture, expressions) if form == "tidy"
                    else [convert_row(form, row) for row in _make_tidy_rows(picture, expressions)])
            append(format_rows([*head, *([row.get(name) for name in columns] for row in rows)]))
            head = []
            yield picture, expressions
        append(format_rows(head))


def _make_rows(picture: Picture, expressions: Sequence[Expression]) -> list[dict[str, Any]]:
    """Return the rows of an image, {column: value} each."""
    image = {"image": picture.name, "frame": picture.frame, "seconds": picture.seconds}
    points = map(_list_points, expressions) if expressions else [{}]
    return [{**row, **more} for row, more in zip(make_rows(image, expressions), points, strict=True)]


def _make_tidy_rows(picture: Picture, expressions: Sequence[Expression]) -> list[dict[str, Any]]:
    """Return the rows of an image as the tidy table of a recording has them."""
    image = {"film": picture.file, "frame": picture.frame or 0, "time_s": picture.seconds or 0.0}
    if not expressions:
        return [{**image, "status": NO_FACE}]
    return [{**image, "track": number, "status": face.status, "score": face.score, "label": face.label,
             **dict(zip(("left", "top", "right", "bottom"), face.box, strict=True)), **face.probabilities, **_list_points(face),
             **_find_pose(picture, face)} for number, face in enumerate(expressions, 1)]


def _find_pose(picture: Picture, face: Expression) -> dict[str, float]:
    """Return pitch, yaw and roll of a face; nothing without its 68 landmarks."""
    if len(face.landmarks or ()) != 68:
        return {}
    pose = estimate_pose(np.array([face.landmarks]), picture.pixels.shape[1::-1])[0]
    return dict(zip(POSE, pose.round(1).tolist(), strict=True))


def _list_points(expression: Expression) -> dict[str, float]:
    points = {f"{axis}{i}": side for i, point in enumerate(expression.landmarks or (), 1)
              for axis, side in zip("xy", point, strict=True)}
    return {**points, **(getattr(expression, "action_units", None) or {})}
