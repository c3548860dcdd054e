import numpy as np
import pytest

from featfer.classifiers import CLASSIFIERS, Objective, make_classifier
from featfer.classifiers.mlp import MLP
from featfer.classifiers.objective import polarities_of
from featfer.classifiers.wrappers.balance import Balanced, balanced_weights
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.soft import SoftLabels
from featfer.errors import ParameterError
from featfer.labels import AFFECTNET8, FER3, FER7, LabelSet

pytestmark = pytest.mark.usefixtures("one_thread")

FAST = {"rf": {"trees": 12}, "mlp": {"hidden": 16, "epochs": 40, "batch": 32}, "logistic": {"C": 1.0}, "linear-svm": {"C": 1.0},
        "nystroem": {"points": 60}, "boosting": {"max_iter": 10}, "local-svm": {"k": 40}}
WITHOUT_WEIGHTS = ("knn", "lda", "local-svm")


def around(name, **objective):
    return Objective(**objective).around(make_classifier(name, **FAST.get(name, {})), name, FER7)


@pytest.fixture(scope="module")
def faces():
    """Features (160, 6), labels of four expressions of which one is rare, and shares of votes."""
    draw = np.random.default_rng(0)
    y = np.repeat([0, 1, 3, 6], [60, 12, 48, 40])
    shares = 0.7 * np.eye(7)[y] + 0.3 * np.eye(7)[draw.permutation(y)]
    return (draw.normal(size=(7, 6)) * 3)[y] + draw.normal(size=(160, 6)), y, shares


def test_a_plain_objective_changes_nothing():
    pipeline = make_classifier("svm")
    assert Objective().around(pipeline, "svm", FER7) is pipeline
    assert Objective().fit_params(None) == {}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("objective", [
    {"balance": "weights"}, {"balance": "sampling"}, {"soft": True}, {"coarse_to_fine": True},
    {"balance": "sampling", "soft": True, "coarse_to_fine": True}])
def test_every_classifier_learns_it_or_says_that_it_cannot(faces, name, objective):
    X, y, shares = faces
    if name in WITHOUT_WEIGHTS and (objective.get("soft") or objective.get("balance") == "weights"):
        with pytest.raises(ParameterError, match=f"{name} .*cannot weigh its rows; (take|use)"):
            around(name, **objective)
        return
    model = around(name, **objective).fit(X, y, **Objective(**objective).fit_params(shares))
    probabilities = model.predict_proba(X)
    assert model.classes_.tolist() == [0, 1, 3, 6]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (model.predict(X) == y).mean() > 0.6


def test_wrappers_stand_behind_the_front_and_an_mlp_takes_shares_itself():
    pipeline = around("logistic", balance="weights", soft=True, coarse_to_fine=True)
    assert type(pipeline[0]).__name__ == "StandardScaler"
    kinds = [type(pipeline[-1]), type(pipeline[-1].estimator), type(pipeline[-1].estimator.estimator)]
    assert kinds == [Balanced, SoftLabels, CoarseToFine]
    assert isinstance(around("mlp", balance="weights", soft=True)[-1].estimator, MLP)


def test_balance_and_shares_go_together(faces):
    X, y, shares = faces
    model = around("logistic", balance="weights", soft=True).fit(X, y, **Objective(soft=True).fit_params(shares))
    rows, labels = np.nonzero(shares)
    weights = balanced_weights(y)[rows] * shares[rows, labels]
    alone = make_classifier("logistic", **FAST["logistic"])
    alone[-1].fit(alone[:-1].fit_transform(X, y)[rows], labels, weights)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-4)


def test_polarities():
    assert polarities_of(FER7) == {0: "negative", 1: "negative", 2: "negative", 3: "positive", 4: "negative", 6: "neutral"}
    assert polarities_of(AFFECTNET8)[AFFECTNET8.index("contempt")] == "negative"


@pytest.mark.parametrize(("labels", "said"), [
    (FER3, r"coarse to fine: of fer3 \(happy, sad, neutral\) no two are of the same polarity"),
    (LabelSet("moods", ("calm", "upset")), "labels moods cannot be turned into polarity3")])
def test_labels_without_a_second_floor_are_refused(labels, said):
    with pytest.raises(ParameterError, match=said):
        Objective(coarse_to_fine=True).around(make_classifier("svm"), "svm", labels)


def test_another_balance_is_refused():
    with pytest.raises(ParameterError, match="balance 'twice' is none of weights, sampling"):
        Objective(balance="twice")
