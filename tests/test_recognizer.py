import io
import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from featfer import face_model
from featfer.bundle.persist import load
from featfer.errors import BundleError, ParameterError, StoreError
from featfer.face_model import VersionWarning
from featfer.features import Embedding, Landmarks
from featfer.labels import FER6, FER7, POLARITY3
from featfer.recognizer import Recognizer
from featfer.training.classifier import train

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def recognizer(bundle):
    return load(bundle)


@pytest.fixture(scope="module")
def crop(crops):
    return crops[0]


@pytest.fixture(scope="module")
def of_photo(recognizer, photo):
    """The expressions in the photo."""
    return recognizer.predict(photo)[0]


@pytest.fixture(scope="module")
def of_crops(recognizer, crops):
    """The expressions in the first three crops, predicted one by one."""
    return [recognizer.predict(crop)[0][0] for crop in crops[:3]]


def alike(found, expected):
    """Say whether the expressions of some images are the same; rounding differs between a batch and a single image."""
    def plain(image):
        return [(face.label, face.box, face.status, face.score) for face in image]

    def shares(images):
        return [list(face.probabilities.values()) for image in images for face in image]
    return list(map(plain, found)) == list(map(plain, expected)) and np.allclose(shares(found), shares(expected), atol=1e-4)


def forms(photo):
    with Image.open(photo) as image:
        pixels = np.asarray(image)
    return {"str": str(photo), "Path": photo, "bytes": photo.read_bytes(), "BytesIO": io.BytesIO(photo.read_bytes()),
            "open file": open(photo, "rb"), "PIL": Image.open(photo), "array": pixels,
            "float array": pixels / 255, "RGBA array": np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])}


@pytest.mark.parametrize("form", ["str", "Path", "bytes", "BytesIO", "open file", "PIL", "array", "float array",
                                  "RGBA array"])
def test_predict_takes_an_image_in_any_form(recognizer, photo, of_photo, form):
    result = recognizer.predict(forms(photo)[form])
    assert len(result) == 1
    assert [face.as_dict() for face in result[0]] == [face.as_dict() for face in of_photo]


def test_predict_takes_grey_and_rgb_alike(recognizer, crop):
    grey, one_channel, rgb = (recognizer.predict(image)[0][0] for image in
                              (crop, crop[..., None], np.repeat(crop[..., None], 3, axis=2)))
    assert grey == one_channel
    assert grey.label == rgb.label
    assert list(grey.probabilities.values()) == pytest.approx(list(rgb.probabilities.values()), abs=1e-4)


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_predict_takes_many_images(recognizer, crops, photo, of_crops, of_photo, kind):
    result = recognizer.predict(kind([crops[0], photo, Image.fromarray(crops[1])]))
    assert alike(result, [[of_crops[0]], of_photo, [of_crops[1]]])


def test_predict_takes_a_stack(recognizer, crops, of_crops):
    assert alike(recognizer.predict(crops[:3]), [[face] for face in of_crops])


def test_predict_of_no_images_is_empty(recognizer):
    assert recognizer.predict([]) == []


def test_stream_reads_images_on_the_way(recognizer, crops, of_crops):
    def endless():
        while True:
            yield crops[0]
    stream = recognizer.stream(endless())
    assert alike([next(stream), next(stream)], [[of_crops[0]]] * 2)


def test_a_box_lies_around_the_face_in_the_photo(of_photo):
    assert len(of_photo) == 1
    left, top, right, bottom = of_photo[0].box
    assert 0 <= left < 275 < right <= 512
    assert 0 <= top < 220 < bottom <= 600
    assert of_photo[0].status == "found"
    assert of_photo[0].score > 0


def test_two_faces_are_two_expressions_best_first(recognizer, photo):
    with Image.open(photo) as image:
        pixels = np.asarray(image)
    faces = recognizer.predict(np.hstack([pixels, pixels[:, ::-1]]))[0]
    assert len(faces) == 2
    assert faces[0].score >= faces[1].score
    assert sorted(face.box[0] > 512 for face in faces) == [False, True]


def test_probabilities_sum_to_1_and_are_in_the_order_of_the_labels(of_photo):
    face = of_photo[0]
    assert tuple(face.probabilities) == FER7.names
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert face.probabilities[face.label] == max(face.probabilities.values())


