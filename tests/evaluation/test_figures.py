import numpy as np
import pytest
from helpers.photographs import make_answers, make_photographs

from featfer.evaluation.figures import Scorer

# angry: right, wrong; happy: right three times, no face; sad: wrong
TRUTH, PREDICTED = [0, 0, 1, 1, 1, 1, 2], [0, 1, 1, 1, 1, None, 0]
NAMES = ("angry", "happy", "sad")


def figures(classes=NAMES, shares=None, weights=None, only=None, confidence=0.8):
    scorer = Scorer(make_photographs(TRUTH), make_answers(PREDICTED, confidence), classes, shares, only)
    found = scorer.compute(np.ones(len(TRUTH)) if weights is None else weights)
    return dict(zip(scorer.labels, found, strict=True))


def test_a_photo_without_a_face_is_a_wrong_one():
    found = figures()
    assert [found[f"recall {name}"] for name in NAMES] == [0.5, 0.75, 0.0]
    assert found["mean_recall"] == pytest.approx((0.5 + 0.75) / 3)
    assert found["accuracy"] == pytest.approx(4 / 7)
    assert found["faces_found"] == pytest.approx(6 / 7)


def test_each_class_weighs_its_share():
    found = figures(shares={"angry": 0.2, "happy": 0.7, "sad": 0.1})
    assert found["accuracy_at_shares"] == pytest.approx(0.2 * 0.5 + 0.7 * 0.75)
    assert found["accuracy"] == pytest.approx(4 / 7)


def test_shares_are_of_the_scored_classes_alone():
    found = figures(classes=("happy", "angry"), shares={"angry": 0.2, "happy": 0.6, "sad": 0.2})
    assert found["accuracy_at_shares"] == pytest.approx(0.25 * 0.5 + 0.75 * 0.75)
    assert found["mean_recall"] == pytest.approx((0.5 + 0.75) / 2)
    assert found["accuracy"] == pytest.approx(4 / 6)


def test_calibration_is_of_photos_with_a_face_at_the_shares():
    found = figures(shares={"angry": 0.2, "happy": 0.7, "sad": 0.1})
    right = 0.2 * 0.5 + 0.7 * 1.0  # of the happy ones with a face all are right
    assert found["ece"] == pytest.approx(abs(0.8 - right)) and found["overconfidence"] == pytest.approx(0.8 - right)


def test_without_shares_all_photos_count_alike():
    found = figures()
    assert found["accuracy_at_shares"] == pytest.approx(found["accuracy"])
    assert found["overconfidence"] == pytest.approx(0.8 - 4 / 6)


def test_photos_without_a_face_come_last_in_the_risk_coverage_curve():
    found = figures(confidence=[0.9, 0.8, 0.7, 0.6, 0.5, 0.99, 0.4])
    risks = [0, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 2 / 6, 3 / 7]
    assert found["risk_area"] == pytest.approx(np.mean(risks))


def test_a_weight_counts_like_as_many_photos():
    weights = np.array([0, 1, 2, 0, 1, 1, 3])
    rows = np.repeat(np.arange(7), weights)
    shares = {"angry": 0.2, "happy": 0.7, "sad": 0.1}
    scorer = Scorer(make_photographs(np.array(TRUTH)[rows]), make_answers([PREDICTED[row] for row in rows]), NAMES, shares)
    assert list(figures(shares=shares, weights=weights).values()) == pytest.approx(scorer.compute(np.ones(len(rows))).tolist())


def test_a_class_that_was_not_drawn_is_passed_over():
    found = figures(shares={"angry": 0.2, "happy": 0.7, "sad": 0.1}, weights=np.array([1, 1, 0, 0, 0, 0, 1]))
    assert np.isnan(found["recall happy"]) and found["mean_recall"] == 0.25
    assert found["accuracy_at_shares"] == pytest.approx(0.2 / 0.3 * 0.5)


def test_only_some_photos_and_none():
    assert figures(only=np.array(PREDICTED, object) != None)["recall happy"] == 1.0  # noqa: E711 - element by element
    assert np.isnan(list(figures(only=np.zeros(7, bool)).values())).all()


def test_figures_of_no_answers_but_wrong_ones_have_no_calibration():
    scorer = Scorer(make_photographs([0, 1]), make_answers([None, None]), ("angry", "happy"))
    found = dict(zip(scorer.labels, scorer.compute(np.ones(2)), strict=True))
    assert (found["accuracy"], found["faces_found"]) == (0, 0) and np.isnan(found["ece"])


def test_photos_are_counted_by_class():
    total, right, found = Scorer(make_photographs(TRUTH), make_answers(PREDICTED), ("happy", "sad")).count()
    assert (total.tolist(), right.tolist(), found) == ([4, 1], [3, 0], 4)
