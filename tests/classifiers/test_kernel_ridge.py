import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers import ViewAverage, make_classifier
from featfer.classifiers.kernel_ridge import KernelRidgeClassifier, kernel_ridge
from featfer.errors import ParameterError

pytestmark = pytest.mark.usefixtures("one_thread")


def test_scikit_learns_own_checks():
    why = {"check_sample_weight_equivalence_on_dense_data": "computes in float32"}
    check_estimator(KernelRidgeClassifier(), expected_failed_checks=why, on_skip=None)


def test_probabilities_are_scikit_learns_ridge_from_3_percent(clouds):
    X, y = clouds
    targets = np.eye(4)[y]
    theirs = KernelRidge(alpha=0.5, kernel="rbf", gamma=0.03).fit(X[:600], targets[:600] - targets[:600].mean(axis=0))
    expected = np.maximum(theirs.predict(X[600:]) + targets[:600].mean(axis=0), 0.03)
    assert (expected == 0.03).mean() > 0.1
    expected /= expected.sum(axis=1, keepdims=True)
    ours = KernelRidgeClassifier(alpha=0.5, gamma=0.03).fit(X[:600], y[:600])
    np.testing.assert_allclose(ours.predict_proba(X[600:]), expected, atol=1e-4)


def test_soft_labels_are_learnt_instead_of_labels(clouds):
    X, y = clouds
    soft_labels = 0.7 * np.eye(5)[y] + 0.3 * np.eye(5)[(y + 1) % 4]  # nobody sees the fifth
    soft = KernelRidgeClassifier(alpha=0.5).fit(X, y, soft_labels=soft_labels)
    hard, shifted = (KernelRidgeClassifier(alpha=0.5).fit(X, labels) for labels in (y, (y + 1) % 4))
    assert soft.classes_.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(soft.coef_, 0.7 * hard.coef_ + 0.3 * shifted.coef_, atol=1e-4)
    weights = np.arange(len(y)) % 2
    kept = KernelRidgeClassifier(alpha=0.5).fit(X, y, weights, soft_labels=soft_labels)
    half = KernelRidgeClassifier(alpha=0.5).fit(X[1::2], y[1::2], soft_labels=soft_labels[1::2])
    np.testing.assert_allclose(kept.predict_proba(X), half.predict_proba(X), atol=1e-4)


def test_it_learns_what_a_linear_classifier_cannot():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    y = (np.linalg.norm(X, axis=1) > 1.2).astype(int)
    assert kernel_ridge(alpha=0.01).fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.93


def test_a_row_of_weight_3_is_three_rows(clouds):
    X, y = clouds
    weights = np.arange(len(y)) % 4
    weighed = KernelRidgeClassifier(alpha=0.5).fit(X, y, weights)
    repeated = KernelRidgeClassifier(alpha=0.5).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighed.predict_proba(X), repeated.predict_proba(X), atol=2e-4)


def test_groups_of_one_row_change_nothing_and_of_equal_rows_are_one_row(clouds):
    X, y = clouds
    alone, single = (KernelRidgeClassifier().fit(X, y, groups=groups).predict_proba(X) for groups in (None, np.arange(len(X))))
    np.testing.assert_array_equal(alone, single)
    twice = KernelRidgeClassifier().fit(np.repeat(X, 2, axis=0), np.repeat(y, 2), groups=np.repeat(np.arange(len(X)), 2))
    np.testing.assert_allclose(twice.predict_proba(X), alone, atol=1e-4)


def test_views_of_a_face_are_a_group(clouds):
    X, y = clouds
    side_by_side = np.hstack([X, X[:, ::-1]])
    pipeline = make_classifier("kernel-ridge", pca=5)
    fitted = ViewAverage(pipeline, 2, 2).fit(side_by_side, y).estimator_[-1]
    components = ViewAverage(pipeline, 2, 2).fit(side_by_side, y).estimator_[0]
    rows = components.transform(side_by_side.reshape(-1, 20).astype(np.float32))
    expected = KernelRidgeClassifier(compact="float16").fit(rows, np.repeat(y, 2), groups=np.repeat(np.arange(len(X)), 2))
    np.testing.assert_allclose(fitted.coef_, expected.coef_, atol=1e-5)
    assert np.array_equal(fitted.coef_[::2], fitted.coef_[1::2])


def test_rows_of_a_group_that_are_apart_are_refused(clouds):
    with pytest.raises(ValueError, match="the rows of a group do not follow each other"):
        KernelRidgeClassifier().fit(clouds[0][:4], [0, 1, 0, 1], groups=[0, 1, 0, 1])


@pytest.mark.parametrize(("compact", "times"), [("float16", 2), ("int8", 4)])
def test_compact_keeps_few_bytes_and_the_predictions(clouds, compact, times):
    whole, packed = (KernelRidgeClassifier(compact=kind).fit(*clouds) for kind in (None, compact))
    assert packed.support_vectors_.nbytes * times == whole.support_vectors_.nbytes
    np.testing.assert_allclose(packed.predict_proba(clouds[0]), whole.predict_proba(clouds[0]), atol=0.06)


@pytest.mark.parametrize("params", [{"alpha": 0}, {"alpha": float("nan")}, {"compact": "int4"}])
def test_bad_parameters_are_refused(clouds, params):
    with pytest.raises(ValueError, match=next(iter(params))):
        KernelRidgeClassifier(**params).fit(*clouds)


def test_a_kernel_larger_than_the_memory_is_refused(clouds, monkeypatch):
    monkeypatch.setattr("featfer.classifiers.kernel_ridge.find_memory_size", lambda: 2**20)
    with pytest.raises(ParameterError, match=r"the kernel of 900 rows takes 0\.0 GiB, and this machine has 0\.0 GiB; train on"):
        KernelRidgeClassifier().fit(*clouds)
