import pytest

from featfer.classifiers import Objective
from featfer.labels import FER7
from featfer.training.classifier import train
from featfer.training.prior import is_balanced


@pytest.fixture
def skewed(made_table):
    """The made-up table with 90 rows in train: 30 angry, 10 of each other class."""
    return made_table.rows((made_table.labels == 0) | (made_table.splits != "train") | (made_table.groups < 70))


@pytest.mark.parametrize(("clf", "params", "objective"), [
    ("logistic", {}, Objective()), ("lda", {}, None), ("logistic", {}, Objective(coarse_to_fine=True))], ids=str)
def test_the_prior_is_the_shares_of_the_training_faces(skewed, clf, params, objective):
    recognizer, card = train(skewed, clf, params, objective=objective)
    assert card["prior"] == recognizer.prior == pytest.approx({name: (3 if name == "angry" else 1) / 9 for name in FER7.names})


@pytest.mark.parametrize(("clf", "params", "objective"), [
    ("logistic", {}, Objective("weights")), ("logistic", {}, Objective("sampling")),
    ("svm", {"class_weight": "balanced"}, None)], ids=str)
def test_with_a_balance_all_labels_have_the_same_share(skewed, clf, params, objective):
    recognizer, card = train(skewed, clf, params, objective=objective)
    assert card["prior"] == recognizer.prior == pytest.approx(dict.fromkeys(FER7.names, 1 / 7))


def test_a_network_is_balanced_by_the_last_step_of_its_recipe():
    def card(*weighted):
        return {"params": {}, "cnn": {"recipe": {"steps": [{"weighted": each} for each in weighted]}}}
    assert [is_balanced(card(*weighted)) for weighted in ((False,), (True,), (True, False), (False, True))] == [
        False, True, False, True]


def test_a_label_without_training_faces_has_no_share_in_the_prior(made_table):
    recognizer, card = train(made_table.rows((made_table.labels != 1) | (made_table.splits != "train")), "lda")
    assert card["prior"] == recognizer.prior == pytest.approx({name: 1 / 6 for name in FER7.names if name != "disgust"})
