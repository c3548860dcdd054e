"""The second look: at photos in which the default detector finds no face, and at nothing else."""

import csv

import numpy as np
import pytest
from helpers.fer2013 import FER2013
from helpers.pictures import aslant

from benchmarks.faces.without import make_pictures
from featfer.faces import FAINT, FOUND, WHOLE_IMAGE, find_faces, find_faces_in
from featfer.faces.detectors import mmod

PHOTOS = FER2013 / "photos"
BY_EYE = (165, 150, 370, 328)  # Grace Hopper: ear to ear, brows to chin


@pytest.fixture(scope="module")
def hard(photo):
    """A photo in which the default detector finds no face, though there is one."""
    return aslant(photo)


@pytest.fixture
def seen(monkeypatch):
    """The shapes of the images that the second detector gets; it finds nothing in them."""
    shapes = []
    monkeypatch.setattr(mmod, "_load_detector", lambda threads: lambda image: shapes.append(image.shape) or [])
    return shapes


def test_a_face_that_only_the_second_look_finds_is_faint(hard):
    (face,) = find_faces(hard)
    assert (face.status, face.is_crop) == (FAINT, False)
    assert face.score > 0.5
    left, top, right, bottom = face.box
    assert max(left, top) < 130
    assert min(right, bottom) > 230
    assert 150 < right - left < 220


def test_crops_get_no_second_look_so_their_features_stay(photo):
    assert [find_faces(aslant(photo, side))[0].status for side in (150, 151)] == [WHOLE_IMAGE, FAINT]


def test_a_photo_with_a_face_gets_no_second_look(photo, seen):
    assert find_faces(photo)[0].status == FOUND
    assert seen == []


def test_other_detectors_get_no_second_look(hard, seen):
    assert find_faces(hard, detector="haar")[0].status == WHOLE_IMAGE
    assert seen == []


@pytest.mark.parametrize("shape", [(160, 160), (300, 2000), (1200, 1600, 3), (4000, 6000), (160, 40), (300, 9000)])
def test_the_second_look_costs_the_same_for_every_photo(seen, shape):
    assert find_faces(np.full(shape, 128, np.uint8))[0].status == WHOLE_IMAGE
    (size,) = seen
    assert size[0] * size[1] <= 1.02 * 256 ** 2


def test_the_second_look_finds_no_face_below_the_smallest(hard):
    assert find_faces(hard, smallest=120)[0].status == FAINT
    assert find_faces(hard, smallest=400)[0].status == WHOLE_IMAGE


def test_many_photos_in_threads_get_the_same_faces_as_each_alone(hard, photo):
    blank = np.full((200, 200), 128, np.uint8)
    images = [hard, photo, blank, hard]
    found = find_faces_in(images)
    assert [[face.status for face in faces] for faces in found] == [[FAINT], [FOUND], [WHOLE_IMAGE], [FAINT]]
    assert [face.box for face, in found] == [find_faces(image)[0].box for image in images]


@pytest.mark.slow
def test_a_face_is_found_in_98_of_100_photographs():
    if not PHOTOS.is_dir():
        pytest.skip(f"the photographs are not at {PHOTOS}")
    with (PHOTOS / "photos.csv").open(newline="") as file:
        paths = [PHOTOS / row["path"] for row in csv.DictReader(file)][::4]  # in the order of the subjects
    statuses = [find_faces(path)[0].status for path in paths]
    assert len(statuses) > 400
    assert np.mean([status != WHOLE_IMAGE for status in statuses]) >= 0.98


@pytest.mark.slow
def test_at_most_one_in_100_pictures_without_a_face_gets_one():
    pictures = make_pictures()
    assert len(pictures) > 200
    wrong = [name for name, picture in pictures if find_faces(picture)[0].status != WHOLE_IMAGE]
    assert len(wrong) <= len(pictures) / 100, wrong
