"""Features of enlarged faces: other keys than without enlargement, and the same enlargement in prediction."""

import json
from importlib.resources import files

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.superresolved import save_generator

from featfer.bundle.persist import load, save
from featfer.errors import BundleError, ParameterError
from featfer.explaining import explain
from featfer.extraction.run import extract
from featfer.faces import find_faces
from featfer.features import find_detection_settings, make_features, restore_feature
from featfer.features.base import upgraded
from featfer.images.pixels import resize
from featfer.labels import FER7
from featfer.recognizer import Recognizer
from featfer.store.opening import open_table
from featfer.superres import Enlargement
from featfer.training.blend import blend
from featfer.training.classifier import train
from featfer.utils import fitted_files

MADE_OF = {"embedding", "crop:64"}


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return save_generator(tmp_path_factory.mktemp("generator") / "small.npz")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, fer_rows, generator):
    """(an SVM on crops of 64 pixels cut from enlarged images, its card, its table, the store, the csv)."""
    folder = tmp_path_factory.mktemp("enlarged")
    csv = write_csv(folder / "fer2013.csv", fer_rows)
    features = make_features("crop:64", superres=generator)
    extract(csv, folder / "store", features, jobs=1)
    table = open_table(folder / "store", features)
    return *train(table, "svm"), table, folder / "store", csv


@pytest.mark.parametrize("name", sorted(MADE_OF))
def test_keys_differ_by_what_enlarges(name, generator, tmp_path):
    other = save_generator(tmp_path / "other.npz", seed=1)
    ways = [{}, *({"superres": model} for model in ("bicubic", "lanczos", generator, other)),
            {"superres": generator, "precision": "bf16"}]
    keys = [make_features(name, **way)[0].key for way in ways]
    assert len(set(keys)) == len(keys)
    assert make_features(name, superres="none")[0].key == keys[0]


def test_keys_are_as_they_were_without():
    card = json.loads((files("featfer_models") / "svm.json").read_text())
    feature, = make_features("embedding")
    assert [feature.fingerprint] == [upgraded(fingerprint) for fingerprint in card["features"]]
    assert card["features"][0]["faces"] == {"detector": "hog", "version": 1}


def test_a_generator_is_known_by_its_content_not_its_name(generator, tmp_path):
    copy = tmp_path / "copy.npz"
    copy.write_bytes(generator.read_bytes())
    one, other = (make_features("crop", superres=path)[0] for path in (generator, copy))
    assert one.key == other.key and str(generator) not in json.dumps(one.fingerprint)
    assert restore_feature(one.fingerprint).key == one.key


def test_an_enlargement_of_another_version_is_refused():
    fingerprint = make_features("crop", superres="bicubic")[0].fingerprint
    fingerprint["faces"]["superres"]["version"] = 0
    with pytest.raises(BundleError, match="train again"):
        restore_feature(fingerprint)


def test_faces_are_detected_in_the_enlarged_image(crops, generator):
    enlarge = Enlargement(generator).enlarge_small
    face, = find_faces(crops[0], enlarge=enlarge)
    np.testing.assert_array_equal(face.crop(), enlarge(crops[0]))
    np.testing.assert_array_equal(face.pixels, enlarge(crops[0]))
    assert face.is_crop and face.scale == 4
    left, top, right, bottom = face.box
    assert -12 <= left < right <= 60 and -12 <= top < bottom <= 60  # in pixels of the image as it was
    assert 0 < face.points(5).min() < face.points(5).max() < 48
    np.testing.assert_array_equal(face.crop_matrix(), np.diag([4, 4, 1]))


def test_bicubic_enlargement_finds_the_same_faces(crops):
    enlarge = Enlargement("bicubic").enlarge_small
    for image in crops[:6]:
        plain, enlarged = find_faces(image)[0], find_faces(image, enlarge=enlarge)[0]
        assert enlarged.status == plain.status
        np.testing.assert_allclose(enlarged.box, plain.box, atol=6)
        assert np.abs(enlarged.chip().astype(int) - plain.chip()).mean() < 25


@pytest.mark.parametrize("shape", [(20, 64), (16, 16), (64, 30)])
def test_small_images_of_any_shape_can_be_enlarged(crops, generator, shape):
    face, = find_faces(resize(crops[0], *shape), enlarge=Enlargement(generator).enlarge_small)
    assert face.chip().shape == (150, 150, 3)
    assert face.crop().shape == (4 * shape[0], 4 * shape[1])


def test_larger_images_are_not_enlarged(photo, generator):
    from featfer.images.pixels import read_image
    image = read_image(photo)
    plain, enlarged = find_faces(image), find_faces(image, enlarge=Enlargement(generator).enlarge_small)
    assert [face.box for face in plain] == [face.box for face in enlarged]


def test_a_recognizer_predicts_the_same_as_from_its_table(learnt, fer_rows):
    recognizer, _, table, *_ = learnt
    expected = recognizer.probabilities(table.features)
    for row in (0, 20, 41):
        seen, = recognizer.predict(fer_rows[row][1])[0]
        np.testing.assert_allclose(list(seen.probabilities.values()), expected[row], atol=1e-4)
        assert seen.label == FER7.names[expected[row].argmax()]
    plain = Recognizer(recognizer.classifier, make_features("crop:64"), recognizer.label_set)
    assert plain.predict(fer_rows[0][1])[0][0].probabilities != recognizer.predict(fer_rows[0][1])[0][0].probabilities


def test_a_bundle_carries_its_generator(learnt, tmp_path, fer_rows):
    recognizer, card, *_ = learnt
    save(recognizer, tmp_path / "svm.joblib", card)
    expected = recognizer.predict(fer_rows[3][1])
    fitted_files._contents.clear()
    fitted_files._read.cache_clear()
    assert load(tmp_path / "svm.joblib").predict(fer_rows[3][1]) == expected


def test_an_explanation_uses_the_enlarged_face(learnt, tmp_path, fer_rows):
    from PIL import Image
    recognizer, *_ = learnt
    Image.fromarray(fer_rows[5][1]).save(tmp_path / "face.png")
    found = explain(recognizer, tmp_path / "face.png", tmp_path / "out")
    assert found.expression == recognizer.predict(fer_rows[5][1])[0][0]


def test_two_processes_store_the_same_as_one(learnt, generator, tmp_path):
    *_, table, _, csv = learnt
    features = make_features("crop:64", superres=generator)
    extract(csv, tmp_path / "store", features, jobs=2)
    np.testing.assert_array_equal(open_table(tmp_path / "store", features).features, table.features)


def test_different_enlargements_cannot_be_combined(learnt, generator):
    recognizer, card, _, store, csv = learnt
    mixed = [*make_features("crop:64", superres=generator), *make_features("crop:64")]
    with pytest.raises(ParameterError, match="crop, crop: features of images that were enlarged in different ways"):
        find_detection_settings(mixed)
    extract(csv, store, mixed[1:], jobs=1)
    other, its_card = train(open_table(store, mixed[1:]), "svm")
    with pytest.raises(ParameterError, match="enlarged in different ways"):
        blend([("one", recognizer, card), ("other", other, its_card)], lambda model: open_table(store, model.features))
    with pytest.raises(ParameterError, match="enlarged in different ways"):
        extract(csv, store, mixed)
