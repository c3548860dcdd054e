"""Detectors: each behind the same contract, at a size that suits it."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from featfer.errors import MissingError, ParameterError
from featfer.faces import DETECTION, DETECTORS, FOUND, WHOLE_IMAGE, dlib_models, find_detector, find_faces
from featfer.faces.detectors import haar, hog, mmod, mtcnn
from featfer.faces.detectors.scale import at_scale, compute_scale, is_crop
from featfer.faces.detectors.whole import MARGIN
from featfer.faces.landmarks import find_points
from featfer.images.opencv import import_opencv
from featfer.images.pixels import read_image

BY_EYE = (165, 150, 370, 328)  # Grace Hopper: ear to ear, brows to chin
FINDERS = ["hog", "mmod", "haar"]  # those that need no further package


@pytest.fixture(scope="module")
def image(photo):
    return read_image(photo)


@pytest.fixture(scope="module")
def found(image):
    """What each detector finds in the photo: {name: list of (score, box)}."""
    return {name: DETECTORS[name](image) for name in FINDERS}


@pytest.fixture
def fresh():
    """Load detectors and their libraries again, before and after."""
    caches = (haar._load_cascade, mmod._load_detector, mtcnn._load_detector, import_opencv, dlib_models._verify)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def overlap(one, other):
    """Return the intersection over the union of two boxes."""
    both = area((*np.maximum(one[:2], other[:2]), *np.minimum(one[2:], other[2:])))
    return both / (area(one) + area(other) - both)


def area(box):
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


# -- what they find ---------------------------------------------------------------------------------------------------

def test_detectors_by_name():
    assert list(DETECTORS) == ["hog", "mmod", "haar", "whole", "mtcnn"]
    assert find_detector("haar") is DETECTORS["haar"]


def test_unknown_detector_is_named_with_those_there_are(image):
    for ask in (find_detector, lambda name: find_faces(image, detector=name)):
        with pytest.raises(ParameterError, match="detector 'yolo' is none of hog, mmod, haar, whole, mtcnn"):
            ask("yolo")


@pytest.mark.parametrize("name", FINDERS)
def test_face_in_a_photo(found, name):
    ((score, box),) = found[name]
    assert np.isfinite(score)
    assert {type(score), *map(type, box)} == {float}
    assert overlap(box, BY_EYE) > 0.6


@pytest.mark.parametrize(("one", "other"), [("hog", "mmod"), ("hog", "haar"), ("mmod", "haar")])
def test_detectors_agree_on_the_face(found, one, other):
    assert overlap(found[one][0][1], found[other][0][1]) > 0.5


def test_find_faces_takes_the_detector(image, found):
    (face,) = find_faces(image, detector="haar")
    assert (face.status, face.score, face.box) == (FOUND, *found["haar"][0])


def test_hog_is_the_default_and_what_features_are_extracted_with(image, found):
    assert DETECTION["detector"] == "hog"
    (face,) = find_faces(image)
    assert (face.score, face.box) == found["hog"][0]


@pytest.mark.parametrize("name", ["mmod", "haar"])
def test_landmarks_hardly_depend_on_the_detector(image, found, name):
    one, other = (find_points(image, [round(side) for side in found[detector][0][1]], 5) for detector in ("hog", name))
    np.testing.assert_allclose(one, other, atol=6)  # of a face 187 pixels wide


@pytest.mark.parametrize("size", [(200, 234), (2200, 2578)])
def test_boxes_are_in_pixels_of_the_image(photo, size):
    resized = np.asarray(Image.open(photo).resize(size))
    box = DETECTORS["haar"](resized)[0][1]
    assert overlap(np.array(box) * 512 / size[0], BY_EYE) > 0.6


def test_two_faces_best_first(image):
    both = DETECTORS["haar"](np.hstack([image, image[:, ::-1]]))
    assert len(both) == 2
    assert both[0][0] >= both[1][0]
    assert sorted(box[0] > 512 for _, box in both) == [False, True]


@pytest.mark.parametrize("name", FINDERS)
@pytest.mark.parametrize("shape", [(160, 160), (48, 48, 3), (1, 1), (300, 1), (3, 700)])
def test_blank_image_has_no_face(name, shape):
    assert DETECTORS[name](np.full(shape, 128, np.uint8)) == []
    assert [face.status for face in find_faces(np.full(shape, 128, np.uint8), detector=name)] == [WHOLE_IMAGE]


@pytest.mark.parametrize("name", FINDERS)
def test_faces_in_crops(crops, name):
    found = [find_faces(crop, detector=name) for crop in crops[:4]]
    assert [[face.status for face in faces] for faces in found] == [[FOUND]] * 4
    assert all(overlap(faces[0].box, (0, 0, 48, 48)) > 0.5 for faces in found)


def test_haar_has_a_lower_threshold_for_a_single_face(crops):
    found = [[DETECTORS["haar"](crop, single) for crop in crops] for single in (False, True)]
    few, many = (sum(map(bool, each)) for each in found)
    assert few < many


@pytest.mark.parametrize("shape", [(400, 200), (60, 40, 3)])
def test_whole_image_is_one_face(shape):
    height, width = shape[:2]
    (face,) = find_faces(np.zeros(shape, np.uint8), detector="whole")
    assert (face.status, np.isnan(face.score)) == (WHOLE_IMAGE, True)
    assert face.box == pytest.approx((MARGIN * width, MARGIN * height, (1 - MARGIN) * width, (1 - MARGIN) * height))


# -- the size of detection --------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("shape", "scale"), [
    ((48, 48), 2), ((48, 96, 3), 2), ((120, 150), 1), ((1, 150), 96),         # crops: the shorter side to 96
    ((151, 100), 2), ((600, 512, 3), 2), ((900, 800), 4 / 3), ((675, 1200), 1), ((1800, 1200), 1),  # photos: twice, to 1200
    ((1200, 100), 2), ((1200, 300), 1.5), ((600, 2400), 1),                   # wide ones to the area of 1200 x 675
    ((2400, 2400), 1), ((3600, 4800, 3), 0.5), ((4800, 4800), 0.5),           # and to 2400,
    ((600, 2430), 1), ((800, 7200), 0.75), ((600, 12000), 0.45 ** 0.5),       # or to the area of 2400 x 1350
])
def test_scale(shape, scale):
    assert compute_scale(shape, crop=96, photo=(1200, 2400)) == pytest.approx(scale)


@pytest.mark.parametrize(("shape", "scale"), [((600, 512), 2), ((2400, 2400), 1), ((4000, 3000), 0.8), ((12000, 9000), 0.8)])
def test_scale_has_a_least(shape, scale):
    assert compute_scale(shape, crop=96, photo=(1200, 2400), least=0.8) == pytest.approx(scale)


@pytest.mark.parametrize(("shape", "crop"), [((150, 150), True), ((48, 48, 3), True), ((151, 20), False)])
def test_a_crop_is_known_by_its_longer_side(shape, crop):
    assert is_crop(shape) is crop


def make_detector(seen, grey=False, **settings):
    """Return a detector that appends the shapes it gets to `seen`, and always finds the same two faces."""
    @at_scale(crop=96, photo=(1200, 2400), window=80, grey=grey, **settings)
    def detect(resized, single):
        seen.append((resized.shape, single))
        return [(1, (0, 0, 24, 48)), (np.float32(2.5), (12, 60, 36, 84))]
    return detect


@pytest.mark.parametrize(("shape", "resized", "scale"), [
    ((4800, 4800, 3), (2400, 2400, 3), 0.5), ((300, 400), (600, 800), 2), ((24, 48), (96, 192), 4)])
def test_boxes_are_in_pixels_of_the_image_whatever_the_size_of_detection(shape, resized, scale):
    seen = []
    found = make_detector(seen)(np.zeros(shape, np.uint8), single=True)
    assert seen == [(resized, True)]
    assert found == [(2.5, (12 / scale, 60 / scale, 36 / scale, 84 / scale)), (1.0, (0, 0, 24 / scale, 48 / scale))]


@pytest.mark.parametrize(("smallest", "resized"), [
    (None, (900, 1200)), (80, (600, 800)), (160, (300, 400)), (40, (1200, 1600)), (20, (2400, 3200))])
def test_the_smallest_face_of_interest_sets_the_size_of_detection(smallest, resized):
    seen = []
    make_detector(seen, part=4000)(np.zeros((600, 800), np.uint8), smallest=smallest)
    assert [shape for shape, _ in seen] == [resized]


def test_a_crop_is_resized_alike_whatever_the_smallest_face():
    seen = []
    make_detector(seen)(np.zeros((48, 48), np.uint8), smallest=200)
    assert seen == [((96, 96), False)]


@pytest.mark.parametrize("smallest", [19, 2001, 0, -5, float("nan"), "40"])
def test_a_smallest_face_out_of_range_is_refused(smallest, image):
    with pytest.raises(ParameterError, match=r"smallest face .* is not from 20 to 2000 pixels"):
        find_faces(image, smallest=smallest)


def test_faces_are_detected_in_parts_of_a_large_image_and_in_it_shrunk_by_half():
    seen = []
    found = make_detector(seen, smallest=80, part=1000)(np.zeros((1500, 1700), np.uint8))
    assert sorted(shape for shape, _ in seen) == sorted([(750, 850), *[(870, 970)] * 4])
    assert {(x, y) for _, (x, y, _, _) in found} >= {(0, 0), (730, 0), (0, 630), (730, 630)}


def test_a_face_in_two_parts_is_found_once():
    @at_scale(crop=96, photo=(100, 1000), window=80, smallest=80, part=1000)
    def detect(resized, single):
        y, x = np.nonzero(resized)
        return [(float(len(x)), (x.min(), y.min(), x.max() + 1, y.max() + 1))] if len(x) else []
    image = np.zeros((900, 1800), np.uint8)
    image[400:500, 850:950] = 255  # where both parts have it
    assert [box for _, box in detect(image)] == [(850, 400, 950, 500)]


@pytest.mark.parametrize("shape", [(300, 400), (300, 400, 3)])
def test_a_detector_of_grey_images_gets_grey(shape):
    seen = []
    make_detector(seen, grey=True)(np.zeros(shape, np.uint8))
    assert seen == [((600, 800), False)]


# -- what they need ---------------------------------------------------------------------------------------------------

def test_nothing_is_imported_before_it_is_used():
    code = "import sys, featfer.faces; print(*({'cv2', 'dlib', 'mtcnn', 'torch', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_hog_is_dlib_s():
    assert type(hog._load_detector()).__module__.startswith(("_dlib", "dlib"))


def test_another_mmod_model_is_refused(fresh, image, tmp_path, monkeypatch):
    monkeypatch.setenv(dlib_models.MODELS_VARIABLE, str(tmp_path))
    (tmp_path / mmod.DETECTOR_FILE).write_bytes(b"another model")
    with pytest.raises(MissingError, match=rf"{mmod.DETECTOR_FILE}: sha256 is .*, not 4cb19393e2fbaf2b\.\.\."):
        find_faces(image, detector="mmod")


def test_haar_without_opencv(fresh, image, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingError, match=r"OpenCV cannot be imported .*: pip install .*\[video\]'"):
        find_faces(image, detector="haar")


@pytest.mark.parametrize("parts", [
    {}, {"CascadeClassifier": object}, {"data": SimpleNamespace(haarcascades="/nowhere/"), "CascadeClassifier": object}])
def test_haar_with_an_opencv_that_has_no_cascades(fresh, image, monkeypatch, parts):
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(__version__="5.0.0", **parts))
    with pytest.raises(MissingError, match=r"OpenCV 5\.0\.0 has no Haar cascades, 4\.x has: pip install .*\[video\]'"):
        find_faces(image, detector="haar")


def test_mtcnn_without_its_package(fresh, image, monkeypatch):
    monkeypatch.setitem(sys.modules, "mtcnn", None)
    with pytest.raises(MissingError, match=r"detector mtcnn: cannot import its package .*: pip install 'mtcnn\[tensorflow\]'"):
        find_faces(image, detector="mtcnn")


def test_mtcnn_gets_rgb_and_its_boxes_are_in_pixels_of_the_image(fresh, monkeypatch):
    shapes = []

    class MTCNN:
        def detect_faces(self, view):
            shapes.append(view.shape)
            return [{"box": [20, 40, 60, 80], "confidence": np.float64(0.8), "keypoints": {}},
                    {"box": [200, 40, 60, 80], "confidence": np.float64(0.99), "keypoints": {}}]
    monkeypatch.setitem(sys.modules, "mtcnn", SimpleNamespace(MTCNN=MTCNN))
    faces = find_faces(np.zeros((200, 250), np.uint8), detector="mtcnn")
    assert shapes == [(400, 500, 3)]
    assert [(face.status, face.score, face.box) for face in faces] == [
        (FOUND, 0.99, (100, 20, 130, 60)), (FOUND, 0.8, (10, 20, 40, 60))]
