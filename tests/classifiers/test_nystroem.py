import numpy as np
import pytest
from sklearn.datasets import make_circles
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers.nystroem import Nystroem, nystroem


@pytest.fixture(scope="module")
def circles():
    X, y = make_circles(400, noise=0.05, factor=0.5, random_state=0)
    return X.astype(np.float32), y


def test_scikit_learns_own_checks():
    check_estimator(Nystroem(5, random_state=0), on_skip=None)


def test_dot_products_are_nearly_the_kernel(circles):
    X, _ = circles
    model = Nystroem(100, gamma=1.0, random_state=0).fit(X)
    columns = model.transform(X)
    np.testing.assert_allclose(columns @ columns.T, rbf_kernel(X, gamma=1.0), atol=0.02)


def test_gamma_scale_is_that_of_the_features(circles):
    X, _ = circles
    assert Nystroem(50).fit(3 * X).gamma_ == pytest.approx(1 / (2 * 9 * X.var()), rel=1e-4)


def test_a_linear_classifier_of_its_columns_separates_circles(circles):
    X, y = circles
    assert LinearSVC().fit(X[:200], y[:200]).score(X[200:], y[200:]) < 0.7
    assert nystroem(points=100).fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.98


def test_no_points_is_an_error(circles):
    with pytest.raises(ValueError, match="points=0 is not 1 or more"):
        Nystroem(0).fit(circles[0])
