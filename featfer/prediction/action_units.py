"""The action units of the faces in which a recognizer saw expressions."""

from dataclasses import dataclass

from featfer.features.action_units import intensities
from featfer.recognizer import Expression


@dataclass(frozen=True)
class UnitsExpression(Expression):
    """An Expression with the intensity of each action unit by its name, from 0 to 5, as landmarks alone show it.

    landmarks are the 68 points then, see featfer.features.action_units.intensities.
    """

    action_units: dict[str, float] | None = None


def with_units(faces, expressions):
    """Return the Expression that was seen in each Face as a UnitsExpression."""
    return [_with(*seen) for seen in zip(faces, expressions, intensities(faces), strict=True)]


def _with(face, expression, units):
    landmarks = face.points(68).astype(float).round(1).tolist()
    return UnitsExpression(**{**vars(expression), "landmarks": landmarks, "action_units": units})
