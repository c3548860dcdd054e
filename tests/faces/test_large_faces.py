"""Large faces first: a portrait is not searched for smaller faces, and every other photo is."""

import numpy as np
import pytest
from PIL import Image

from featfer.faces import find_detector, find_faces
from featfer.faces.detectors import hog


@pytest.fixture(scope="module")
def face(photo):
    """Grace Hopper's face and what surrounds it closely, a PIL image; her face has most of its width."""
    return Image.open(photo).crop((110, 80, 430, 400))


def paste(face, *sides, size=(600, 600)):
    """Return a grey picture, uint8, with a face of each side in a row."""
    picture = Image.new("RGB", size, (128, 128, 128))
    for side, left in zip(sides, np.cumsum([0, *sides]).tolist(), strict=False):
        picture.paste(face.resize((side, side)), (left, 0))
    return np.asarray(picture)


def widths(faces):
    return sorted(round(right - left) for left, _, right, _ in (face.box for face in faces))


def test_small_faces_beside_one_of_half_the_photo_are_left_out_unless_they_are_asked_for(face):
    portrait = paste(face, 480, 110)
    assert len(find_faces(portrait)) == 1
    small, large = widths(find_faces(portrait, smallest=50))
    assert small < 110 < 300 < large


def test_large_faces_beside_each_other_are_all_found(face):
    couple = paste(face, 560, 400, size=(960, 600))
    assert len(find_faces(couple)) == 2


def test_without_a_face_of_half_the_photo_all_are_found_as_the_detector_has_them(face):
    group = paste(face, 250, 250, 100, 90, size=(700, 600))
    found = find_faces(group)
    assert len(found) == 4
    assert [(face.score, face.box) for face in found] == hog.detect(group)


def test_other_detectors_and_narrow_photos_are_searched_for_all_faces_at_once(face):
    portrait = paste(face, 220, size=(239, 239))
    assert [(one.score, one.box) for one in find_faces(portrait)] == hog.detect(portrait)
    large = paste(face, 480, 110)
    assert [one.box for one in find_faces(large, detector="haar")] == [box for _, box in find_detector("haar")(large)]


def test_a_portrait_of_many_pixels_is_looked_at_shrunk(face, monkeypatch):
    sizes, load = [], hog._load_detector
    monkeypatch.setattr(hog, "_load_detector", lambda: Watch(load(), sizes))
    (found,) = find_faces(paste(face, 2400, size=(4000, 3000)))
    assert 1200 < found.box[2] - found.box[0] < 2400
    assert [max(size) for size in sizes] == [427]


class Watch:
    """A detector that keeps the sizes of the images that it gets."""

    def __init__(self, detector, sizes):
        self._detector, self._sizes = detector, sizes

    def run(self, image, *how):
        self._sizes.append(image.shape)
        return self._detector.run(image, *how)
