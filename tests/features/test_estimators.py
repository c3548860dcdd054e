"""Features and the detector of faces as scikit-learn estimators: parameters, input, names of columns, pipelines from pixels."""

import pickle
import time

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from helpers.superresolved import save_generator
from PIL import Image
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC
from sklearn.utils import estimator_checks, estimator_html_repr

import featfer
from featfer import (
    LBP,
    ActionUnits,
    Crop,
    Embedding,
    Enlargement,
    FaceDetector,
    Gabor,
    Geometry,
    Hog,
    ImageLoader,
    Landmarks,
    Pixels,
    Stage,
    find_faces,
)
from featfer.errors import DataError, MissingError, ParameterError
from featfer.features import FEATURES, find_detection_settings, make_features, restore_feature
from featfer.images.pixels import read_image

EACH = [kind for name, kind in FEATURES.items() if name != "bovw"]  # a bag of words needs a codebook
SMALL = "256x2x2"
# What scikit-learn checks on matrices of random numbers, which are no images; the same is tested on images below.
ON_MATRICES = {"check_estimators_dtypes", "check_pipeline_consistency", "check_estimator_sparse_tag", "check_estimators_pickle",
               "check_array_api_input", "check_f_contiguous_array_estimator", "check_transformer_general",
               "check_transformers_unfitted_stateless", "check_methods_sample_order_invariance",
               "check_methods_subset_invariance", "check_dict_unchanged", "check_fit_idempotent"}


@pytest.fixture(scope="module")
def astronaut():
    return str(pytest.importorskip("skimage").data_dir) + "/astronaut.png"


@pytest.fixture(scope="module")
def paths(tmp_path_factory, photo, astronaut):
    """Files of crops of two persons, four of each, in turn."""
    folder, files = tmp_path_factory.mktemp("two"), []
    for left, top in np.random.default_rng(0).integers(-8, 9, (4, 2)):
        for path, (x, y, side) in {photo: (170, 115, 210), astronaut: (170, 70, 120)}.items():
            files.append(str(folder / f"{len(files)}.png"))
            crop = (x + left, y + top, x + left + side, y + top + side)
            Image.open(path).convert("RGB").crop(crop).resize((64, 64)).save(files[-1])
    return files


@pytest.fixture(scope="module")
def labels(paths):
    return ["Hopper", "Collins"] * 4


@pytest.fixture(scope="module")
def faces(paths):
    return [find_faces(path)[0] for path in paths]


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return save_generator(tmp_path_factory.mktemp("generator") / "small.npz")


# -- parameters -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", EACH)
def test_a_clone_has_the_key(kind, generator):
    ways = [{}, {"superres": "srgan"}, {"superres": generator, "smallest": 40}, {"superres": Enlargement(generator, "bf16")},
            {"smallest": 60.5}, {"superres": "none"}]
    keys = [kind(**way).key for way in ways]
    assert [clone(kind(**way)).key for way in ways] == keys
    assert len(set(keys)) == 5 and keys[0] == keys[5]
    assert [restore_feature(kind(**way).fingerprint).key for way in ways] == keys
    assert [pickle.loads(pickle.dumps(kind(**way))).key for way in ways] == keys


@pytest.mark.parametrize("kind", EACH)
def test_how_faces_are_found_is_in_the_key_as_make_features_has_it(kind, generator):
    for way in ({"superres": "bicubic", "smallest": 40}, {"superres": generator}):
        assert kind(**way).key == make_features(kind.name, **way)[0].key
        assert not {"superres", "smallest"} & set(kind(**way).fingerprint["params"])
        settings = find_detection_settings([kind(**way), make_features("hog", **way)[0]])
        assert settings["smallest"] == way.get("smallest")


def test_the_keys_are_those_of_stores_made_before():
    assert "stage-179cf8bdc22b1767" in Stage("128x8x8").earlier_keys
    assert "landmarks-be60634cbb7961a3" in Landmarks(superres="bicubic", smallest=40).earlier_keys


def test_features_that_were_pickled_before_are_read():
    def restore(**state):
        feature = Hog.__new__(Hog)
        feature.__setstate__({"cell": "16", "align": "5", "view": "plain", **state})
        return feature
    assert restore().key == Hog("16").key
    old = restore(enlargement=Enlargement("bicubic"), smallest=40)
    assert clone(old).key == old.key == Hog("16", superres="bicubic", smallest=40).key


def test_parameters_of_an_enlargement_can_be_varied():
    feature = Stage(SMALL, superres=Enlargement("srgan"))
    feature.set_params(superres__precision="bf16")
    assert feature.key == Stage(SMALL, superres=Enlargement("srgan", "bf16")).key != Stage(SMALL, superres="srgan").key
    assert repr(feature) == f"Stage(stage='{SMALL}', superres=Enlargement(model='srgan', precision='bf16'))"
    assert "bf16" in estimator_html_repr(feature)


