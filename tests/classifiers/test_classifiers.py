import importlib
import pickle
from itertools import combinations

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import recall_score
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from featfer.classifiers import CLASSIFIERS, MLP, RBFSVM, make_classifier
from featfer.classifiers.forest import Forest, forest
from featfer.errors import ParameterError

pytestmark = pytest.mark.usefixtures("one_thread")

FAST = {"svm": {}, "rf": {"trees": 12}, "mlp": {"hidden": 32, "epochs": 5}, "linear-svm": {"C": 1.0}, "logistic": {"C": 1.0},
        "nystroem": {"points": 200}, "knn": {}, "lda": {}, "boosting": {"max_iter": 30}, "kernel-ridge": {},
        "local-svm": {"k": 40}}
SMALL_MLP = MLP(epochs=20, hidden=64, batch=16, lr=1e-2, dropout=0.0, random_state=0)


@pytest.fixture(scope="module")
def two_clouds():
    X, y = make_classification(500, 10, n_informative=6, class_sep=0.7, flip_y=0.1, random_state=1)
    return X.astype(np.float32), y


@pytest.fixture(scope="module")
def rare():
    """Two overlapping classes; the rare one has a twentieth of the rows."""
    return make_classification(1000, 8, n_informative=5, weights=[0.95], class_sep=0.6, random_state=2)


def known_to_fail(estimator):
    """Checks of scikit-learn on sample weights that cannot hold for these estimators."""
    why = {RBFSVM: "keeps its coefficients as float32", MLP: "samples batches regardless of the weights",
           Forest: "samples rows for every tree"}[type(estimator)]
    return {"check_sample_weight_equivalence_on_dense_data": why}


@pytest.mark.parametrize("estimator", [RBFSVM(), SMALL_MLP, Forest(trees=10, random_state=0)], ids=repr)
def test_scikit_learns_own_checks(estimator):
    check_estimator(estimator, expected_failed_checks=known_to_fail(estimator), on_skip=None)


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name not in ("knn", "lda", "boosting")])
def test_one_class_is_no_training(name):
    X = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    with pytest.raises(ValueError, match="2 classes at least; this has 1 class: 3"):
        make_classifier(name, **FAST[name] | ({"discriminants": False} if name == "rf" else {})).fit(X, np.full(40, 3))


def test_svm_predicts_the_labels_of_svc():
    X, y = make_classification(900, 20, n_informative=8, n_classes=4, class_sep=2.0, random_state=0)
    ours, theirs = RBFSVM(C=5.0).fit(X[:600], y[:600]), SVC(C=5.0).fit(X[:600], y[:600])
    assert (ours.predict(X[600:]) == theirs.predict(X[600:])).mean() >= 0.98


def test_svm_votes_are_svcs_pairwise_margins_clipped_to_1(clouds):
    X, y = clouds
    theirs = SVC(C=5.0, decision_function_shape="ovo").fit(X[:600], y[:600])
    votes = np.clip(theirs.decision_function(X[600:]), -1, 1)
    expected = np.zeros((300, 4))
    for vote, (first, second) in zip(votes.T, combinations(range(4), 2), strict=True):
        expected[:, first] += vote
        expected[:, second] -= vote
    ours = RBFSVM(C=5.0).fit(X[:600], y[:600])
    np.testing.assert_allclose(ours.decision_function(X[600:]), expected, atol=5e-3)
    np.testing.assert_allclose(ours.score(X[600:], y[600:]), theirs.score(X[600:], y[600:]), atol=0.03)


def test_svm_of_two_classes_has_svcs_margins(two_clouds):
    X, y = two_clouds
    ours, theirs = RBFSVM(C=2.0, gamma=0.05).fit(X, y), SVC(C=2.0, gamma=0.05, tol=1e-4).fit(X, y)
    expected = theirs.decision_function(X)
    assert (np.abs(expected) < 1).sum() > 100
    np.testing.assert_allclose(ours.decision_function(X), np.clip(expected, -1, 1), atol=2e-3)
    assert (ours.predict(X) == theirs.predict(X)).mean() > 0.99


