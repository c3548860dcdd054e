"""Pickles and hashes of faces: of the face alone, not of what was computed from it meanwhile."""

import copy
import pickle

import joblib
import numpy as np
import pytest

from featfer.errors import DataError, ParameterError
from featfer.faces import find_faces, find_faces_in


def use(face):
    """Compute what a face keeps once it is computed."""
    face.chip(), face.chip("68"), face.points(68), face.crop()
    return face


@pytest.fixture(scope="module")
def images(photo, crops):
    return [str(photo), *crops[:2]]


def test_the_hash_of_a_face_does_not_depend_on_its_use(images):
    before = joblib.hash(find_faces_in(images))
    faces = find_faces_in(images)
    for found in faces:
        use(found[0])
    assert joblib.hash(faces) == before
    assert joblib.hash(pickle.loads(pickle.dumps(faces))) == before
    assert joblib.hash(find_faces_in(images[::-1])) != before


def test_a_face_from_a_pickle_gives_the_same(images):
    for [face] in find_faces_in(images):
        again = pickle.loads(pickle.dumps(use(face)))
        assert (again.box, again.status, again.score, again.is_crop) == (face.box, face.status, face.score, face.is_crop)
        np.testing.assert_array_equal(again.chip("68"), face.chip("68"))
        np.testing.assert_array_equal(again.crop(), face.crop())


def test_a_face_with_another_chip_or_crop_keeps_it_in_its_pickle(images):
    face = use(find_faces(images[0])[0])
    chip, crop = np.zeros_like(face.chip()), np.ones_like(face.crop())
    for other in (pickle.loads(pickle.dumps(face.replace(chips={"5": chip}, crop=crop))),
                  copy.copy(face.replace(chips={"5": chip}, crop=crop)), face.replace(chips={"5": chip}).replace(crop=crop)):
        np.testing.assert_array_equal(other.chip(), chip)
        np.testing.assert_array_equal(other.crop(), crop)
    assert face.replace(chips={}).crop() is face.crop()


@pytest.mark.parametrize("other", [42, None, ["a.jpg"], ("a.jpg",)])
def test_what_is_not_one_image_is_refused(other):
    words = f"find_faces takes one of .*, not {type(other).__name__}; find_faces_in takes several"
    with pytest.raises(ParameterError, match=words):
        find_faces(other)


def test_one_name_is_one_image(photo):
    [[face]] = find_faces_in(str(photo))
    assert face.box == find_faces(photo)[0].box
    with pytest.raises(DataError, match=r"nowhere\.jpg: no such file"):
        find_faces("nowhere.jpg")
