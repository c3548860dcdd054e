"""Every kind of model in safe forms: what is read predicts the same as what was written."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from featfer import load
from featfer.affect import REGRESSORS, make_regressor
from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.safe import FORMS, read_safe
from featfer.classifiers import CLASSIFIERS, Objective, ViewAverage, make_classifier
from featfer.classifiers.wrappers.blend import Blend
from featfer.cnn import CNN
from featfer.errors import BundleError
from featfer.features import Embedding, make_features
from featfer.features.dlibnet.weights import SHAPES
from featfer.labels import FER6, FER7
from featfer.recognizer import Recognizer
from featfer.training.novelty import fit_novelty
from featfer.utils import fitted_files

QUICK = {"rf": {"trees": 5}, "boosting": {"max_iter": 4}, "mlp": {"epochs": 2, "hidden": 8}, "nystroem": {"points": 40},
         "local-svm": {"k": 40}}
STATED = {"angry": 1, "disgust": 0, "fear": 1, "happy": 2, "sad": 1, "surprise": 1, "neutral": 4}
SHIPPED = ("mlp", "small", "svm", "rf", "fer2013", "photos")


def reload(recognizer, form):
    """Write a recognizer in a form and read it again."""
    return read_safe(FORMS[form].write(recognizer), form)


def assert_same_predictions(recognizer, form, rows):
    """Assert that a recognizer predicts some rows the same, bit by bit, after it was written and read."""
    np.testing.assert_array_equal(reload(recognizer, form).predict_rows(rows), recognizer.predict_rows(rows))


@pytest.fixture(scope="module")
def trained(made_table):
    """A function from a classifier's name to a Recognizer with it, calibrated and quickly fitted."""
    def make(name, **params):
        train = made_table.split("train")
        classifier = make_classifier(name, **QUICK.get(name, {}), **params).fit(train.features, train.labels)
        calibrated = CalibratedClassifierCV(FrozenEstimator(classifier), method="temperature")
        return Recognizer(calibrated.fit(train.features, train.labels), [Embedding()], FER7)
    return make


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_predicts_as_before(trained, made_table, name, form):
    recognizer = trained(name)
    if name == "boosting" and form == ".safetensors":
        with pytest.raises(BundleError, match=r"_rng is a Generator, which safetensors do not carry; export it as \.skops"):
            FORMS[form].write(recognizer)
    else:
        assert_same_predictions(recognizer, form, made_table.features[:30])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("compact", [None, "float16", "int8"])
def test_compact_support_vectors_stay_compact(trained, made_table, form, compact):
    recognizer = trained("svm", pca=20, compact=compact)
    assert_same_predictions(recognizer, form, made_table.features[:30])
    svm = reload(recognizer, form).classifier.estimator.estimator[-1]
    assert svm.support_vectors_.dtype == (compact or "float32")


@pytest.mark.parametrize("form", FORMS)
def test_a_compact_mlp_stays_compact(trained, made_table, form):
    recognizer = trained("mlp", pca=20, compact="int8")
    assert_same_predictions(recognizer, form, made_table.features[:30])
    components, mlp = (step for _, step in reload(recognizer, form).classifier.estimator.steps)
    assert components.components_.dtype == mlp.weights_[0].dtype == np.int8


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("objective", [Objective("weights"), Objective("sampling"), Objective(coarse_to_fine=True),
                                       Objective(soft=True)], ids=str)
def test_every_objective_predicts_as_before(made_table, objective, form):
    train = made_table.split("train")
    classifier = objective.wrap(make_classifier("svm"), "svm", FER7).fit(train.features, train.labels)
    assert_same_predictions(Recognizer(classifier, [Embedding()], FER7), form, made_table.features[:30])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["vote", "stack"])
def test_blends_of_views_predict_as_before(made_table, form, how):
    rows = np.concatenate([made_table.features, made_table.features[:, ::-1]], axis=1)
    views = ViewAverage(make_classifier("logistic"), 2, 2).fit(rows, made_table.labels)
    other = make_classifier("lda").fit(made_table.features, made_table.labels)
    blend = Blend([views, other], [np.arange(256), slice(0, 128)], how).fit(rows, made_table.labels)
    assert_same_predictions(Recognizer(blend, [Embedding(), Embedding(view="flip")], FER7), form, rows[:30])


@pytest.mark.parametrize("form", FORMS)
def test_novelty_is_kept(trained, made_table, form):
    recognizer = trained("lda")
    assert reload(recognizer, form).novelty is None
    recognizer.novelty = fit_novelty(made_table)
    np.testing.assert_array_equal(reload(recognizer, form).novelty.score(made_table.features[:30]),
                                  recognizer.novelty.score(made_table.features[:30]))


@pytest.mark.parametrize("form", FORMS)
def test_a_corrected_prior_is_kept(trained, made_table, form):
    recognizer = trained("lda")
    assert reload(recognizer, form).prior is None
    recognizer.prior = dict.fromkeys(FER7.names, 1 / 7)
    corrected = recognizer.with_prior(STATED)
    assert_same_predictions(corrected, form, made_table.features[:30])
    assert reload(corrected, form).prior == corrected.prior == pytest.approx({name: s / 10 for name, s in STATED.items()})
    again = reload(corrected, form).with_prior("uniform")
    np.testing.assert_allclose(again.predict_rows(made_table.features), recognizer.predict_rows(made_table.features))
    assert_same_predictions(corrected.relabel(FER6), form, made_table.features[:30])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", [
    {"assumed": np.ones(6) / 6}, {"assumed": np.zeros(7)}, {"prior": np.full(7, np.nan)}, {"prior": np.full(7, 2.0)},
    {"prior": -np.ones(7)}, {"prior": [1 / 7] * 7}], ids=str)
