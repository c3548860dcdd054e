import numpy as np
import pytest

from benchmarks.pose.heads import read_faces
from benchmarks.pose.measure import list_runs, shorten
from benchmarks.pose.page import split
from benchmarks.pose.rendering import Mesh, View, draw, with_normals
from benchmarks.pose.turned import make_relief, mirror, turn
from featfer.faces.pose import read_mean_face


def square(depth, colour, half=1.0):
    """A square that faces the camera, of one colour."""
    points = np.array([(-half, -half, depth), (half, -half, depth), (half, half, depth), (-half, half, depth)])
    triangles = np.array([(0, 2, 1), (0, 3, 2)])
    return Mesh(points, with_normals(points, triangles), np.zeros((4, 2)), triangles, np.full((2, 2, 3), float(colour)))


def test_a_square_is_drawn_as_large_as_a_pinhole_shows_it():
    picture = draw(square(0, 200), (0, 0, 0), View(10, side=100, focal=1, ambient=1))
    assert (picture == 200).all(axis=2).sum() == 20 * 20
    assert (picture[40:60, 40:60] == 200).all()


def test_what_is_nearer_hides_what_is_behind():
    far, near = square(0, 50), square(-1, 250, half=0.5)
    both = Mesh(np.concatenate([near.points, far.points]), np.concatenate([near.normals, far.normals]),
                np.concatenate([near.places, far.places + 0.9]), np.concatenate([near.triangles, far.triangles + 4]),
                np.array([[[250.0] * 3, [50.0] * 3]] * 2).repeat(2, axis=1))
    picture = draw(both, (0, 0, 0), View(10, side=100, focal=1, ambient=1))
    assert picture[50, 50, 0] == 250
    assert picture[50, 42, 0] == 50


def test_light_from_the_camera_is_full_on_what_faces_it():
    view = View(10, side=100, focal=1, light=(0, 0, -1), ambient=0)
    assert draw(square(0, 200), (0, 0, 0), view)[50, 50, 0] == pytest.approx(200, abs=1)
    assert draw(square(0, 200), (0, 60, 0), view)[50, 50, 0] == pytest.approx(100, abs=2)


def test_photos_turn_clockwise_around_the_face():
    image = np.zeros((200, 200, 3), np.uint8)
    image[100, 120:140] = 255  # to the right of the face
    points = np.array([(90.0, 90), (110, 110)])
    turned = turn(image, points, 90)
    rows, columns = np.nonzero(turned[..., 0] > 120)
    assert columns.max() - columns.min() < 3
    assert rows.min() > 55 and rows.max() < 85  # below it
    assert (mirror(image)[100, 60:80] == 255).all()


def test_a_relief_looks_like_its_photo_from_the_front():
    image = np.random.default_rng(0).integers(0, 255, (25, 25)).repeat(20, 0).repeat(20, 1).astype(np.uint8)
    points = read_mean_face()[0][:, :2] * 50 + 250
    relief = make_relief(image, points)
    middle = points[36:48].mean(axis=0)
    shown = draw(relief, (0, 0, 0), View(400, side=300, focal=400 * 50 / 300, ambient=1))
    part = image[int(middle[1]) + 20 - 100:, int(middle[0]) - 100:][:200, :200]
    assert np.mean(np.abs(shown[50:250, 50:250, 0].astype(int) - part) < 30) > 0.8


def test_quads_and_triangles_of_three_js():
    corners, places = read_faces(np.array([8, 0, 1, 2, 10, 11, 12, 11, 3, 4, 5, 6, 99, 13, 14, 15, 16]))
    assert corners.tolist() == [0, 1, 2, 3, 4, 5, 3, 5, 6]
    assert places.tolist() == [10, 11, 12, 13, 14, 15, 13, 15, 16]


def test_runs_errors_and_decimals():
    assert list_runs(np.array([1, 1, 0, 0, 1], bool), 2) == [[0, 2], [8, 8]]
    angles, errors, zero = split([[0, 0, 5, 1, 0], [0, 10, 5, 12, 0], [0, 20, 5, 21, 0]])
    assert angles.tolist() == [[0, 0], [0, 10], [0, 20]]
    assert (zero.tolist(), errors[:, 1].tolist()) == ([5, 1, 0], [0, 1, 0])
    assert shorten({"a": [1.2345, [2]]}) == {"a": [1.23, [2]]}
