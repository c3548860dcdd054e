import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers.wrappers.coarse import CoarseToFine, encode_coarse

GROUPS = {0: "low", 1: "low", 3: "high", 4: "high"}


@pytest.mark.parametrize("groups", [None, {0: "low", 1: "low"}])
def test_scikit_learns_own_checks(groups):
    check_estimator(CoarseToFine(LogisticRegression(), groups), on_skip=None)


@pytest.fixture
def clouds():
    """Features (500, 4) and labels of five classes that overlap."""
    X, y = make_blobs(500, 4, centers=5, cluster_std=4, random_state=0)
    return X.astype(np.float32), y


def test_probability_is_that_of_the_coarse_class_times_that_within_it(clouds):
    X, y = clouds
    found = CoarseToFine(LinearDiscriminantAnalysis(), GROUPS).fit(X, y).predict_proba(X)
    coarse = LinearDiscriminantAnalysis().fit(X, np.array([0, 0, 1, 2, 2])[y]).predict_proba(X)
    low, high = (LinearDiscriminantAnalysis().fit(X[np.isin(y, pair)], y[np.isin(y, pair)]).predict_proba(X)
                 for pair in ((0, 1), (3, 4)))
    expected = np.column_stack([coarse[:, :1] * low, coarse[:, 1], coarse[:, 2:] * high])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("groups", [None, dict.fromkeys(range(5), "all")])
def test_one_level_is_the_flat_classifier(clouds, groups):
    X, y = clouds
    flat = LinearDiscriminantAnalysis().fit(X, y)
    np.testing.assert_allclose(CoarseToFine(LinearDiscriminantAnalysis(), groups).fit(X, y).predict_proba(X),
                               flat.predict_proba(X), atol=1e-6)


def test_weights_reach_both_levels(clouds):
    X, y = clouds
    weights = np.where(np.isin(y, (1, 4)), 20.0, 1.0)
    plain, weighed = (CoarseToFine(LogisticRegression(), GROUPS).fit(X, y, w).predict(X) for w in (None, weights))
    assert np.isin(weighed, (1, 4)).sum() > np.isin(plain, (1, 4)).sum() + 50


def test_groups_of_classes_without_rows_are_ignored(clouds):
    X, y = clouds
    model = CoarseToFine(LinearDiscriminantAnalysis(), GROUPS).fit(X[y != 1], y[y != 1])
    assert model.classes_.tolist() == [0, 2, 3, 4]
    assert model.predict_proba(X).shape == (500, 4)


def test_a_class_without_a_group_differs_from_a_group_of_its_name():
    assert encode_coarse(["a", "b", "c", "low"], {"a": "low", "c": "low"}) == [0, 1, 0, 2]
