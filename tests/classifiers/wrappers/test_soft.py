import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers.wrappers.soft import SoftLabels


def test_scikit_learns_own_checks():
    check_estimator(SoftLabels(LogisticRegression()), on_skip=None)


@pytest.fixture
def voted():
    """Rows at two places, their likeliest labels, and their soft labels of 0, 1 and 2."""
    X = np.repeat(np.eye(2, dtype=np.float32), 50, axis=0)
    soft_labels = np.where(X[:, :1], [[0.7, 0.0, 0.3]], [[0.1, 0.0, 0.9]])
    return X, soft_labels.argmax(axis=1), soft_labels


def test_probabilities_are_the_soft_labels(voted):
    X, y, soft_labels = voted
    model = SoftLabels(DecisionTreeClassifier()).fit(X, y, soft_labels)
    assert model.classes_.tolist() == [0, 2]
    np.testing.assert_allclose(model.predict_proba(np.eye(2)), [[0.7, 0.3], [0.1, 0.9]], atol=1e-9)
    assert model.predict(np.eye(2)).tolist() == [0, 2]


def test_without_soft_labels_the_labels_are_learnt(voted):
    X, y, _ = voted
    np.testing.assert_allclose(SoftLabels(DecisionTreeClassifier()).fit(X, y).predict_proba(np.eye(2)), np.eye(2))


def test_weights_of_rows_are_kept(voted):
    X, y, soft_labels = voted
    X, soft_labels = np.ones_like(X), np.repeat(np.eye(3)[:2], 50, axis=0)
    model = SoftLabels(DecisionTreeClassifier()).fit(X, y, soft_labels, sample_weight=np.repeat([3.0, 1.0], 50))
    np.testing.assert_allclose(model.predict_proba(X[:1]), [[0.75, 0.25]])
