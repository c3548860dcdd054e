import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from featfer.classifiers.wrappers.blend import Blend
from featfer.errors import ParameterError


@pytest.fixture(scope="module")
def clouds():
    return make_classification(600, 12, n_informative=8, n_classes=3, random_state=0)


@pytest.fixture(scope="module")
def members(clouds):
    """Two classifiers, of the first and the last eight columns, fitted on the first 300 rows."""
    X, y = clouds
    return [LinearDiscriminantAnalysis().fit(X[:300, at], y[:300]) for at in (slice(0, 8), slice(4, 12))]


COLUMNS = [slice(0, 8), np.arange(4, 12)]


@pytest.mark.parametrize(("weights", "fractions"), [(None, (0.5, 0.5)), ([3, 1], (0.75, 0.25))])
def test_vote_is_the_mean_of_the_members(clouds, members, weights, fractions):
    X, _ = clouds
    first, second = members[0].predict_proba(X[:, :8]), members[1].predict_proba(X[:, 4:])
    found = Blend(members, COLUMNS, weights=weights).predict_proba(X)
    np.testing.assert_allclose(found, fractions[0] * first + fractions[1] * second)


def test_stack_is_not_misled_by_a_member_that_knows_nothing(clouds, members):
    X, y = clouds
    blind = LinearDiscriminantAnalysis().fit(X[:300, :8], np.random.default_rng(0).permutation(y[:300]))
    stack = Blend([blind, members[1]], COLUMNS, how="stack").fit(X[300:450], y[300:450])
    assert stack.score(X[450:], y[450:]) >= members[1].score(X[450:, 4:], y[450:]) - 0.05
    assert blind.score(X[450:, :8], y[450:]) < 0.5


def test_a_stack_of_many_members_on_few_rows_is_weaker_than_one_of_two_on_many():
    X, y = make_classification(1500, 12, n_informative=4, n_classes=3, class_sep=0.7, random_state=1)
    known = [LinearDiscriminantAnalysis().fit(X[at:at + 60], y[at:at + 60]) for at in range(0, 900, 60)]
    many = Blend(known, [slice(None)] * len(known), how="stack").fit(X[900:960], y[900:960])
    two = Blend(known[:2], [slice(None)] * 2, how="stack").fit(X[900:], y[900:])
    assert many.stack_.C < two.stack_.C
    strong = LogisticRegression(max_iter=2000).fit(many.log_probabilities(X[900:960]), y[900:960])
    assert log_loss(y[960:], many.predict_proba(X[960:])) < log_loss(
        y[960:], strong.predict_proba(many.log_probabilities(X[960:])))


def test_stack_is_fitted_when_it_was(clouds, members):
    from sklearn.utils.validation import _is_fitted
    assert _is_fitted(Blend(members, COLUMNS))
    assert not _is_fitted(Blend(members, COLUMNS, how="stack"))
    assert _is_fitted(Blend(members, COLUMNS, how="stack").fit(*clouds))


@pytest.mark.parametrize(("params", "message"), [
    ({"how": "cast"}, "how 'cast' is none of vote, stack"), ({"weights": [1.0]}, r"weights \[1.0\] for 2 members"),
    ({"weights": [0, 0]}, "not all 0"), ({"weights": [2, -1]}, "0 or more")])
def test_parameter_that_cannot_be_is_named(clouds, members, params, message):
    with pytest.raises(ParameterError, match=message):
        Blend(members, COLUMNS, **params).predict_proba(clouds[0])


def test_members_of_other_classes_are_an_error(clouds, members):
    X, y = clouds
    other = LinearDiscriminantAnalysis().fit(X[:, :8], y == 1)
    with pytest.raises(ParameterError, match=r"different classes: \[False, True\]; \[0, 1, 2\]"):
        Blend([other, members[1]], COLUMNS).predict_proba(X)