def test_a_repr_shows_what_is_not_the_default():
    assert [repr(one) for one in (Stage("128x8x8/4x4"), Landmarks(smallest=40), FaceDetector(no_face="error"))] == [
        "Stage(stage='128x8x8/4x4')", "Landmarks(smallest=40)", "FaceDetector(no_face='error')"]


@pytest.mark.parametrize(("parameters", "words"), [
    ({"smallest": 3}, "smallest face 3 is not from 20 to 2000"), ({"smallest": "x"}, "smallest face 'x'"),
    ({"superres": "nothing"}, "superres: 'nothing' is no such file"), ({"superres": 42}, "superres: '42' is no such file"),
    ({"superres": Enlargement("srgan", "half")}, "precision 'half'"),
])
@pytest.mark.parametrize("kind", [Landmarks, Embedding, Hog, Crop, FaceDetector])
def test_bad_parameters_are_refused_when_they_are_used(kind, parameters, words, paths):
    estimator = clone(kind(**parameters))
    with pytest.raises(ParameterError, match=words):
        estimator.transform(paths[0])


@pytest.mark.parametrize(("feature", "words"), [
    (Stage(3), "'3' is none of"), (Stage(None), "'None' is none of"), (Stage(network=None), "network None is neither"),
    (Stage(view=3), "view 3 is none of"), (Embedding(align=None), "align None"), (Embedding(batch=0), "batch 0"),
    (featfer.BoVW(), "name a codebook"), (FaceDetector("eye"), "detector 'eye' is none of"),
    (FaceDetector(no_face="skip"), "no_face 'skip' is none of whole, error"),
])
def test_other_bad_parameters_are_refused(feature, words, paths):
    with pytest.raises(ParameterError, match=words):
        feature.transform(paths[0])


# -- faces and images -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("feature", [Landmarks(), Stage(SMALL), Hog(), ActionUnits(), Crop(), Embedding(backend="dlib")])
def test_the_rows_of_images_are_those_of_their_best_faces(feature, paths, faces, photo):
    found = feature.transform(paths)
    np.testing.assert_array_equal(found, feature.transform(faces))
    assert found.shape == (8, feature.size) and found.dtype == np.float32
    np.testing.assert_array_equal(feature.transform(str(photo)), feature.transform(find_faces(photo)[:1]))