def test_svm_gamma_scale_is_scikit_learns(clouds):
    X, y = clouds
    X = X * 3
    ours, theirs = RBFSVM().fit(X, y), SVC().fit(X, y)
    assert ours.gamma_ == pytest.approx(1 / (20 * X.var()), rel=1e-4) == pytest.approx(theirs._gamma, rel=1e-4)


def test_svm_gamma_of_constant_features_is_1():
    assert RBFSVM().fit(np.ones((6, 3)), [0, 1, 0, 1, 0, 1]).gamma_ == 1.0


def test_svm_accepts_labels_of_any_kind(clouds):
    X, y = clouds
    names = np.array(["sad", "angry", "happy", "fear"])
    model = RBFSVM().fit(X, names[y])
    assert model.classes_.tolist() == ["angry", "fear", "happy", "sad"]
    assert model.score(X, names[y]) > 0.9


@pytest.mark.parametrize("model", [RBFSVM(class_weight="balanced"), Forest(50, class_weight="balanced", min_samples_leaf=5,
                                                                           random_state=0)])
def test_balanced_classes_raise_the_recall_of_a_rare_class(rare, model):
    X, y = rare
    balanced = recall_score(y[500:], model.fit(X[:500], y[:500]).predict(X[500:]))
    plain = recall_score(y[500:], model.set_params(class_weight=None).fit(X[:500], y[:500]).predict(X[500:]))
    assert balanced > plain + 0.05


def test_svm_takes_a_weight_for_each_class(rare):
    X, y = rare
    said = [RBFSVM(class_weight={0: 1.0, 1: weight}).fit(X, y).predict(X).sum() for weight in (0.2, 20.0)]
    assert said[1] > said[0]


def test_svm_row_of_weight_3_is_three_rows(clouds):
    X, y = clouds
    weights = np.arange(len(y)) % 4
    weighed, repeated = RBFSVM().fit(X, y, weights), RBFSVM().fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    assert weighed.gamma_ == pytest.approx(repeated.gamma_, rel=1e-5)
    np.testing.assert_allclose(weighed.decision_function(X), repeated.decision_function(X), atol=0.02)
    assert np.abs(weighed.decision_function(X) - RBFSVM().fit(X, y).decision_function(X)).max() > 0.1


@pytest.mark.parametrize("model", [Forest(40, min_samples_leaf=5, random_state=0), MLP(32, 30, lr=1e-3, random_state=0)])
def test_classes_with_heavier_rows_are_predicted_more_often(rare, model):
    X, y = rare
    plain, weighed = (model.fit(X[:500], y[:500], weights).predict(X[500:]) for weights in (None, 1 + 19 * y[:500]))
    assert recall_score(y[500:], weighed) > recall_score(y[500:], plain) + 0.05


def test_svm_refuses_an_unknown_compact(clouds):
    with pytest.raises(ValueError, match="compact='int4' is none of None, 'float16' and 'int8'"):
        RBFSVM(compact="int4").fit(*clouds)


@pytest.mark.parametrize(("compact", "times"), [("float16", 2), ("int8", 4)])
def test_svm_compact_keeps_few_bytes_and_the_predictions(clouds, compact, times):
    X, y = clouds
    whole, small = RBFSVM().fit(X, y), RBFSVM(compact=compact).fit(X, y)
    assert small.support_vectors_.nbytes * times == whole.support_vectors_.nbytes
    assert (small.predict(X) == whole.predict(X)).mean() > 0.99
    np.testing.assert_allclose(small.predict_proba(X), whole.predict_proba(X), atol=0.05)


def test_svm_predicts_the_same_in_pieces(clouds, monkeypatch):
    X, y = clouds
    model = RBFSVM().fit(X, y)
    whole = model.predict_proba(X)
    monkeypatch.setattr(importlib.import_module("featfer.classifiers.kernels"), "KERNEL_ROWS", 7)
    np.testing.assert_allclose(model.predict_proba(X), whole, rtol=0, atol=1e-5)


def test_svm_of_one_class_is_an_error():
    with pytest.raises(ValueError, match="2 classes at least; this has 1 class: 3"):
        RBFSVM().fit(np.zeros((4, 2)), [3, 3, 3, 3])


