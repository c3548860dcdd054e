"""Faces: detection, landmarks, alignment, and what a Face gives."""

import numpy as np
import pytest
from PIL import Image

from featfer.datasets.fer2013 import load_csv
from featfer.faces import ALIGNMENTS, FAINT, FOUND, WHOLE_IMAGE, Face, find_faces
from featfer.faces.align import cut_chip
from featfer.faces.detectors.whole import MARGIN
from featfer.faces.landmarks import find_points
from featfer.images.pixels import read_image

BY_EYE = (165, 150, 370, 328)  # Grace Hopper: ear to ear, brows to chin
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)


@pytest.fixture(scope="module")
def image(photo):
    return read_image(photo)


@pytest.fixture(scope="module")
def face(image):
    return find_faces(image)[0]


def overlap(one, other):
    """Return the intersection over the union of two boxes."""
    both = area((*np.maximum(one[:2], other[:2]), *np.minimum(one[2:], other[2:])))
    return both / (area(one) + area(other) - both)


def area(box):
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def tilt(points):
    """Return the angle of the line through the eyes, degrees."""
    x, y = points[RIGHT_EYE].mean(axis=0) - points[LEFT_EYE].mean(axis=0)
    return np.degrees(np.arctan2(y, x))


# -- where faces are --------------------------------------------------------------------------------------------------

def test_face_in_a_photo(image):
    faces = find_faces(image)
    assert [face.status for face in faces] == [FOUND]
    assert faces[0].score > 0.5
    assert not faces[0].is_crop
    assert overlap(faces[0].box, BY_EYE) > 0.7


def test_grey_photo_gives_the_same_face(image, face):
    grey = np.asarray(Image.fromarray(image).convert("L"))
    assert overlap(find_faces(grey)[0].box, face.box) > 0.95


@pytest.mark.parametrize("size", [(256, 300), (1024, 1200), (2560, 3000)])
def test_boxes_are_in_pixels_of_the_image(photo, size):
    image = np.asarray(Image.open(photo).resize(size))
    box = np.array(find_faces(image)[0].box) * 512 / size[0]
    assert overlap(box, BY_EYE) > 0.7


def test_two_faces_best_first(image):
    dimmed = (image * 0.4).astype(np.uint8)
    faces = find_faces(np.hstack([dimmed, image]))
    assert len(faces) == 2
    assert faces[0].score >= faces[1].score
    assert {face.box[0] > 512 for face in faces} == {True, False}


def test_single_gives_the_best_face_only(image):
    both = np.hstack([image, image])
    single = find_faces(both, single=True)
    assert len(single) == 1
    assert single[0].box == find_faces(both)[0].box


def test_single_lowers_the_threshold(image):
    hidden = image.copy()
    hidden[255:] = 127
    assert find_faces(hidden)[0].status == FAINT
    sure_or_not = find_faces(hidden, single=True)
    assert len(sure_or_not) == 1
    assert sure_or_not[0].status == FOUND
    assert sure_or_not[0].score < 0


@pytest.mark.parametrize("side", [48, 300])
@pytest.mark.parametrize("single", [False, True])
def test_blank_image_gives_the_whole_image_less_a_margin(side, single):
    faces = find_faces(np.full((side, side), 128, np.uint8), single=single)
    assert [face.status for face in faces] == [WHOLE_IMAGE]
    assert faces[0].box == pytest.approx((MARGIN * side, MARGIN * side, (1 - MARGIN) * side, (1 - MARGIN) * side))
    assert np.isnan(faces[0].score)


def test_whole_image_of_an_oblong():
    assert find_faces(np.zeros((200, 400, 3), np.uint8))[0].box == pytest.approx((24, 12, 376, 188))


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (1, 150), (300, 1), (5, 5, 3)])
def test_tiny_image_gives_a_face_with_chips(shape):
    face = find_faces(np.zeros(shape, np.uint8))[0]
    assert face.status == WHOLE_IMAGE
    assert {face.chip(align).shape for align in ALIGNMENTS} == {(150, 150, 3)}


def test_faces_in_crops(crops):
    faces = [find_faces(crop) for crop in crops]
    assert {len(found) for found in faces} == {1}
    assert sum(found[0].status == FOUND for found in faces) >= 40
    assert all(found[0].is_crop and found[0].scale == 4 for found in faces)
    whole = (0, 0, 48, 48)
    assert np.median([overlap(found[0].box, whole) for found in faces]) > 0.6


@pytest.mark.slow
def test_faces_in_the_real_crops(real_csv):
    faces = [find_faces(image.read(), single=True) for image in load_csv(real_csv).images]
    assert {len(found) for found in faces} == {1}
    assert np.mean([found[0].status == FOUND for found in faces]) >= 0.93


# -- landmarks --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("count", [5, 68])
def test_points_lie_on_the_face(face, count):
    points = face.points(count)
    assert points.shape == (count, 2)
    assert points.dtype == np.float32
    left, top, right, bottom = BY_EYE
    assert (points > (left - 20, top - 20)).all()
    assert (points < (right + 20, bottom + 20)).all()


def test_points_are_in_the_order_of_the_scheme(face):
    points = face.points(68)
    left_eye, right_eye, mouth = (points[part].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE, slice(48, 68)))
    np.testing.assert_allclose(left_eye, (222, 193), atol=8)
    np.testing.assert_allclose(right_eye, (306, 192), atol=8)
    np.testing.assert_allclose(mouth, (270, 280), atol=10)


