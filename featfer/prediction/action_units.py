"""The action units of faces, added to their expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from featfer.expression import Expression
from featfer.features.action_units import intensities

if TYPE_CHECKING:
    from featfer.faces.face import Face


@dataclass(frozen=True)
class UnitsExpression(Expression):
    """An Expression with the intensities of action units. Its landmarks are the 68 points.

    Attributes
    ----------
    action_units : dict
        {name: intensity}, from 0 to 5, as landmarks show it; see `featfer.features.action_units.intensities`.
    """

    action_units: dict[str, float] | None = None


def with_units(faces: list[Face], expressions: list[Expression]) -> list[UnitsExpression]:
    """Add action units to expressions.

    Parameters
    ----------
    faces : list of Face
    expressions : list of Expression
        Of the faces.

    Returns
    -------
    list of UnitsExpression
    """
    return [_add_units(*face) for face in zip(faces, expressions, intensities(faces), strict=True)]


def _add_units(face: Face, expression: Expression, units: dict[str, float]) -> UnitsExpression:
    landmarks = face.points(68).astype(float).round(1).tolist()
    return UnitsExpression(**{**vars(expression), "landmarks": landmarks, "action_units": units})
