import numpy as np
import pytest

from featfer.faces import find_faces
from featfer.faces.eyes import measure_eyes


def eyes(left, right):
    """68 points with eyes of two heights and the width 10: the mean distance of the lids is the height."""
    points = np.zeros((68, 2))
    for first, height in ((36, left), (42, right)):
        points[first:first + 6] = [(0, 0), (3, -height / 2), (7, -height / 2), (10, 0), (7, height / 2), (3, height / 2)]
    return points


def test_the_ratio_is_that_of_height_and_width_left_and_right():
    np.testing.assert_allclose(measure_eyes([eyes(3, 1), eyes(0, 2)]), [[0.3, 0.1], [0, 0.2]])


def test_size_and_turn_of_the_picture_do_not_matter():
    turn = np.array([[np.cos(0.7), np.sin(0.7)], [-np.sin(0.7), np.cos(0.7)]])
    np.testing.assert_allclose(measure_eyes([eyes(3, 1) @ turn * 7 + 100]), [[0.3, 0.1]])


def test_what_is_no_eye_has_no_ratio():
    holes = eyes(3, 1)
    holes[37] = np.nan
    no_width = eyes(3, 1) * (0, 1)
    np.testing.assert_equal(measure_eyes([np.zeros((68, 2)), no_width]), np.full((2, 2), np.nan))
    np.testing.assert_allclose(measure_eyes([holes]), [[np.nan, 0.1]])
    assert measure_eyes(np.empty((0, 68, 2))).shape == (0, 2)


def test_open_eyes_of_a_photo(photo):
    left, right = measure_eyes([find_faces(photo)[0].points(68)])[0]
    assert 0.2 < left < 0.45
    assert left == pytest.approx(right, abs=0.1)
