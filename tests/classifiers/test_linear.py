import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression as Reference
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers.linear import LinearSVM, MultinomialLogistic


def known_to_fail(estimator):
    """What scikit-learn's own checks ask of sample weights more exactly than float32 allows; see the test below."""
    return {"check_sample_weight_equivalence_on_dense_data": "computes in float32"}


@pytest.mark.parametrize("estimator", [LinearSVM(C=1.0), MultinomialLogistic(C=1.0)], ids=repr)
def test_scikit_learns_own_checks(estimator):
    check_estimator(estimator, expected_failed_checks=known_to_fail(estimator), on_skip=None)


@pytest.mark.parametrize("C", [0.01, 1.0])
def test_logistic_regression_is_scikit_learns(clouds, C):
    X, y = clouds
    ours, theirs = MultinomialLogistic(C, tolerance=1e-5).fit(X, y), Reference(C=C, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=5e-3)


def test_linear_svm_is_liblinears(clouds):
    X, y = clouds
    ours, theirs = LinearSVM(0.1, tolerance=1e-5).fit(X, y), LinearSVC(C=0.1, intercept_scaling=100.0).fit(X, y)
    np.testing.assert_allclose(ours.scores(X), theirs.decision_function(X), atol=0.02)


@pytest.mark.parametrize("kind", [LinearSVM, MultinomialLogistic])
def test_linear_keeps_float32_and_finds_the_clouds(kind):
    X, y = make_blobs(300, centers=5, n_features=6, random_state=0)
    model = kind(C=0.1).fit(X, y)
    assert model.coef_.dtype == model.intercept_.dtype == np.float32
    assert model.coef_.shape == (5, 6)
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize("kind", [LinearSVM, MultinomialLogistic])
def test_more_iterations_are_not_made_than_asked_for(clouds, kind):
    assert kind(C=1.0, iterations=3).fit(*clouds).n_iter_ == 3


@pytest.mark.parametrize("C", [0, -1.0])
def test_price_that_cannot_be_is_named(clouds, C):
    with pytest.raises(ValueError, match=f"C={C} is not above 0"):
        MultinomialLogistic(C).fit(*clouds)


def test_one_class_is_an_error():
    with pytest.raises(ValueError, match="2 classes at least; this has 1 class: 3"):
        LinearSVM().fit(np.zeros((4, 2)), [3, 3, 3, 3])


@pytest.mark.parametrize("kind", [LinearSVM, MultinomialLogistic])
def test_a_row_of_weight_3_is_three_rows(clouds, kind):
    X, y = clouds
    weights = np.arange(len(y)) % 4
    weighed, repeated = kind(0.1).fit(X, y, weights), kind(0.1).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighed.predict_proba(X), repeated.predict_proba(X), atol=2e-3)
    assert np.abs(weighed.predict_proba(X) - kind(0.1).fit(X, y).predict_proba(X)).max() > 0.01