def test_a_corrected_prior_whose_parts_do_not_fit_is_refused(trained, form, damage):
    recognizer = trained("lda")
    recognizer.prior = dict.fromkeys(FER7.names, 1 / 7)
    corrected = recognizer.with_prior(STATED)
    vars(corrected.classifier).update(damage)
    with pytest.raises(BundleError, match="holds parts that do not fit together: in PriorCorrected"):
        reload(corrected, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("prior", [{"happy": 1.0}, dict.fromkeys(FER7.names, -1.0), "uniform"], ids=str)
def test_a_prior_of_other_labels_is_refused(trained, form, prior):
    recognizer = trained("lda")
    recognizer.prior = prior
    with pytest.raises(BundleError, match="holds parts that do not fit together: its prior is none of its labels"):
        reload(recognizer, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", [
    {"width": 129}, {"width": 0}, {"channels": 3}, {"mean_": np.zeros(3, np.float32)}, {"distances_": np.float32([2, 1])},
    {"whitening_": np.full((129, 129), np.nan, np.float32)}, {"distances_": np.zeros(1, np.float32)}], ids=str)
def test_a_novelty_whose_parts_do_not_fit_is_refused(trained, made_table, form, damage):
    recognizer = trained("lda")
    recognizer.novelty = fit_novelty(made_table)
    vars(recognizer.novelty).update(damage)
    with pytest.raises(BundleError, match="holds parts that do not fit together: in Novelty"):
        reload(recognizer, form)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_novelty_is_refused(trained, form):
    recognizer = trained("lda")
    recognizer.novelty = FER7
    with pytest.raises(BundleError, match="a LabelSet where a Novelty belongs"):
        reload(recognizer, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", REGRESSORS)
def test_every_regressor_predicts_as_before(made_table, name, form):
    params = {"hidden": 8, "epochs": 3} if name == "mlp" else {}
    regressor = make_regressor(name, **params).fit(made_table.features, made_table.features[:, :2] / 5)
    recognizer = AffectRecognizer(regressor, [Embedding()], ("valence", "arousal"))
    if name == "mlp" and form == ".safetensors":
        with pytest.raises(BundleError, match=r"_random_state is a RandomState, which safetensors do not carry"):
            FORMS[form].write(recognizer)
        return
    assert_same_predictions(recognizer, form, made_table.features[:30])
    assert reload(recognizer, form).output_names == ("valence", "arousal")


@pytest.mark.parametrize("form", FORMS)
def test_networks_predict_as_before(form, one_thread):
    crops = np.random.default_rng(0).integers(0, 256, (28, 48 * 48)).astype(np.float32)
    cnn = CNN("groups9", "short", changes={"epochs": 1}, random_state=0).fit(crops, np.arange(28) % 7)
    assert_same_predictions(Recognizer(cnn, make_features("crop"), FER7), form, crops[:4])


def test_a_fitted_file_is_included(tmp_path, monkeypatch):
    np.savez(tmp_path / "backbone.npz", **{name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()})
    features = make_features("stage:256x2x2", network=str(tmp_path / "backbone.npz"))
    rows = np.random.default_rng(0).normal(size=(70, 1024)).astype(np.float32)
    recognizer = Recognizer(make_classifier("lda", pca=10).fit(rows, np.arange(70) % 7), features, FER7)
    for form in FORMS:
        content = FORMS[form].write(recognizer)
        monkeypatch.setattr(fitted_files, "_contents", {})  # as in another process
        found = read_safe(content, form).features[0]
        assert (found.network[:7], found.fingerprint) == ("sha256:", features[0].fingerprint)


def test_arrays_are_named_by_their_path(trained):
    import safetensors.numpy
    tensors = safetensors.numpy.load(FORMS[".safetensors"].write(trained("mlp")))
    assert tensors["classifier.estimator.estimator.steps.1.1.weights_.0"].shape == (128, 8)
    assert not any("calibrated_classifiers_" in name and "weights_" in name for name in tensors), "an array stands in it twice"


def test_a_skops_file_is_a_zip_of_arrays_and_json(tmp_path, trained):
    (tmp_path / "lda.skops").write_bytes(FORMS[".skops"].write(trained("lda")))
    with zipfile.ZipFile(tmp_path / "lda.skops") as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"npy", "json"}
        assert json.loads(archive.read("schema.json"))["__class__"] == "Recognizer"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_predict_as_before(name, form):
    recognizer = load(name)
    width = sum(feature.size for feature in recognizer.features)
    rows = np.maximum(np.random.default_rng(0).normal(size=(5, width)), 0).astype(np.float32)
    assert_same_predictions(recognizer, form, rows)


def test_loading_shipped_models_imports_no_safe_form():
    code = "import sys, featfer; featfer.load('mlp'); print(*{'skops', 'safetensors', 'onnx', 'onnxruntime'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []
