import cv2
import numpy as np
import pytest
from helpers.videos import background, hopper, scene

from featfer.faces.boxes import overlap
from featfer.tracking.detecting import KEPT, detect_hog, detect_nearby


@pytest.fixture(scope="module")
def frame(photo):
    """A frame with a face, uint8 (480, 640) grey, and the face's box."""
    picture, (box,) = scene(0, (*hopper(photo), lambda number: (200, 130)))
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), box


def test_a_face_is_found_in_a_whole_frame(frame):
    grey, box = frame
    (score, found), = detect_hog(grey)
    assert score > 0 and overlap(found, box) > 0.7


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (25, -10), (-40, 30)])
def test_a_face_is_found_near_where_it_was(frame, dx, dy):
    grey, (left, top, right, bottom) = frame
    score, found = detect_nearby(grey, (left + dx, top + dy, right + dx, bottom + dy))[0]
    assert score >= KEPT and overlap(found, (left, top, right, bottom)) > 0.7


def test_nothing_is_found_far_from_the_face_nor_outside_the_frame(frame):
    grey, _ = frame
    for box in ((10, 350, 110, 450), (700, 100, 800, 200), (-300, -300, -200, -200), (50, 50, 50, 50)):
        assert detect_nearby(grey, box) == []


def test_nothing_is_found_where_there_is_no_face():
    assert detect_hog(np.ascontiguousarray(background()[..., 0])) == []
