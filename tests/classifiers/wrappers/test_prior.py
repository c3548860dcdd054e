"""Probabilities corrected for other shares of the classes, and shares estimated from a batch."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from featfer.classifiers.wrappers.prior import PriorCorrected, correct_prior, estimate_prior

HALF = np.array([0.5, 0.5])


def draw(shares, n, seed=0):
    """Return one feature (n, 1) and the classes (n,) of rows around -1 and 1, drawn with these shares."""
    rng = np.random.default_rng(seed)
    y = rng.choice(2, n, p=shares)
    return rng.normal(2 * y - 1)[:, None], y


def true_probabilities(x, shares):
    """Return what Bayes' theorem says of rows from `draw`."""
    weighed = norm.pdf(x, [-1, 1]) * shares
    return weighed / weighed.sum(axis=1, keepdims=True)


def test_corrected_probabilities_are_those_of_bayes_theorem():
    x, _ = draw(HALF, 50)
    for shares in ([0.9, 0.1], [0.02, 0.98], [1.0, 0.0]):
        np.testing.assert_allclose(correct_prior(true_probabilities(x, HALF), HALF, shares), true_probabilities(x, shares))
    np.testing.assert_allclose(correct_prior(true_probabilities(x, [0.9, 0.1]), [0.9, 0.1], HALF), true_probabilities(x, HALF))


def test_a_class_without_a_training_share_stays_impossible_and_a_row_without_any_is_the_prior():
    corrected = correct_prior(np.array([[0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]), [0.0, 0.5, 0.5], [0.6, 0.4, 0.0])
    np.testing.assert_allclose(corrected, [[0, 1, 0], [0.6, 0.4, 0]])


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_the_shares_of_a_batch_are_estimated(share):
    x, y = draw([share, 1 - share], 4000)
    estimated = estimate_prior(true_probabilities(x, HALF), HALF)
    assert estimated.sum() == pytest.approx(1)
    assert estimated[0] == pytest.approx((y == 0).mean(), abs=0.02)


def test_weights_count_as_repeated_rows():
    probabilities = true_probabilities(draw(HALF, 30)[0], HALF)
    weights = np.arange(30) % 3
    np.testing.assert_allclose(estimate_prior(probabilities, HALF, weights),
                               estimate_prior(np.repeat(probabilities, weights, axis=0), HALF), atol=1e-5)


def test_the_corrected_classifier_is_right_more_often_where_the_shares_are_others():
    estimator = LogisticRegression().fit(*draw(HALF, 4000))
    X, y = draw([0.95, 0.05], 4000, seed=1)
    corrected = PriorCorrected(estimator, HALF, np.array([0.95, 0.05]))
    assert corrected.score(X, y) == pytest.approx(0.95, abs=0.015)
    assert estimator.score(X, y) == pytest.approx(norm.cdf(1), abs=0.015)
    np.testing.assert_allclose(corrected.predict_proba(X).sum(axis=1), 1)
    assert corrected.classes_.tolist() == [0, 1]
