import numpy as np
import pytest
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers.local_svm import LocalSVM
from featfer.errors import ParameterError


@pytest.fixture(scope="module")
def rings():
    """Three concentric rings, which no line separates."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    angle, radius = rng.uniform(0, 2 * np.pi, 300), y + rng.normal(1, 0.1, 300)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32), y


def test_scikit_learns_own_checks():
    check_estimator(LocalSVM(k=30), on_skip=None)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_local_machines_separate_rings(rings, kernel):
    X, y = rings
    model = LocalSVM(k=20, C=10.0, kernel=kernel).fit(X[:200], y[:200])
    assert LinearSVC().fit(X[:200], y[:200]).score(X[200:], y[200:]) < 0.7
    assert model.score(X[200:], y[200:]) > 0.95


def test_with_all_rows_as_neighbours_it_is_one_svm(rings):
    X, y = rings
    X = X.astype(np.float16).astype(np.float32)
    ours, theirs = LocalSVM(k=300, C=1.0, kernel="rbf").fit(X, y), SVC(C=1.0, decision_function_shape="ovo").fit(X, y)
    votes = np.clip(theirs.decision_function(X[:20]), -1, 1)  # of the pairs 0 1, 0 2, 1 2
    expected = np.stack([votes[:, 0] + votes[:, 1], votes[:, 2] - votes[:, 0], -votes[:, 1] - votes[:, 2]], axis=1)
    np.testing.assert_allclose(ours.votes(X[:20]), expected, atol=1e-2)


def test_a_row_among_one_class_is_of_that_class(rings):
    X, y = rings
    model = LocalSVM(k=1).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), y)
    np.testing.assert_array_equal(model.votes(X[:3]), [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]])


def test_a_class_without_neighbours_loses():
    X, y = np.array([[0.0], [1.0], [2.0], [3.0], [50.0]]), [0, 0, 1, 1, 2]
    votes = LocalSVM(k=4, C=10.0).fit(X, y).votes(np.array([[0.5], [2.5]]))
    assert (votes.argmax(axis=1) == [0, 1]).all()
    np.testing.assert_allclose(votes[:, 2], -2)


def test_rows_are_kept_small(rings):
    assert LocalSVM().fit(*rings).rows_.dtype == np.float16


@pytest.mark.parametrize("params", [{"kernel": "poly"}, {"k": 0}, {"C": 0.0}])
def test_parameter_that_cannot_be_is_named(rings, params):
    (name, value), = params.items()
    with pytest.raises(ParameterError, match=f"{name}={value!r}"):
        LocalSVM(**params).fit(*rings)
