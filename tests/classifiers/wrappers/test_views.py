import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers import ViewAverage


def test_scikit_learns_own_checks():
    check_estimator(ViewAverage(LogisticRegression()), on_skip=None)


@pytest.fixture
def clouds():
    """Rows of two views side by side, (90, 2 x 4), of three classes."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    return np.tile(3 * rng.normal(size=(3, 4))[y], 2) + rng.normal(size=(90, 8)), y


def test_each_view_is_a_row(clouds):
    X, y = clouds
    expected = LinearDiscriminantAnalysis().fit(np.concatenate([X[:, :4], X[:, 4:]]).astype(np.float32), np.tile(y, 2))
    fitted = ViewAverage(LinearDiscriminantAnalysis(), views=2).fit(X, y)
    np.testing.assert_allclose(fitted.predict_proba(X[:, :4]), expected.predict_proba(X[:, :4]), atol=1e-4)


def test_probabilities_are_the_mean_over_the_views_given(clouds):
    X, y = clouds
    one, fitted = (ViewAverage(LinearDiscriminantAnalysis(), averaged=n).fit(X[:, :4], y) for n in (1, 2))
    alone = [one.predict_proba(X[:, at:at + 4]) for at in (0, 4)]
    np.testing.assert_allclose(fitted.predict_proba(X), np.mean(alone, axis=0), atol=1e-9)
    assert np.abs(alone[0] - alone[1]).max() > 0.01


def test_other_widths_are_refused(clouds):
    X, y = clouds
    with pytest.raises(ValueError, match="8 columns are not 3 views"):
        ViewAverage(LinearDiscriminantAnalysis(), views=3).fit(X, y)
    with pytest.raises(ValueError, match="expecting 4 features"):
        ViewAverage(LinearDiscriminantAnalysis(), views=2).fit(X, y).predict(X[:, :6])
