import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers import make_classifier
from featfer.classifiers import preprocessing as module
from featfer.classifiers.preprocessing import PrincipalComponents, make_preprocessing, pack_columns


@pytest.fixture(scope="module")
def wide():
    """Features (400, 120) with eight strong directions and a mean that is not 0."""
    rng = np.random.default_rng(0)
    strong = rng.normal(size=(400, 8)) * np.arange(10, 2, -1)
    return (strong @ rng.normal(size=(8, 120)) + rng.normal(size=(400, 120)) + 5).astype(np.float32)


@pytest.mark.parametrize("estimator", [PrincipalComponents(random_state=0), PrincipalComponents(whiten=True, random_state=0)],
                         ids=repr)
def test_scikit_learns_own_checks(estimator):
    check_estimator(estimator, on_skip=None)


def test_components_span_what_scikit_learns_pca_does(wide):
    ours, theirs = PrincipalComponents(8, random_state=0).fit(wide), PCA(8).fit(wide)
    cosines = np.abs((ours.components_.astype(float) * theirs.components_).sum(axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-3)
    np.testing.assert_allclose(ours.variances_, theirs.explained_variance_, rtol=0.01)
    np.testing.assert_allclose(np.abs(ours.transform(wide)), np.abs(theirs.transform(wide)), atol=0.1)


def test_whitened_components_have_unit_variance(wide):
    values = PrincipalComponents(8, whiten=True, random_state=0).fit_transform(wide)
    np.testing.assert_allclose(np.cov(values.T), np.eye(8), atol=0.01)


def test_components_of_a_sample_are_nearly_those_of_all(wide):
    sampled, whole = (PrincipalComponents(4, sample=size, random_state=0).fit(wide) for size in (200, 400))
    overlap = np.linalg.svd(sampled.components_.astype(float) @ whole.components_.astype(float).T, compute_uv=False)
    assert not np.array_equal(sampled.components_, whole.components_)
    assert overlap.min() > 0.98
    np.testing.assert_array_equal(sampled.mean_, whole.mean_)


def test_components_are_kept_small_and_follow_the_seed(wide):
    first, again = (PrincipalComponents(4, sample=200, random_state=3).fit(wide) for _ in range(2))
    assert first.components_.dtype == np.float16
    assert first.transform(wide).dtype == np.float32
    np.testing.assert_array_equal(first.components_, again.components_)


def test_components_of_one_byte_are_nearly_the_same(wide):
    whole, packed = (PrincipalComponents(8, compact=kind, random_state=0).fit(wide) for kind in ("float16", "int8"))
    assert (packed.components_.dtype, packed.steps_.shape) == (np.int8, (8, 1))
    assert np.abs(packed.components_).max(axis=1).tolist() == [127] * 8
    np.testing.assert_allclose(packed.components_ * packed.steps_, whole.components_, atol=0.003)
    values = whole.transform(wide)
    np.testing.assert_allclose(packed.transform(wide), values, atol=0.01 * np.abs(values).max())


def test_another_way_to_keep_components_is_refused(wide):
    with pytest.raises(ValueError, match="compact='int4' is none of float16, int8"):
        PrincipalComponents(8, compact="int4").fit(wide)


def test_components_are_the_same_in_blocks(wide, monkeypatch):
    components = PrincipalComponents(4, random_state=0).fit(wide)
    whole = components.transform(wide)
    monkeypatch.setattr(module, "BLOCK_ROWS", 7)
    np.testing.assert_allclose(components.transform(wide), whole, atol=1e-4)


@pytest.mark.parametrize("n", [0, 121, 401])
def test_more_components_than_there_are_is_an_error(wide, n):
    with pytest.raises(ValueError, match=rf"n={n} principal components of n_samples=400 rows with n_features=120"):
        PrincipalComponents(n).fit(wide)


def test_packed_columns_are_whole_numbers_times_their_steps():
    values = np.random.default_rng(0).normal(size=(50, 4)) * [1, 100, 0.01, 0]
    packed, steps = pack_columns(values)
    assert np.abs(packed).max(axis=0).tolist() == [127, 127, 127, 0] and np.array_equal(packed, np.round(packed))
    assert (np.abs(packed * steps - values) <= 0.501 * steps).all()


def test_preprocessing_scales_or_computes_components():
    assert [type(step) for step in make_preprocessing()] == [StandardScaler]
    assert make_preprocessing(scale=False) == []
    (components,) = make_preprocessing(5, whiten=True, seed=3)
    assert (components.n, components.whiten, components.random_state) == (5, True, 3)


@pytest.mark.parametrize(("name", "whiten"), [
    ("svm", False), ("rf", False), ("mlp", True), ("linear-svm", True), ("logistic", True), ("nystroem", False),
    ("knn", False), ("lda", False), ("boosting", False), ("kernel-ridge", False),
    ("local-svm", False)])
def test_every_classifier_accepts_components(name, whiten):
    first = make_classifier(name, seed=7, pca=3)[0]
    assert (first.n, first.whiten, first.random_state) == (3, whiten, 7)
