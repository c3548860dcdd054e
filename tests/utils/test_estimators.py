"""What featfer's own classifiers have in common."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.validation import validate_data

from featfer.classifiers.pipeline import make_pipeline
from featfer.classifiers.svm import RBFSVM
from featfer.utils.estimators import Estimator, LikeliestClassMixin, are_plain_rows, available_if, multiply, read_rows, softmax


class Given(LikeliestClassMixin, BaseEstimator):
    """Predicts the probabilities that it is given."""

    classes_ = np.array([2, 5, 7])

    def predict_proba(self, X):
        return X


class Scaled(Estimator):
    """Has parameters, learns the number of columns, and scores only if it is asked to."""

    def __init__(self, factor=1.0, inner=None, scores=False):
        self.factor = factor
        self.inner = inner
        self.scores = scores

    def fit(self, X, y=None):
        validate_data(self, X)
        return self

    @available_if(lambda self: self.scores)
    def score_rows(self, X):
        """Score."""
        return self.factor * X


class LightGiven(Given, Estimator):
    pass


@pytest.mark.parametrize("kind", [Given, LightGiven])
def test_the_likeliest_class_is_predicted_and_the_first_of_equal_ones(kind):
    given, rows = kind(), np.array([[0.1, 0.2, 0.7], [0.4, 0.4, 0.2], [0.0, 1.0, 0.0]])
    assert given.predict(rows).tolist() == [7, 2, 5]
    assert is_classifier(given) and get_tags(given).target_tags.required
    assert given.score(rows, [7, 5, 5]) == pytest.approx(2 / 3)


def test_parameters_are_listed_set_and_cloned_as_scikit_learn_does():
    estimator = Scaled(2.0, Scaled(3.0))
    assert estimator.get_params(deep=False) == {"factor": 2.0, "inner": estimator.inner, "scores": False}
    assert estimator.get_params()["inner__factor"] == 3.0
    assert estimator.set_params(factor=5.0, inner__factor=7.0) is estimator
    copy = clone(estimator)
    assert copy is not estimator and (copy.factor, copy.inner.factor) == (5.0, 7.0) and copy.inner is not estimator.inner
    with pytest.raises(ValueError, match="Invalid parameter 'factors'"):
        estimator.set_params(factors=1)


def test_it_shows_the_parameters_that_are_not_the_defaults():
    estimator = Scaled(inner=Scaled(3.0), scores=True)
    assert repr(estimator) == "Scaled(inner=Scaled(factor=3.0), scores=True)" and repr(Scaled()) == "Scaled()"
    assert "Scaled" in estimator._repr_html_() and "factor" in estimator_html_repr(estimator)
    assert pickle.loads(pickle.dumps(estimator)).get_params()["inner__factor"] == 3.0


def test_a_method_is_there_only_for_those_that_have_it():
    assert Scaled(2.0, scores=True).score_rows(np.array([3])) == [6] and Scaled.score_rows.__doc__ == "Score."
    assert not hasattr(Scaled(), "score_rows")
    with pytest.raises(AttributeError, match="this Scaled has no score_rows"):
        Scaled().score_rows(1)


def test_plain_rows_are_read_as_they_are_and_others_as_scikit_learn_reads_them():
    estimator, rows = Scaled().fit(np.ones((4, 3))), np.arange(6, dtype=np.float32).reshape(2, 3)
    assert read_rows(estimator, rows, np.float32) is rows and read_rows(estimator, rows, np.float64, np.float32) is rows
    assert read_rows(estimator, rows.tolist(), np.float32).dtype == np.float32
    assert read_rows(estimator, rows.astype(np.float64), np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="expecting 3 features"):
        read_rows(estimator, rows[:, :2])
    with pytest.raises(NotFittedError):
        read_rows(Scaled(), rows)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_rows_that_are_no_numbers_are_refused(wrong):
    estimator, rows = Scaled().fit(np.ones((4, 3))), np.ones((2, 3), np.float32)
    rows[1, 1] = wrong
    assert not are_plain_rows(rows, np.float32)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        read_rows(estimator, rows, np.float32)


def test_names_of_columns_are_compared():
    frame = pd.DataFrame(np.ones((4, 3)), columns=list("abc"))
    estimator = Scaled().fit(frame)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        read_rows(estimator, np.ones((2, 3)))
    with pytest.raises(ValueError, match="feature names"):
        read_rows(estimator, frame[["c", "b", "a"]])


def test_softmax_stands_large_scores():
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0, -1000.0], [0, np.log(3), -np.inf]])), [[0.5, 0.5, 0],
                                                                                                        [0.25, 0.75, 0]])


@pytest.mark.parametrize("by_columns", [False, True])
def test_products_of_a_few_rows_are_those_of_many(by_columns):
    rng = np.random.default_rng(0)
    rows, matrix = rng.normal(size=(9, 300)).astype(np.float32), rng.normal(size=(300, 7)).astype(np.float32)
    matrix = np.asfortranarray(matrix) if by_columns else matrix
    found = multiply(rows[:2], matrix)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, multiply(rows, matrix)[:2], atol=1e-4)
    np.testing.assert_allclose(found, rows[:2].astype(float) @ matrix, atol=1e-4)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.parametrize("make", [make_pipeline, sklearn.pipeline.make_pipeline])
def test_metadata_is_routed_to_what_asked_for_it(make, routing):
    X, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 3
    svm = RBFSVM().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    pipeline = clone(make(StandardScaler().set_fit_request(sample_weight=False), svm))
    fitted = pipeline.fit(X, y, sample_weight=(y != 2).astype(float))
    assert fitted.classes_.tolist() == [0, 1]
    assert np.isfinite(cross_val_score(pipeline, X, y, cv=3, params={"sample_weight": np.ones(60)})).all()
    assert np.isfinite(cross_val_score(make(StandardScaler(), RBFSVM()), X, y, cv=3)).all()


def test_what_was_not_asked_for_or_is_unknown_is_refused(routing):
    X, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 3
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
        sklearn.pipeline.make_pipeline(RBFSVM()).fit(X, y, sample_weight=np.ones(60))
    with pytest.raises(TypeError, match=r"RBFSVM\.fit has no parameter 'weights'"):
        RBFSVM().set_fit_request(weights=True)