def test_68_points_by_default(face):
    np.testing.assert_array_equal(face.points(), face.points(68))


def test_points_of_a_crop_are_in_its_own_pixels(crops):
    points = find_faces(crops[0])[0].points(68)
    left_eye, right_eye = points[LEFT_EYE].mean(axis=0), points[RIGHT_EYE].mean(axis=0)
    assert 8 < left_eye[0] < 18 < 24 < right_eye[0] < 36
    assert (points > -8).all()
    assert (points < 56).all()


def test_find_points_follows_the_box(image, face):
    moved = np.pad(image, ((30, 0), (50, 0), (0, 0)))
    box = tuple(round(side) for side in face.box)
    points = find_points(moved, tuple(side + shift for side, shift in zip(box, (50, 30, 50, 30), strict=True)), 68)
    np.testing.assert_allclose(points, find_points(image, box, 68) + (50, 30), atol=1)


# -- chips ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("align", ALIGNMENTS)
def test_chip_of_a_photo(face, align):
    chip = face.chip(align)
    assert chip.shape == (150, 150, 3)
    assert chip.dtype == np.uint8
    assert np.ptp(chip) > 100


@pytest.mark.parametrize("align", ALIGNMENTS)
def test_chip_of_a_grey_crop(crops, align):
    chip = find_faces(crops[0])[0].chip(align)
    assert chip.shape == (150, 150, 3)
    assert chip.dtype == np.uint8
    assert (chip == chip[..., :1]).all()


def test_chip_is_aligned_by_5_points_by_default(face):
    assert face.chip() is face.chip("5")
    assert not np.array_equal(face.chip("5"), face.chip("none"))


def test_unaligned_chip_of_a_crop_is_all_of_it():
    crop = np.zeros((50, 50), np.uint8)
    crop[:, 25:] = 255
    chip = find_faces(crop)[0].chip("none")
    assert (chip[:, :70] < 10).all()
    assert (chip[:, 80:] > 245).all()


def test_unaligned_chip_of_a_photo_is_the_box():
    image = np.zeros((300, 300, 3), np.uint8)
    image[40:190, 60:210] = np.random.default_rng(0).integers(0, 256, (150, 150, 3))
    np.testing.assert_array_equal(cut_chip(image, (60, 40, 210, 190), None, False), image[40:190, 60:210])


@pytest.mark.parametrize("box", [(-40, -30, 60, 70), (250, 250, 340, 340), (-5, -5, 400, 400)])
def test_box_that_leaves_the_image_still_gives_a_chip(box):
    image = np.full((300, 300, 3), 9, np.uint8)
    assert (cut_chip(image, box, None, False) == 9).all()
    assert Face(image, 1.0, box, FOUND, 0.0, False).chip("5").shape == (150, 150, 3)


@pytest.mark.parametrize("angle", [-20, 20])
def test_alignment_levels_the_eyes(photo, angle):
    turned = Image.open(photo).rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(200, 200, 200))
    face = find_faces(np.asarray(turned))[0]
    assert abs(tilt(face.points(68)) + angle) < 6
    assert abs(tilt(find_points(face.chip("none"), (0, 0, 150, 150), 68))) > 14
    for align in ("5", "68"):
        assert abs(tilt(find_points(face.chip(align), (30, 30, 120, 120), 68))) < 4


def test_alignment_brings_the_eyes_to_one_place(photo, crops):
    faces = [find_faces(read_image(photo))[0], find_faces(crops[0])[0]]
    for face in faces:
        points = find_points(face.chip("5"), (30, 30, 120, 120), 68)
        np.testing.assert_allclose(points[LEFT_EYE].mean(axis=0), (48, 46), atol=5)
        np.testing.assert_allclose(points[RIGHT_EYE].mean(axis=0), (99, 46), atol=5)


# -- what a Face keeps ------------------------------------------------------------------------------------------------

def test_face_computes_points_and_chips_once(image):
    face = find_faces(image)[0]
    assert face.chip("68") is face.chip("68")
    assert face._pixel_points(5) is face._pixel_points(5)


def test_face_takes_any_numbers_for_its_box():
    face = Face(np.zeros((9, 9), np.uint8), 1.0, np.arange(4, dtype=np.int64), FOUND, np.float32(1), True)
    assert face.box == (0.0, 1.0, 2.0, 3.0)
    assert {type(side) for side in face.box} == {float}
    assert type(face.score) is float


def test_the_clipped_box_lies_in_the_image_and_features_use_the_whole_box(image):
    box = (-20.5, -3, image.shape[1] + 7.0, 300)
    face = Face(image, 1.0, box, FOUND, 1.0, is_crop=False)
    assert face.box == box
    assert face.clipped_box == (0, 0, image.shape[1], 300)
    grown = Face(np.zeros((194, 259), np.uint8), 2.56, (-5, 1, 110, 80), FOUND, 1.0, is_crop=True)
    assert grown.clipped_box == (0, 1, 101, 76)


def test_a_face_says_where_it_is(face):
    assert repr(face) == "Face(found, box=(181, 140, 367.5, 326), score=1.04)"
    assert repr(find_faces(np.full((200, 300), 128, np.uint8))[0]).startswith("Face(whole-image, box=(")
    assert "score" not in repr(find_faces(np.full((200, 300), 128, np.uint8))[0])