FORMS = {
    "name": lambda paths: paths[0], "PIL": lambda paths: Image.open(paths[0]), "array": lambda paths: read_image(paths[0]),
    "Face": lambda paths: find_faces(paths[0])[0], "tuple": tuple, "iterator": iter, "array of str": np.array,
    "Series": pd.Series, "frame": lambda paths: pd.DataFrame({"p": paths}), "polars": lambda paths: pl.DataFrame({"p": paths}),
    "stack": lambda paths: np.stack([read_image(path) for path in paths]),
    "array of Faces": lambda paths: np.array([find_faces(path)[0] for path in paths], object),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_images_come_in_any_form(form, paths, faces):
    expected = Landmarks().transform(faces)
    found = Landmarks().transform(form(paths))
    np.testing.assert_array_equal(found, expected[:len(found)])
    assert len(found) in (1, 8)


def test_small_images_are_enlarged_as_the_feature_says(paths):
    shown = [find_faces(path, enlarge=Enlargement("bicubic").enlarge_small)[0] for path in paths]
    np.testing.assert_array_equal(Crop("96", superres="bicubic").transform(paths), Crop("96").transform(shown))
    assert (Crop("96", superres="bicubic").transform(paths) != Crop("96").transform(paths)).any()


def test_faces_smaller_than_the_smallest_are_not_found(photo):
    far = Image.new("RGB", (1300, 1300), "grey")
    far.paste(Image.open(photo).resize((107, 125)), (300, 300))
    [face], [other] = FaceDetector(smallest=40).transform(far), FaceDetector().transform(far)
    np.testing.assert_allclose(face.box, (337, 325, 379, 367), atol=9)
    assert other.status == "whole-image"
    np.testing.assert_array_equal(Landmarks(smallest=40).transform(far), Landmarks().transform([face]))


def test_many_images_are_read_some_at_a_time(paths, monkeypatch):
    monkeypatch.setattr("featfer.images.pixels.BATCH_IMAGES", 3)
    np.testing.assert_array_equal(Hog("16").transform(paths), np.concatenate([Hog("16").transform(path) for path in paths]))


@pytest.mark.parametrize("estimator", [Landmarks(), Embedding(), FaceDetector()])
@pytest.mark.parametrize(("other", "words"), [
    (42, "image 1 is of type int: give Faces alone, or file names, bytes, open binary files, PIL images or arrays"),
    (None, "image 1 is of type NoneType"), ([["a.jpg"]], "image 1 is of type list"), ({"a": 1}, "image 1 is of type dict"),
    (np.arange(3.0), "image 1 is of type float64"), (Landmarks(), "image 1 is of type Landmarks"),
])
def test_what_is_neither_a_face_nor_an_image_is_refused(estimator, other, words):
    with pytest.raises(ParameterError, match=words):
        estimator.transform(other)


def test_faces_and_images_are_not_mixed(faces, paths):
    with pytest.raises(ParameterError, match="image 2 is of type Face: give Faces alone, or"):
        Landmarks().transform([paths[0], faces[0]])


def test_an_unreadable_image_is_named(paths):
    with pytest.raises(DataError, match=r"nowhere\.jpg: no such file"):
        Landmarks().transform([*paths, "nowhere.jpg"])


@pytest.mark.parametrize("none", [[], (), np.array([]), pd.Series([], dtype=object), iter([])])
def test_no_images_give_no_rows(none):
    assert Landmarks().transform(none).shape == (0, 136)


# -- the detector -----------------------------------------------------------------------------------------------------

def test_the_detector_gives_the_best_face_of_each_image(photo, astronaut):
    found = FaceDetector().fit_transform([str(photo), Image.open(astronaut)])
    assert [face.box for face in found] == [find_faces(photo)[0].box, find_faces(astronaut)[0].box]
    assert FaceDetector().transform(found) == found
    assert FaceDetector("whole").transform(str(photo))[0].status == "whole-image"


def test_an_image_without_a_face_is_one_or_an_error(photo):
    blank = np.zeros((200, 200), np.uint8)
    assert [face.status for face in FaceDetector().transform([str(photo), blank])] == ["found", "whole-image"]
    with pytest.raises(DataError, match="image 2: no face found; no_face='whole' takes the whole image for one"):
        FaceDetector(no_face="error").transform([str(photo), blank])


def test_the_detector_enlarges_as_a_feature_does(paths):
    faces = FaceDetector(superres=Enlargement("bicubic")).transform(paths)
    np.testing.assert_array_equal(Crop("96").transform(faces), Crop("96", superres="bicubic").transform(paths))


# -- scikit-learn -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [*EACH, FaceDetector, ImageLoader])
def test_scikit_learns_checks_pass(kind, monkeypatch):
    def say_matrix(self, original=kind.__sklearn_tags__):
        tags = original(self)
        tags.input_tags.two_d_array = True  # otherwise scikit-learn makes none but the first of its checks
        return tags
    assert not kind().__sklearn_tags__().input_tags.two_d_array
    monkeypatch.setattr(kind, "__sklearn_tags__", say_matrix)
    done = []
    for check in estimator_checks._yield_all_checks(kind(), legacy=True):
        name = estimator_checks._check_name(check)
        if name not in ON_MATRICES:
            check(kind.__name__, kind())
            done.append(name)
    assert {"check_no_attributes_set_in_init", "check_do_not_raise_errors_in_init_or_set_params", "check_get_params_invariance",
            "check_parameters_default_constructible", "check_set_params", "check_fit_check_is_fitted"} < set(done)
    assert len(done) >= 22


@pytest.mark.parametrize("kind", EACH)
def test_a_transformer_keeps_its_state_and_the_order_of_its_rows(kind, faces):
    feature = kind()
    before, some = dict(vars(feature)), faces[:3]
    rows = feature.fit_transform(some)
    assert vars(feature) == before
    np.testing.assert_array_equal(feature.transform(some[::-1])[::-1], rows)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(feature)).transform(some), rows)


@pytest.mark.parametrize("kind", EACH)
def test_columns_have_names(kind, faces):
    feature = kind()
    names = feature.get_feature_names_out().tolist()
    assert len(names) == len(set(names)) == feature.size
    frame = feature.set_output(transform="pandas").transform(faces[:2])
    assert frame.columns.tolist() == names and frame.shape == (2, feature.size)
    assert kind().set_output(transform="polars").transform(faces[:2]).columns == names


def test_columns_are_called_by_what_they_are():
    assert ActionUnits().get_feature_names_out().tolist()[:5] == ["AU1", "AU2", "AU4", "AU5", "AU6/7"]
    assert Landmarks().get_feature_names_out().tolist()[:3] == ["x1", "y1", "x2"]
    assert Landmarks().get_feature_names_out()[-1] == "y68"
    assert [kind().get_feature_names_out()[0] for kind in (Embedding, Stage, Hog, LBP, Gabor, Geometry, Pixels, Crop)] == [
        "embedding_0", "stage_0", "hog_0", "lbp_0", "gabor_0", "geometry_0", "pixels_0", "crop_0"]


