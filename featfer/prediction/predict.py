"""Prediction for many pictures: in words and as plain data."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from featfer.errors import MissingError, ParameterError, to_one_line
from featfer.faces import FAINT, WHOLE_IMAGE
from featfer.images.pixels import make_batches
from featfer.prediction.formats import NO_FACE
from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.expression import Expression
    from featfer.face_model import FaceModel
    from featfer.faces.face import Face
    from featfer.prediction.inputs import Picture

Prediction: TypeAlias = "tuple[Picture, list[Any]]"
"""A picture, and an Expression (of a model of valence and arousal: an Affect) for each face in it."""

Predictions: TypeAlias = "Generator[Prediction, None, None]"
"""What yields a prediction for each picture."""

Enrich: TypeAlias = "Callable[[list[Face], list[Expression]], Sequence[Expression]]"
"""A function that adds to the expressions of some faces."""

MOST_NAMES = 5  # images without a face that a sentence names


def predict_pictures(recognizer: FaceModel, pictures: Iterable[Picture], detector: str = "hog", enrich: Enrich | None = None,
                     failed: list[str] | None = None, no_face: str = "skip", smallest: float | None = None,
                     reject: float = 0.0) -> Predictions:
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
    reject : float
        As for FaceModel.predict.

    Yields
    ------
    (Picture, list of Expression)
        In order.
    """
    for batch in make_batches(pictures, lambda picture: picture.pixels.size):
        yield from _predict_batch(recognizer, batch, (detector, no_face, smallest, reject), enrich, failed)
        del batch  # frees its pictures before the next ones are read


def _predict_batch(recognizer: FaceModel, batch: list[Picture], how: tuple[Any, ...], enrich: Enrich | None,
                   failed: list[str] | None) -> Predictions:
    """Yield (picture, expressions) of a batch; if that fails, try each picture by itself.

    how: detector, no_face, smallest and reject, as for predict_pictures
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


def _describe_failure(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is too little memory to look at it"
    return f"cannot be looked at ({type(error).__name__}: {error})"


class FacelessPictures:
    """Counts predictions as they pass, and collects the names of pictures without a face."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.pictures = 0

    def count(self, predictions: Iterable[Prediction]) -> Predictions:
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

    def __str__(self) -> str:
        more = len(self.names) - MOST_NAMES
        names = [*self.names[:MOST_NAMES], *([f"and {more:,} more"] if more > 0 else [])]
        return (f"no face found in {len(self.names):,} of {count(self.pictures, 'image')}: "
                f"{to_one_line(', '.join(names))}")


def describe(expression: Any, number: int | None = None) -> str:
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


def describe_picture(picture: Picture, expressions: list[Any]) -> list[str]:
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


def describe_units(intensities: Mapping[str, float]) -> str:
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


def find_status(expressions: list[Any]) -> str:
    """Return the status of an image: that of its faces, or NO_FACE.

    Parameters
    ----------
    expressions : list of Expression

    Returns
    -------
    str
    """
    return expressions[0].status if expressions else NO_FACE


def number_faces(expressions: list[Any]) -> list[dict[str, Any]]:
    """Return the faces of an image as plain data for JSON, numbered from 1.

    Parameters
    ----------
    expressions : list of Expression

    Returns
    -------
    list of dict
    """
    return [{"face": number, **expression.as_dict()} for number, expression in enumerate(expressions, 1)]


def as_dict(picture: Picture, expressions: list[Any]) -> dict[str, Any]:
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
