"""Matrices of chips, occlusion, and named regions of the face."""

import numpy as np
import pytest
from helpers.watching import disc, occluded, watching
from PIL import Image

from featfer.explaining.occlusion import PATCH, PLACES, Inputs, make_patches, transform_points
from featfer.explaining.regions import SURROUNDINGS, find_region_middles, find_region_peaks, map_regions
from featfer.faces import find_faces
from featfer.faces.landmarks import find_points
from featfer.features import Landmarks, Stage
from featfer.features.crop import Crop
from featfer.features.pixels import Pixels
from featfer.images.pixels import read_image, resize

pytestmark = pytest.mark.usefixtures("one_thread")

LEFT_EYE, RIGHT_EYE, MOUTH, CHIN = slice(36, 42), slice(42, 48), slice(48, 68), 8


@pytest.fixture(scope="module")
def face(photo):
    return find_faces(read_image(photo))[0]


@pytest.fixture(scope="module")
def turned(photo):
    """The same face, turned 15 degrees anticlockwise."""
    return find_faces(np.asarray(Image.open(photo).rotate(15, Image.Resampling.BICUBIC)))[0]


# -- where a chip shows what ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("align", ["5", "68", "none"])
@pytest.mark.parametrize("which", ["face", "turned"])
def test_landmarks_are_where_they_are_found_in_the_chip(request, which, align):
    face = request.getfixturevalue(which)
    points = transform_points(face.points(68), face.chip_matrix(align))
    if (which, align) != ("turned", "none"):
        found = find_points(face.chip(align), (25, 25, 125, 125) if align != "none" else (0, 0, 150, 150), 68)
        assert np.hypot(*(points - found).T).mean() < 4
    eyes = [points[eye].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    if align != "none":
        np.testing.assert_allclose(eyes, [(101, 46), (47, 46)], atol=5)
    for eye in eyes:  # pupils are darker than what lies below them
        x, y = eye.round().astype(int)
        assert face.chip(align)[y - 3:y + 3, x - 3:x + 3].mean() < face.chip(align)[y + 10:y + 16, x - 3:x + 3].mean() - 15


@pytest.mark.parametrize("align", ["5", "68", "none"])
def test_a_chip_is_the_image_through_its_matrix(face, align):
    y, x = np.mgrid[5:145:10, 5:145:10]
    places = transform_points(np.column_stack([x.ravel(), y.ravel()]), np.linalg.inv(face.chip_matrix(align)))
    left, top = np.floor(places).astype(int).T
    across, down = (places - np.floor(places)).T[..., None]
    image = face.pixels.astype(float)
    expected = ((1 - down) * ((1 - across) * image[top, left] + across * image[top, left + 1])
                + down * ((1 - across) * image[top + 1, left] + across * image[top + 1, left + 1]))
    difference = np.abs(face.chip(align)[y, x].reshape(-1, 3) - expected)
    assert difference.max() < 1 if align != "none" else np.median(difference) < 3  # resized, not interpolated


def test_the_matrices_of_a_crop_count_pixels_of_the_image_before_it_was_enlarged(crops):
    face = find_faces(crops[0])[0]
    assert face.scale == 4
    np.testing.assert_array_equal(face.crop_matrix(), np.eye(3))
    points = transform_points(face.points(5), face.chip_matrix())
    np.testing.assert_allclose([points[[0, 1]].mean(axis=0), points[[2, 3]].mean(axis=0)], [(101, 47), (46, 47)], atol=4)


def test_a_crop_of_a_photo_is_where_its_matrix_says(face):
    left, top = -face.crop_matrix()[:2, 2].astype(int)
    height, width = face.crop().shape[:2]
    np.testing.assert_array_equal(face.crop(), face.image[top:top + height, left:left + width])


def test_a_replaced_face_shows_what_it_is_given_and_nothing_computed_before(face):
    before = Stage().transform([face])
    chip = np.zeros((150, 150, 3), np.uint8)
    other = face.replace({"5": chip})
    assert other.chip() is chip and face.chip().any()
    assert np.abs(Stage().transform([other]) - before).max() > 1
    np.testing.assert_array_equal(Stage().transform([face]), before)
    assert (other.box, other.status, other.score) == (face.box, face.status, face.score)
    np.testing.assert_array_equal(other.points(5), face.points(5))
    np.testing.assert_array_equal(other.crop(), face.crop())
    np.testing.assert_array_equal(face.replace(crop=chip[:9, :9]).crop(), chip[:9, :9])
    blank = face.replace(pixels=np.full_like(face.pixels, 90))
    assert np.abs(blank.points(68) - face.points(68)).max() > 5


# -- covering ---------------------------------------------------------------------------------------------------------

def test_a_patch_covers_a_box_of_the_chip_with_its_mean(face):
    chip = face.chip().copy()
    covered = Inputs(face, [Stage()]).cover((10, 20, 40, 60)).chip()
    chip[20:60, 10:40] = round(chip.mean())
    np.testing.assert_array_equal(covered, chip)
    assert not np.array_equal(covered, face.chip())


def test_the_same_place_is_covered_in_all_inputs(face):
    features = [Pixels(), Pixels(align="68"), Crop("96"), Landmarks()]
    inputs = Inputs(face, features)
    mouth = transform_points([face.points(68)[MOUTH].mean(axis=0)], inputs.matrix)[0]
    covered = inputs.cover((*(mouth - 25), *(mouth + 25)))
    crop = resize(face.crop(), 96, 96)
    crop_matrix = np.diag([96 / face.crop().shape[1], 96 / face.crop().shape[0], 1]) @ face.crop_matrix()
    for pixels, before, matrix in ((covered.chip(), face.chip(), face.chip_matrix()),
                                   (covered.chip("68"), face.chip("68"), face.chip_matrix("68")),
                                   (covered.crop(), crop, crop_matrix),
                                   (covered.pixels, face.pixels, np.diag([face.scale, face.scale, 1]))):
        changed = (pixels != before).any(axis=2)
        y, x = np.nonzero(changed)
        mouth, = transform_points([face.points(68)[MOUTH].mean(axis=0)], matrix)
        np.testing.assert_allclose((x.mean(), y.mean()), mouth, atol=2)
        assert len(np.unique(pixels[changed], axis=0)) == 1
    side = (face.box[2] - face.box[0]) / 150
    np.testing.assert_allclose(np.ptp(np.nonzero((covered.pixels != face.pixels).any(axis=2)), axis=1), 62 * side, rtol=0.2)


def test_patches_reach_every_pixel():
    boxes = make_patches(150, 100)
    assert len(boxes) == PLACES**2
    assert {(right - left, bottom - top) for left, top, right, bottom in boxes} == {(150 * PATCH, 100 * PATCH)}
    seen = np.zeros((100, 150), int)
    for left, top, right, bottom in boxes:
        seen[top:bottom, left:right] += 1
    assert seen.min() == 1 and boxes.min() == 0


@pytest.mark.parametrize("features", [[Pixels()], [Crop("96")], [Pixels(), Pixels(view="flip")]],
                         ids=["chip", "crop", "views"])
@pytest.mark.parametrize("region", ["mouth", "left eye"])
def test_the_region_that_a_model_depends_on_matters_most(face, features, region):
    inputs = Inputs(face, features)
    side = {Pixels: Pixels().side, Crop: 96}[type(features[0])]
    middle = find_region_middles(inputs.points)[region].mean(axis=0) * side / inputs.pixels.shape[0]
    looks = [disc(side, middle, side / 15)]
    if len(features) > 1:
        looks.append(looks[0][:, ::-1])
    expression, found = occluded(watching(features, np.array(looks)), face)
    assert (expression.label, round(expression.probabilities["happy"], 6)) == ("happy", 0.9)
    assert next(iter(find_region_peaks(found.heat, found.points))) == region
    hottest = np.unravel_index(found.heat.argmax(), found.heat.shape)[::-1]
    assert np.hypot(*(hottest - middle * inputs.pixels.shape[0] / side)) < inputs.pixels.shape[0] * 0.1
    assert 10 < found.drops.max() <= 70
    assert np.median(found.drops) == pytest.approx(0, abs=1)


def test_landmarks_are_found_again_in_the_covered_picture(face):
    mouth = np.zeros((68, 2), bool)
    mouth[MOUTH] = True
    _, found = occluded(watching([Landmarks()], mouth), face)
    assert found.pixels.shape == (150, 150, 3)
    assert found.drops.max() > 1
    assert next(iter(find_region_peaks(found.heat, found.points))) in ("mouth", "chin", "nose")


def test_heat_is_the_drop_where_it_is_the_same_everywhere(face):
    _, found = occluded(watching([Pixels()], np.ones(Pixels().size, bool)), face)
    even = type(found)(found.pixels, found.points, found.boxes, np.full(len(found.boxes), 7.5))
    np.testing.assert_allclose(even.heat, 7.5)
    assert found.drops.min() - 1e-9 <= found.heat.min() <= found.heat.max() <= found.drops.max() + 1e-9


# -- regions ----------------------------------------------------------------------------------------------------------

def test_regions_lie_on_the_face(face, turned):
    for one in (face, turned):
        where = find_region_middles(one.points(5))
        points = one.points(68)
        for name, part in (("right eye", RIGHT_EYE), ("left eye", LEFT_EYE), ("mouth", MOUTH),
                           ("left brow", slice(17, 22)), ("right brow", slice(22, 27)), ("nose", slice(30, 36))):
            distance = np.hypot(*(where[name].mean(axis=0) - points[part].mean(axis=0)))
            assert distance < 0.25 * np.hypot(*(points[36] - points[45])), name
        chin = where["chin"].mean(axis=0)
        assert np.hypot(*(chin - points[CHIN])) < 0.25 * np.hypot(*(points[36] - points[45]))
    which, names = map_regions((150, 150), transform_points(face.points(5), face.chip_matrix())), [SURROUNDINGS, *where]
    assert [names[which[y, x]] for y, x in ((100, 75), (75, 75), (46, 46), (46, 102), (75, 35), (149, 5), (140, 75))] == [
        "mouth", "nose", "left eye", "right eye", "left cheek", SURROUNDINGS, "chin"]


def test_peaks_are_the_maximum_of_each_region_largest_first(face):
    points = transform_points(face.points(5), face.chip_matrix())
    heat = np.zeros((150, 150))
    heat[100, 75], heat[46, 46], heat[75, 75] = 5.0, 9.0, -3.0
    peaks = find_region_peaks(heat, points)
    assert list(peaks.items())[:2] == [("left eye", 9.0), ("mouth", 5.0)]
    assert peaks["nose"] == 0.0
    assert list(find_region_peaks(heat[:60], points)) != list(peaks) and "chin" not in find_region_peaks(heat[:60], points)