@pytest.fixture
def grown(monkeypatch):
    """The scikit-learn forests that Forest grew."""
    forests = []

    def grow(*args, **params):
        forests.append(RandomForestClassifier(*args, **params))
        return forests[-1]
    monkeypatch.setattr(importlib.import_module("featfer.classifiers.forest"), "import_fastest", lambda module, name: grow)
    return forests


def mean_probabilities(forests, X):
    return sum(f.predict_proba(X) * f.n_estimators for f in forests) / sum(f.n_estimators for f in forests)


@pytest.mark.parametrize("params", [{}, {"min_samples_leaf": 4}, {"class_weight": "balanced", "max_features": 0.5}])
def test_forest_has_the_probabilities_of_scikit_learns_trees(clouds, grown, params):
    X, y = clouds
    model = Forest(trees=25, random_state=0, **params).fit(X[:600], y[:600])
    assert [f.n_estimators for f in grown] == [10, 10, 5]
    np.testing.assert_allclose(model.predict_proba(X), mean_probabilities(grown, X), atol=1e-6)


def test_forest_splits_between_neighbouring_floats_as_its_trees_do(grown):
    X = np.nextafter(np.float32(2), np.float32(3)) + np.arange(64, dtype=np.float32)[:, None] * np.float32(2**-22)
    y = np.arange(64) % 2
    model = Forest(trees=10, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), mean_probabilities(grown, X), atol=1e-6)


def test_forest_grows_different_trees_in_each_batch(clouds):
    model = Forest(trees=20, random_state=0).fit(*clouds)
    assert len(model.trees_) == 20
    assert not np.array_equal(model.trees_[0][1], model.trees_[10][1])


def test_forest_keeps_its_trees_small(clouds, grown):
    model = Forest(trees=20, random_state=0).fit(*clouds)
    assert len(pickle.dumps(model)) < len(pickle.dumps(grown)) / 2


def test_forest_sees_the_axes_of_a_discriminant_analysis(clouds):
    X, y = clouds
    with_axes, without = forest(trees=10).fit(X, y), forest(trees=10, discriminants=False).fit(X, y)
    assert with_axes[-1].n_features_in_ == 20 + 3
    assert without.n_features_in_ == 20


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_separates_the_clouds(clouds, name):
    X, y = clouds
    params = {**FAST[name], "epochs": 30, "batch": 64} if name == "mlp" else FAST[name]
    model = make_classifier(name, **params).fit(X[:600], y[:600])
    probabilities = model.predict_proba(X[600:])
    assert model.score(X[600:], y[600:]) > 0.7
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X[600:]))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_follows_its_seed(clouds, name):
    X, y = clouds
    first, again = (make_classifier(name, seed=3, **FAST[name]).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("name", ["rf", "mlp"])
def test_another_seed_is_another_classifier(clouds, name):
    X, y = clouds
    first, other = (make_classifier(name, seed=seed, **FAST[name]).fit(X, y).predict_proba(X) for seed in (3, 4))
    assert not np.allclose(first, other)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_is_pickled_without_the_library_that_trained_it(clouds, name):
    X, y = clouds
    model = make_classifier(name, **FAST[name]).fit(X, y)
    content = pickle.dumps(model)
    assert not any(library in content for library in (b"sklearnex", b"daal4py", b"onedal", b"torch"))
    np.testing.assert_array_equal(pickle.loads(content).predict_proba(X), model.predict_proba(X))


def test_make_classifier_lists_the_classifiers():
    with pytest.raises(ParameterError, match="classifier 'tree' is none of svm, rf, mlp, linear-svm, "):
        make_classifier("tree")


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_make_classifier_names_an_unknown_parameter(name):
    with pytest.raises(ParameterError, match=f"^{name}: .*'depth'"):
        make_classifier(name, depth=3)


def test_make_classifier_passes_parameters_on():
    assert make_classifier("svm", C=2.0)[-1].C == 2.0
    assert make_classifier("rf", seed=9, trees=7)[-1].get_params()["trees"] == 7
    assert make_classifier("mlp", seed=9, hidden=5)[-1].random_state == 9


def test_svm_gets_as_many_principal_components_as_asked_for(clouds):
    X, y = clouds
    machine = make_classifier("svm", pca=3).fit(X, y)
    assert machine[-1].support_vectors_.shape[1] == len(machine[0].components_) == 3
