import pickle

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from featfer.bundle.safe import FORMS, read_safe
from featfer.classifiers import ViewAverage, make_classifier
from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.evaluation.metrics import calibration_error, log_loss
from featfer.evaluation.scoring import remove_calibration
from featfer.exporting.onnx import make_onnx_model, run_onnx
from featfer.features import Embedding
from featfer.labels import FER7
from featfer.recognizer import Recognizer
from featfer.training.calibration import calibrate_on_val

QUICK = {"rf": {"trees": 10}, "mlp": {"epochs": 5, "hidden": 32}, "boosting": {"max_iter": 10}, "local-svm": {"k": 60}}
NAMES = ("svm", "logistic", "lda", "knn", "rf", "mlp", "boosting", "kernel-ridge", "local-svm")
SETS = ([1, 2, 3], [0, 2, 5, 6], [3, 6], [0, 1])


def clouds(labels, rows=240, noise=3.0):
    """Return features (rows, 128) and labels of overlapping clouds."""
    rng = np.random.default_rng(4)
    codes = np.arange(rows) % len(labels)
    X = rng.normal(size=(7, 128))[codes] + noise * rng.normal(size=(rows, 128))
    return X.astype(np.float32), np.array(labels)[codes]


def fit(name, labels, method="temperature", **kinds):
    """Fit a classifier on one half and calibrate it on the other; return both, and that half's features and labels."""
    X, y = clouds(labels, **kinds)
    half = len(y) // 2
    plain = make_classifier(name, **QUICK.get(name, {})).fit(X[:half], y[:half])
    return plain, Calibrated(plain, method).fit(X[half:], y[half:]), X[half:], y[half:]


@pytest.mark.parametrize("labels", SETS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_temperature_is_right_whatever_the_labels_are(name, labels):
    plain, calibrated, X, y = fit(name, labels)
    before, after, codes = plain.predict_proba(X), calibrated.predict_proba(X), np.searchsorted(labels, y)
    assert calibrated.classes_.tolist() == labels
    np.testing.assert_allclose(after.sum(axis=1), 1)
    np.testing.assert_allclose(after[np.arange(len(y)), before.argmax(axis=1)], after.max(axis=1))
    assert log_loss(codes, after) <= log_loss(codes, before)
    assert after.max(axis=1).mean() > 1 / len(labels) + 0.05


@pytest.mark.parametrize("method", ["temperature", "sigmoid"])
@pytest.mark.parametrize("labels", SETS, ids=str)
def test_the_numbers_of_labels_do_not_matter(labels, method):
    found = [fit("svm", of, method) for of in (labels, list(range(len(labels))))]
    np.testing.assert_array_equal(*(calibrated.predict_proba(X) for _, calibrated, X, _ in found))


def test_scikit_learn_s_own_temperature_is_kept_on_labels_that_it_takes():
    plain, calibrated, X, y = fit("svm", [0, 1, 2, 3], noise=5.0)
    theirs = CalibratedClassifierCV(FrozenEstimator(plain), method="temperature").fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X), theirs.predict_proba(X), atol=0.02)


@pytest.mark.parametrize("name", ["svm", "rf"])
def test_a_few_faces_that_are_all_right_do_not_make_it_certain(name):
    _, calibrated, X, y = fit(name, [1, 4], rows=48, noise=0.2)
    confidence = calibrated.predict_proba(X).max(axis=1)
    assert (calibrated.predict(X) == y).all()
    assert 0.9 < confidence.mean() < 0.99


@pytest.mark.parametrize("form", [*FORMS, ".joblib", ".onnx"])
@pytest.mark.parametrize(("name", "labels", "method"), [
    ("svm", [1, 2, 5], "temperature"), ("mlp", [2, 6], "temperature"), ("lda", [0, 4, 5], "sigmoid"),
    ("svm", [3, 4], "temperature")])
def test_it_is_saved_in_every_form(name, labels, method, form):
    plain, calibrated, X, _ = fit(name, labels, method)
    recognizer = Recognizer(calibrated, [Embedding()], FER7)
    if form == ".onnx":
        found = run_onnx(make_onnx_model(recognizer, "features"), X)
    else:
        again = pickle.loads(pickle.dumps(recognizer)) if form == ".joblib" else read_safe(FORMS[form].write(recognizer), form)
        found = again.probabilities(X)
        np.testing.assert_allclose(remove_calibration(again).probabilities(X)[:, labels], plain.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(found, recognizer.probabilities(X), atol=3e-5)
    assert not np.delete(found, labels, axis=1).any()


def test_calibration_of_older_bundles_can_be_removed():
    plain, _, X, y = fit("svm", [0, 1, 2, 3, 4, 5, 6])
    old = Recognizer(CalibratedClassifierCV(FrozenEstimator(plain), method="temperature").fit(X, y), [Embedding()], FER7)
    np.testing.assert_array_equal(remove_calibration(old).probabilities(X), plain.predict_proba(X))


def test_views_are_calibrated_too():
    X, y = clouds([2, 3, 5])
    views = ViewAverage(make_classifier("svm"), 1, 2).fit(X[:120], y[:120])
    both = np.concatenate([X, X], axis=1)
    calibrated = Calibrated(views).fit(both[120:], y[120:])
    codes = np.searchsorted([2, 3, 5], y[120:])
    errors = [calibration_error(codes, model.predict_proba(both[120:])) for model in (calibrated, views)]
    assert errors[0] < errors[1]


def test_a_classifier_without_scores_predicts_val_once_in_calibration(noisy_table, monkeypatch):
    classifier, passes = make_classifier("rf", 0, trees=10), []
    train = noisy_table.split("train")
    classifier.fit(train.features, train.labels)
    predict_proba = classifier.predict_proba
    monkeypatch.setattr(type(classifier), "predict_proba", lambda self, X: passes.append(len(X)) or predict_proba(X))
    found, about, _ = calibrate_on_val(classifier, noisy_table)
    assert about == {"calibrated_on": "val"} and isinstance(found, Calibrated)
    assert passes == [len(noisy_table.split("val"))]
