import numpy as np
import pytest

from featfer.classifiers import CLASSIFIERS, Objective, make_classifier
from featfer.classifiers.mlp import MLP
from featfer.classifiers.objective import map_to_polarity
from featfer.classifiers.wrappers.balance import Balanced, balance_weights
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.soft import SoftLabels
from featfer.errors import ParameterError
from featfer.labels import AFFECTNET8, FER3, FER7, LabelSet

pytestmark = pytest.mark.usefixtures("one_thread")

FAST = {"rf": {"trees": 12}, "mlp": {"hidden": 16, "epochs": 40, "batch": 32}, "logistic": {"C": 1.0}, "linear-svm": {"C": 1.0},
        "nystroem": {"points": 60}, "boosting": {"max_iter": 10}, "kernel-ridge": {},
        "local-svm": {"k": 40}}
WITHOUT_WEIGHTS = ("knn", "lda", "local-svm")


def make(name, **objective):
    return Objective(**objective).wrap(make_classifier(name, **FAST.get(name, {})), name, FER7)


@pytest.fixture(scope="module")
def faces():
    """Features (160, 6), labels of four expressions of which one is rare, and soft labels (160, 7)."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 3, 6], [60, 12, 48, 40])
    soft_labels = 0.7 * np.eye(7)[y] + 0.3 * np.eye(7)[rng.permutation(y)]
    return (rng.normal(size=(7, 6)) * 3)[y] + rng.normal(size=(160, 6)), y, soft_labels


def test_a_plain_objective_changes_nothing():
    pipeline = make_classifier("svm")
    assert Objective().wrap(pipeline, "svm", FER7) is pipeline
    assert Objective().fit_params(None) == {}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("objective", [
    {"balance": "weights"}, {"balance": "sampling"}, {"soft": True}, {"coarse_to_fine": True},
    {"balance": "sampling", "soft": True, "coarse_to_fine": True}])
def test_every_classifier_learns_an_objective_or_refuses_it(faces, name, objective):
    X, y, soft_labels = faces
    if name in WITHOUT_WEIGHTS and (objective.get("soft") or objective.get("balance") == "weights"):
        with pytest.raises(ParameterError, match=f"{name} .*cannot weigh its rows; (take|use)"):
            make(name, **objective)
        return
    model = make(name, **objective).fit(X, y, **Objective(**objective).fit_params(soft_labels))
    probabilities = model.predict_proba(X)
    assert model.classes_.tolist() == [0, 1, 3, 6]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (model.predict(X) == y).mean() > 0.6


def test_wrappers_come_after_the_preprocessing_and_an_mlp_learns_soft_labels_itself():
    pipeline = make("logistic", balance="weights", soft=True, coarse_to_fine=True)
    assert type(pipeline[0]).__name__ == "StandardScaler"
    kinds = [type(pipeline[-1]), type(pipeline[-1].estimator), type(pipeline[-1].estimator.estimator)]
    assert kinds == [Balanced, SoftLabels, CoarseToFine]
    assert isinstance(make("mlp", balance="weights", soft=True)[-1].estimator, MLP)


def test_balance_and_soft_labels_go_together(faces):
    X, y, soft_labels = faces
    model = make("logistic", balance="weights", soft=True).fit(X, y, **Objective(soft=True).fit_params(soft_labels))
    rows, labels = np.nonzero(soft_labels)
    weights = balance_weights(y)[rows] * soft_labels[rows, labels]
    alone = make_classifier("logistic", **FAST["logistic"])
    alone[-1].fit(alone[:-1].fit_transform(X, y)[rows], labels, weights)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-4)


def test_polarities():
    assert map_to_polarity(FER7) == {0: "negative", 1: "negative", 2: "negative", 3: "positive", 4: "negative", 6: "neutral"}
    assert map_to_polarity(AFFECTNET8)[AFFECTNET8.index("contempt")] == "negative"


@pytest.mark.parametrize(("labels", "said"), [
    (FER3, r"coarse to fine: of fer3 \(happy, sad, neutral\) no two are of the same polarity"),
    (LabelSet("moods", ("calm", "upset")), "labels moods cannot be turned into polarity3")])
def test_labels_without_a_second_level_are_refused(labels, said):
    with pytest.raises(ParameterError, match=said):
        Objective(coarse_to_fine=True).wrap(make_classifier("svm"), "svm", labels)


def test_another_balance_is_refused():
    with pytest.raises(ParameterError, match="balance 'twice' is none of weights, sampling"):
        Objective(balance="twice")
