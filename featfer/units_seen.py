"""The action units of the faces in which a recognizer saw expressions."""

from dataclasses import dataclass

from featfer.faces import find_faces
from featfer.features.action_units import intensities
from featfer.recognizer import Expression


@dataclass(frozen=True)
class UnitsExpression(Expression):
    """An Expression with the intensity of each action unit by its name, from 0 to 5, as landmarks alone show it.

    landmarks are the 68 points then, see featfer.features.action_units.intensities.
    """

    action_units: dict[str, float] | None = None


def with_units(predictions, detector="hog"):
    """Yield (picture, expressions) pairs as they come, each Expression a UnitsExpression; detector: what found the faces."""
    for picture, expressions in predictions:
        faces = find_faces(picture.pixels, detector=detector)  # the same again, in the same order
        units = intensities(faces)
        yield picture, [_with(*seen) for seen in zip(expressions, faces, units, strict=True)]


def _with(expression, face, units):
    landmarks = face.points(68).astype(float).round(1).tolist()
    return UnitsExpression(**{**vars(expression), "landmarks": landmarks, "action_units": units})
