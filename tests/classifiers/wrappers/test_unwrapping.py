import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from featfer.classifiers import ViewAverage, make_classifier
from featfer.classifiers.wrappers.balance import Balanced
from featfer.classifiers.wrappers.blend import Blend
from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.prior import PriorCorrected
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.classifiers.wrappers.unwrapping import describe_classifier, is_balanced, make_untrained, unwrap
from featfer.errors import ParameterError

PLAIN = LogisticRegression()


def wrap(classifier):
    """Return a classifier in all that is put around a trained one."""
    return Relabelled(PriorCorrected(Calibrated(classifier), np.ones(2), np.ones(2)), [0, 1])


@pytest.mark.parametrize("classifier", [
    PLAIN, wrap(PLAIN), CalibratedClassifierCV(FrozenEstimator(PLAIN)), FrozenEstimator(PLAIN)])
def test_the_classifier_inside_is_found(classifier):
    assert unwrap(classifier) is PLAIN


def test_a_calibration_that_trains_its_classifier_stays():
    classifier = CalibratedClassifierCV(PLAIN)
    assert unwrap(classifier) is classifier


@pytest.mark.parametrize(("classifier", "words"), [
    (None, "no classifier"), (PLAIN, "LogisticRegression"), (make_classifier("svm"), "RBFSVM"),
    (wrap(Blend([make_classifier("mlp"), wrap(PLAIN)], [[0], [0]])), "vote of MLP, LogisticRegression"),
    (ViewAverage(make_classifier("knn"), 2, 2), "KNeighborsClassifier"), (Balanced(PLAIN), "Balanced LogisticRegression"),
    (CoarseToFine(PLAIN), "CoarseToFine LogisticRegression")])
def test_a_classifier_in_words(classifier, words):
    assert describe_classifier(classifier) == words


def test_an_untrained_copy_forgets_what_was_learnt():
    trained = LogisticRegression(C=3).fit([[0.0], [1.0]], [0, 1])
    made = make_untrained(wrap(trained))
    assert made.C == 3 and made is not trained
    with pytest.raises(NotFittedError):
        made.predict([[0.0]])


def test_views_are_trained_on_the_columns_that_are_averaged():
    X = np.random.default_rng(0).normal(size=(20, 6))
    made = make_untrained(ViewAverage(PLAIN, views=1, averaged=2)).fit(X, np.arange(20) % 2)
    assert made.predict_proba(X).shape == (20, 2)


@pytest.mark.parametrize(("classifier", "message"), [
    (Blend([PLAIN, PLAIN], [[0], [0]], how="stack"), "^a stack of LogisticRegression, LogisticRegression cannot be fitted"),
    (None, "^classifier None: give a name such as 'svm'"), (SVC(), r"^classifier SVC\(\): give a name")])
def test_what_cannot_be_trained_is_told(classifier, message):
    with pytest.raises(ParameterError, match=message):
        make_untrained(classifier)


@pytest.mark.parametrize(("classifier", "expected"), [
    (PLAIN, False), (LogisticRegression(class_weight="balanced"), True), (LogisticRegression(class_weight={0: 2}), False),
    (Balanced(PLAIN), True), (make_classifier("svm", class_weight="balanced"), True), (make_classifier("svm"), False)])
def test_balance_is_found(classifier, expected):
    assert is_balanced(classifier) is expected