# -- pipelines --------------------------------------------------------------------------------------------------------

def make_model(*features):
    return make_pipeline(ImageLoader(), FaceDetector(), *(features or [Stage(SMALL)]), SVC())


def test_a_pipeline_from_pixels_tells_two_persons_apart(paths, labels):
    model = make_model().fit(paths[:4], labels[:4])
    assert model.score(paths[4:], labels[4:]) == 1
    expected = SVC().fit(Stage(SMALL).transform(paths[:4]), labels[:4]).predict(Stage(SMALL).transform(paths))
    for images in (paths, [Image.open(path) for path in paths], [read_image(path) for path in paths], pd.Series(paths),
                   pd.DataFrame({"path": paths}), np.array(paths)):
        assert model.predict(images).tolist() == expected.tolist()
    assert "FaceDetector" in estimator_html_repr(model)


def test_a_pipeline_gives_data_frames(paths):
    steps = make_model(ActionUnits())[:-1].set_output(transform="pandas")
    frame = steps.fit_transform(pd.Series(paths, index=range(10, 18)))
    assert frame.columns[0] == "AU1" == steps.get_feature_names_out()[0]
    assert frame.index.tolist() == list(range(10, 18))
    assert steps.set_output(transform="polars").transform(paths).columns == frame.columns.tolist()
    with sklearn.config_context(transform_output="pandas"):
        assert clone(make_model(ActionUnits())[:-1]).fit_transform(paths).shape == (8, 13)


def test_a_search_varies_stages_and_the_detector(paths, labels):
    grid = {"stage__stage": [SMALL, "128x8x8/2x2"], "facedetector__superres": [None, "bicubic"]}
    found = GridSearchCV(make_model(), grid, cv=2, error_score="raise").fit(paths, labels)
    assert found.best_score_ == 1
    assert len(found.cv_results_["params"]) == 4


@pytest.mark.slow
def test_folds_run_in_processes(paths, labels, faces):
    assert cross_val_score(make_model(Landmarks()), paths, labels, cv=2, n_jobs=2, error_score="raise").mean() > 0.7
    alone, together = (cross_val_score(make_pipeline(Hog("16"), SVC()), faces, labels, cv=2, n_jobs=jobs) for jobs in (1, 2))
    assert alone.tolist() == together.tolist()


def test_features_stand_side_by_side(paths):
    union = make_union(ActionUnits(), Landmarks())
    assert union.fit_transform(paths).shape == (8, 13 + 136)
    assert union.get_feature_names_out()[13] == "landmarks__x1"


@pytest.mark.parametrize("column", ["path", ["path"]])
def test_images_are_a_column_of_a_table(paths, column):
    table = pd.DataFrame({"path": paths, "sex": ["f"] * 8, "age": range(8)}, index=range(20, 28))
    columns = make_column_transformer((make_pipeline(ImageLoader(), FaceDetector(), ActionUnits()), column),
                                      (OneHotEncoder(sparse_output=False), ["sex"]), remainder="passthrough")
    assert columns.fit_transform(table).shape == (8, 13 + 1 + 1)
    frame = columns.set_output(transform="pandas").fit_transform(table)
    assert frame.columns[[0, -1]].tolist() == ["pipeline__AU1", "remainder__age"]
    assert frame.index.tolist() == table.index.tolist()
    np.testing.assert_array_equal(frame.iloc[:, :13], ActionUnits().transform(paths))


def test_steps_are_kept_in_a_memory(paths, labels, tmp_path, monkeypatch):
    model = make_pipeline(ImageLoader(), FaceDetector(), Hog("16"), SVC(), memory=joblib.Memory(tmp_path, verbose=0))
    model.fit(paths, labels)
    monkeypatch.setattr(Hog, "describe", lambda self, chip: pytest.fail("computed again"))
    assert clone(model).fit(paths, labels)[-1].support_.tolist() == model[-1].support_.tolist()


def test_a_fitted_pipeline_is_saved(paths, labels, tmp_path):
    model = make_model().fit(paths, labels)
    joblib.dump(model, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(again.decision_function(paths), model.decision_function(paths))


def test_rows_of_faces_cost_nothing_more(faces):
    """The gate looks at the types alone, in less than a millisecond for a thousand faces."""
    feature, many = Landmarks(), faces * 125
    feature.compute = lambda faces: np.zeros((len(faces), 136), np.float32)
    start = time.perf_counter()
    feature.transform(many)
    assert time.perf_counter() - start < 0.02


def test_missing_files_are_named(paths):
    with pytest.raises(MissingError, match=r"nowhere\.npz: cannot be read"):
        Stage(network="nowhere.npz").transform(paths)
