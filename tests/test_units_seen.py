import numpy as np
import pytest

from featfer.faces import find_faces
from featfer.features.action_units import NAMES, intensities
from featfer.images import read_image
from featfer.recognizer import Expression
from featfer.sources import Picture
from featfer.units_seen import with_units


@pytest.fixture
def picture(photo):
    return Picture("p.jpg", read_image(photo), "p.jpg")


def seen(face):
    return Expression("happy", {"happy": 1.0}, tuple(round(side, 1) for side in face.box), face.status, 1.0)


def test_each_expression_gets_the_units_of_its_face(picture):
    faces = find_faces(picture.pixels)
    ((same, expressions),) = with_units([(picture, [seen(face) for face in faces])])
    assert same is picture
    assert [expression.action_units for expression in expressions] == intensities(faces)
    assert (expressions[0].label, expressions[0].box) == ("happy", seen(faces[0]).box)
    np.testing.assert_allclose(expressions[0].landmarks, faces[0].points(68), atol=0.06)


def test_plain_data_has_them_last(picture):
    ((_, (expression,)),) = with_units([(picture, [seen(find_faces(picture.pixels)[0])])])
    assert list(expression.as_dict())[-1] == "action_units"
    assert list(expression.as_dict()["action_units"]) == list(NAMES)


def test_faces_are_found_by_the_same_detector(picture):
    whole = find_faces(picture.pixels, detector="whole")
    ((_, (expression,)),) = with_units([(picture, [seen(whole[0])])], "whole")
    assert expression.action_units == intensities(whole)[0]


def test_pictures_are_asked_for_as_they_are_needed(picture):
    expressions = [seen(find_faces(picture.pixels)[0])]

    def endless():
        while True:
            yield picture, expressions
    assert next(with_units(endless()))[0] is picture
