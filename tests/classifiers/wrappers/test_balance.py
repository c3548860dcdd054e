import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers.wrappers.balance import Balanced, balance_weights, sample_balanced_rows


@pytest.mark.parametrize("how", ["weights", "sampling"])
def test_scikit_learns_own_checks(how):
    check_estimator(Balanced(LogisticRegression(), how, random_state=0), on_skip=None)


@pytest.fixture(scope="module")
def rare():
    """Two overlapping classes; the rare one has a twentieth of the rows."""
    return make_classification(1500, 8, n_informative=5, weights=[0.95], class_sep=0.6, random_state=2)


def test_weights_of_all_classes_have_the_same_sum():
    y = np.array(["a"] * 6 + ["b"] * 3 + ["c"])
    weights = balance_weights(y)
    assert [weights[y == name].sum() for name in "abc"] == pytest.approx([10 / 3] * 3)


def test_weights_keep_the_ratios_within_a_class():
    np.testing.assert_allclose(balance_weights([0, 0, 1, 2], [3.0, 1.0, 2.0, 0.0]), [2.25, 0.75, 3.0, 0.0])


def test_all_classes_get_as_many_rows_and_none_is_left_out():
    y = np.repeat([2, 0, 5], [10, 4, 3])
    rows = sample_balanced_rows(y, seed=0)
    times = np.bincount(rows, minlength=17)
    assert np.bincount(y[rows]).tolist() == [10, 0, 10, 0, 0, 10]
    assert times[:10].tolist() == [1] * 10
    assert sorted(times[10:14]) == [2, 2, 3, 3]
    assert sorted(times[14:]) == [3, 3, 4]


def test_rows_follow_the_seed():
    y = np.repeat([0, 1], [50, 20])
    first, again, other = (sample_balanced_rows(y, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert sorted(first) != sorted(other)


@pytest.mark.parametrize("how", ["weights", "sampling"])
def test_mean_recall_rises(rare, how):
    X, y = rare
    plain, balanced = (model.fit(X[:1000], y[:1000]).predict(X[1000:])
                       for model in (LogisticRegression(), Balanced(LogisticRegression(), how, random_state=0)))
    assert balanced_accuracy_score(y[1000:], balanced) > balanced_accuracy_score(y[1000:], plain) + 0.05


def test_weights_are_scikit_learns_balanced(rare):
    X, y = np.float32(rare[0]), rare[1]
    ours, theirs = (model.fit(X, y) for model in (Balanced(LogisticRegression()), LogisticRegression(class_weight="balanced")))
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)


def test_sampling_suits_a_classifier_without_weights(rare):
    X, y = rare
    counts = [model.fit(X, y).predict(X).sum()
              for model in (KNeighborsClassifier(30), Balanced(KNeighborsClassifier(30), "sampling", random_state=0))]
    assert counts[1] > 1.5 * counts[0]


def test_an_unknown_way_is_refused(rare):
    with pytest.raises(ValueError, match="how='often' is none of weights, sampling"):
        Balanced(LogisticRegression(), "often").fit(*rare)