def test_blend_begins_with_the_likeliest(of_photo):
    blend = of_photo[0].blend()
    assert blend[0] == (of_photo[0].label, max(of_photo[0].probabilities.values()))
    assert [p for _, p in blend] == sorted((p for _, p in blend), reverse=True)
    assert {name for name, _ in blend} == set(FER7.names)


def test_detector_is_chosen_by_name(recognizer, photo, of_photo):
    (by_haar,), = recognizer.predict(photo, detector="haar")
    (whole,), = recognizer.stream([photo], "whole")
    assert recognizer.predict(photo, "hog") == [of_photo]
    assert (by_haar.status, by_haar.label) == ("found", of_photo[0].label)
    assert by_haar.box != of_photo[0].box
    assert by_haar.box == pytest.approx(of_photo[0].box, abs=40)
    assert (whole.status, whole.score) == ("whole-image", None)
    assert whole.box == pytest.approx((30.7, 36, 481.3, 564), abs=0.06)


def test_unknown_detector_is_refused_before_anything_is_read(recognizer):
    with pytest.raises(ParameterError, match="detector 'cnn' is none of hog, mmod, haar, whole, mtcnn"):
        recognizer.stream(iter(["nowhere.jpg"]), "cnn")


def test_a_photo_with_exif_rotation_is_turned_upright(recognizer, photo, of_photo, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turn to the left
    with Image.open(photo) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    assert recognizer.predict(tmp_path / "turned.png") == [of_photo]


def test_landmarks_are_those_that_the_features_use(of_photo):
    landmarks = np.array(of_photo[0].landmarks)
    assert landmarks.shape == (5, 2)
    right, left = landmarks[:2].mean(axis=0), landmarks[2:4].mean(axis=0)
    np.testing.assert_allclose([left, right], [(222, 193), (306, 192)], atol=10)
    assert all(type(value) is float and value == round(value, 1) for point in of_photo[0].landmarks for value in point)


def test_landmarks_of_a_crop_are_in_its_own_pixels(of_crops):
    landmarks = np.array(of_crops[0].landmarks)
    assert (landmarks > 0).all()
    assert (landmarks < 48).all()


@pytest.mark.parametrize(("align", "count"), [("none", None), ("5", 5), ("68", 68)])
def test_landmarks_that_no_feature_uses_are_not_computed(crop, align, count):
    class Same:
        classes_ = np.arange(7)

        def predict_proba(self, X):
            return np.full((len(X), 7), 1 / 7)
    (face,), = Recognizer(Same(), [Embedding(align=align)], FER7).predict(crop)
    assert face.landmarks is None if count is None else len(face.landmarks) == count


def test_boxes_lie_within_the_image(recognizer, photo):
    pixels = np.asarray(Image.open(photo))
    for cut in (pixels[150:, :], pixels[:310, 190:], pixels[:, :350]):
        left, top, right, bottom = recognizer.predict(cut)[0][0].box
        assert 0 <= left < right <= cut.shape[1] and 0 <= top < bottom <= cut.shape[0]


def test_a_photo_from_memory_is_the_same_as_from_a_file(recognizer, crop, tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(crop).save(buffer, "PNG")
    (tmp_path / "crop.png").write_bytes(buffer.getvalue())
    assert recognizer.predict(buffer.getvalue()) == recognizer.predict(tmp_path / "crop.png") == recognizer.predict(crop)


def test_the_classifier_works_on_a_matrix(recognizer, made_table):
    rows = made_table.split("test")
    predicted = recognizer.classifier.predict(rows.features)
    assert (predicted == rows.labels).mean() > 0.8
    np.testing.assert_allclose(recognizer.classifier.predict_proba(rows.features), recognizer.probabilities(rows.features))


def test_images_and_stored_features_give_the_same_probabilities(small_table, crops):
    recognizer, _ = train(small_table, "svm")
    from_store = recognizer.probabilities(small_table.features[:8])
    from_images = [list(faces[0].probabilities.values()) for faces in recognizer.predict(crops[:8])]
    np.testing.assert_allclose(from_images, from_store, atol=1e-5)
    assert from_store.std(axis=0).max() > 0.005  # faces of one person, but different probabilities


def test_probabilities_follow_the_classes_of_the_classifier(small_table):
    class Chooses:
        classes_ = np.array([6, 2])

        def predict_proba(self, X):
            return np.tile([0.75, 0.25], (len(X), 1))
    expected = [0, 0, 0.25, 0, 0, 0, 0.75]
    assert Recognizer(Chooses(), [Embedding()], FER7).probabilities(np.zeros((1, 128))).tolist() == [expected]


def test_several_features_are_concatenated(crop, small_store):
    class Widths:
        classes_ = np.arange(7)

        def predict_proba(self, X):
            self.seen = X
            return np.full((len(X), 7), 1 / 7)
    widths = Widths()
    Recognizer(widths, [Landmarks(), Embedding(align="none")], FER7).predict(crop)
    assert widths.seen.shape == (1, 136 + 128)
    assert np.linalg.norm(widths.seen[0, 136:]) > 1


def test_accepts_the_features_it_was_trained_on(recognizer, small_table):
    assert recognizer.match_labels(small_table) is small_table


def test_refuses_another_alignment(recognizer, small_table):
    with pytest.raises(StoreError, match=r"its features are embedding .*'align': '68'.*; the model was trained on "
                                         r"embedding .*'align': '5'.*: extract those"):
        recognizer.match_labels(replace(small_table, fingerprints=[Embedding(align="68").fingerprint]))


def test_refuses_further_features(recognizer, small_table):
    prints = [Embedding().fingerprint, Landmarks().fingerprint]
    with pytest.raises(StoreError, match=r"its features are embedding .*; landmarks .*; the model was trained on embedding"):
        recognizer.match_labels(replace(small_table, fingerprints=prints))


def test_refuses_labels_that_cannot_be_mapped(recognizer, small_table):
    with pytest.raises(StoreError, match=r"labels polarity3 cannot be turned into fer7: there is no such map .*; the model "
                                         "knows fer7"):
        recognizer.match_labels(replace(small_table, label_set=POLARITY3))
    with pytest.raises(StoreError, match="its rows have no labels; the model knows fer7"):
        recognizer.match_labels(replace(small_table, label_set=None))


def test_maps_labels_to_its_own(recognizer, small_table):
    six = Recognizer(recognizer.classifier, recognizer.features, FER6).match_labels(small_table)
    assert six.label_set is FER6
    assert six.labels[:7].tolist() == [0, 0, 1, 2, 3, 4, 5]


def test_a_pickled_recognizer_gives_the_same_probabilities(recognizer, made_table, recwarn):
    again = pickle.loads(pickle.dumps(recognizer))
    np.testing.assert_array_equal(again.probabilities(made_table.features), recognizer.probabilities(made_table.features))
    assert not [w for w in recwarn if w.category is VersionWarning]


def saved_under(monkeypatch, recognizer, **others):
    """Return the recognizer's pickle, as written with other versions of libraries."""
    elsewhere = {**face_model.find_versions(), **others}
    with monkeypatch.context() as patch:
        patch.setattr(face_model, "find_versions", lambda: elsewhere)
        return pickle.dumps(Recognizer(recognizer.classifier, recognizer.features, recognizer.label_set))


def test_another_minor_version_warns(recognizer, monkeypatch):
    content = saved_under(monkeypatch, recognizer, numpy="1.17.3")
    with pytest.warns(VersionWarning, match=r"saved under numpy 1\.17\.3 \(here .*compare its predictions"):
        pickle.loads(content)


@pytest.mark.parametrize("others", [{"numpy": np.__version__.rpartition(".")[0] + ".99"}, {"pillow": "1.0"}])
def test_another_patch_or_another_library_does_not_warn(recognizer, monkeypatch, recwarn, others):
    pickle.loads(saved_under(monkeypatch, recognizer, **others))
    assert not [w for w in recwarn if w.category is VersionWarning]


def test_a_feature_of_another_version_is_refused(recognizer, monkeypatch):
    content = pickle.dumps(recognizer)
    monkeypatch.setattr(Embedding, "version", 99)
    with pytest.raises(BundleError, match="feature 'embedding' of version 1 is not what this featfer computes"):
        pickle.loads(content)

