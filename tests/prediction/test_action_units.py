import numpy as np
import pytest

from featfer.expression import Expression
from featfer.faces import find_faces
from featfer.features.action_units import NAMES, intensities
from featfer.images.pixels import read_image
from featfer.prediction.action_units import with_units


@pytest.fixture
def faces(photo):
    return find_faces(read_image(photo))


def make_expression(face):
    return Expression("happy", {"happy": 1.0}, tuple(round(side, 1) for side in face.box), face.status, 1.0)


def test_each_expression_gets_the_units_of_its_face(faces):
    expressions = with_units(faces, [make_expression(face) for face in faces])
    assert [expression.action_units for expression in expressions] == intensities(faces)
    assert (expressions[0].label, expressions[0].box) == ("happy", make_expression(faces[0]).box)
    np.testing.assert_allclose(expressions[0].landmarks, faces[0].points(68), atol=0.06)


def test_plain_data_has_them(faces):
    expression = with_units(faces[:1], [make_expression(faces[0])])[0]
    assert list(expression.as_dict()["action_units"]) == list(NAMES)


def test_an_image_without_faces_has_no_units():
    assert with_units([], []) == []
