import json
import time

import numpy as np
import pytest
from PIL import Image

from featfer.faces import find_faces
from featfer.faces.pose import MEAN_FACE_FILE, estimate_pose, read_mean_face, rotation_matrix

SIZE = 640, 480
ANGLES = np.stack(np.meshgrid((-20.0, 0, 20), (-35, -15, 0, 15, 35), (-30, 0, 30)), axis=-1).reshape(-1, 3)


def project(poses, place=(0, 0, 15), focal=640, size=SIZE):
    """The mean face as a pinhole camera sees it: float (n, 68, 2)."""
    seen = read_mean_face()[0] @ rotation_matrix(poses).swapaxes(1, 2) + place
    return seen[..., :2] / seen[..., 2:] * focal + np.array(size) / 2


@pytest.mark.parametrize("distance", [8.5, 15, 60])
def test_projections_of_the_mean_face_are_recovered_at_any_distance(distance):
    np.testing.assert_allclose(estimate_pose(project(ANGLES, (0, 0, distance)), SIZE), ANGLES, atol=0.01)


def test_errors_of_the_landmarks_by_half_a_percent_of_the_eyes_distance_cost_less_than_a_degree():
    points = project(np.repeat(ANGLES, 20, axis=0), (0, 0, 6.4))  # the eyes are 100 pixels apart
    noise = np.random.default_rng(0).normal(0, 0.5, points.shape)
    wrong = estimate_pose(points + noise, SIZE) - np.repeat(ANGLES, 20, axis=0)
    assert np.abs(wrong).mean(axis=0).max() < 1


def test_an_unknown_focal_length_costs_less_than_two_degrees_for_a_face_an_arm_away():
    for focal in (500, 900):
        assert np.abs(estimate_pose(project(ANGLES, focal=focal), SIZE) - ANGLES).max() < 2


def test_up_right_and_clockwise_are_positive():
    up, right, clockwise = rotation_matrix([(20, 0, 0), (0, 20, 0), (0, 0, 20)])
    nose = read_mean_face()[0][30] - read_mean_face()[0][[36, 45]].mean(axis=0)
    assert (up @ nose)[1] < nose[1]
    assert (right @ nose)[0] > 0.1
    assert (clockwise @ (1, 0, 0))[1] > 0.1  # the image's right goes down


def test_a_face_that_looks_into_the_camera_is_at_zero_wherever_it_is():
    for x in (-4, 0, 4):
        for y in (-3, 3):
            sight = np.array([x, y, 15.0]) / np.linalg.norm([x, y, 15.0])
            right = np.cross((0, 1, 0), sight)
            right /= np.linalg.norm(right)
            facing = np.stack([right, np.cross(sight, right), sight], axis=1)
            seen = read_mean_face()[0] @ facing.T + (x, y, 15)
            pose = estimate_pose(seen[None, :, :2] / seen[None, :, 2:] * 640 + (320, 240), SIZE)[0]
            assert np.abs(pose[:2]).max() < 0.1
            assert abs(pose[2]) < 2  # of two ways to look at a corner, the camera turned to the head the shortest way


def test_turning_the_picture_changes_roll_alone():
    points = project(ANGLES)
    angle = np.radians(25)
    turned = (points - (320, 240)) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + (320, 240)
    np.testing.assert_allclose(estimate_pose(turned, SIZE) - ANGLES, np.tile([0, 0, 25], (len(ANGLES), 1)), atol=0.01)


def test_a_crop_is_seen_from_no_nearer_than_half_a_metre():
    far = project(ANGLES, (0, 0, 30), focal=600, size=(48, 48))  # 20 pixels between the eyes
    assert np.abs(estimate_pose(far, (48, 48)) - ANGLES).max() < 3  # 10, were the focal length that of the crop


def test_points_that_show_no_face_have_no_pose_and_leave_the_others_alone():
    good = project([[10, 20, 5]])
    line = np.stack([np.arange(68.0), 3 * np.arange(68.0)], axis=1)[None]
    holes = good.copy()
    holes[0, 30, 0] = np.nan
    pose = estimate_pose(np.concatenate([np.zeros((1, 68, 2)), line, holes, np.full((1, 68, 2), np.inf), good]), SIZE)
    assert np.isnan(pose[:4]).all()
    np.testing.assert_allclose(pose[4], [10, 20, 5], atol=0.01)


def test_no_faces_have_no_poses():
    assert estimate_pose(np.empty((0, 68, 2)), SIZE).shape == (0, 3)


def pose_of(image):
    return estimate_pose(find_faces(image)[0].points(68), image.shape[1::-1])[0]


def turn(photo, angle):
    """The photo turned clockwise around the face."""
    face = find_faces(photo)[0].points(68).mean(axis=0)
    return np.asarray(Image.open(photo).rotate(-angle, Image.Resampling.BICUBIC, center=tuple(face.tolist())))


@pytest.mark.parametrize("angle", [-20, 20])
def test_a_turned_photo_has_that_much_more_roll(photo, angle):
    change = pose_of(turn(photo, angle)) - pose_of(turn(photo, 0))
    assert change[2] == pytest.approx(angle, abs=3)
    assert np.abs(change[:2]).max() < 6


def test_the_mirror_image_of_points_has_the_other_yaw_and_roll():
    mirror = [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), *range(45, 41, -1), 47, 46,
              *range(39, 35, -1), 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65]
    mirrored = (project(ANGLES)[:, mirror] - (640, 0)) * (-1, 1)
    np.testing.assert_allclose(estimate_pose(mirrored, SIZE), ANGLES * (1, -1, -1), atol=0.02)


def test_the_mirror_image_of_a_photo_has_the_other_yaw_and_roll(photo):
    image = turn(photo, 15)
    pose, mirrored = pose_of(image), pose_of(np.ascontiguousarray(image[:, ::-1]))
    assert pose[2] == pytest.approx(13, abs=3)
    np.testing.assert_allclose(mirrored * (1, -1, -1), pose, atol=3)


def test_the_mean_face_is_symmetric_and_its_nose_stands_out():
    points, weights = read_mean_face()
    np.testing.assert_allclose(points[36:42].mean(axis=0) * (-1, 1, 1), points[42:48].mean(axis=0), atol=1e-3)
    assert np.linalg.norm(points[42:48].mean(axis=0) - points[36:42].mean(axis=0)) == pytest.approx(1, abs=1e-3)
    assert 0.5 < points[[36, 45], 2].mean() - points[30, 2] < 0.8
    assert weights.sum() == pytest.approx(1, abs=1e-3)
    assert json.loads(MEAN_FACE_FILE.read_text())["faces"] == "5,000 of 27,473 training faces of fer2013.csv"


def test_a_thousand_faces_take_less_than_a_third_of_a_second():
    points = project(np.random.default_rng(0).uniform(-30, 30, (1000, 3)))
    times = []
    for _ in range(3):
        start = time.process_time()
        estimate_pose(points, SIZE)
        times.append(time.process_time() - start)
    assert min(times) < 0.3
