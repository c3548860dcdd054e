import json

import numpy as np
import pytest
from helpers.photographs import make_answers, make_photographs

from featfer.errors import ParameterError
from featfer.evaluation.outside import choose_classes, count_confusion, score_outside

TRUTH = [0, 0, 1, 1, 1, 1, 2, 2]
SHARES = {"angry": 0.1, "happy": 0.8, "sad": 0.1}


def score(predicted=([0, 1, 1, 1, 1, None, 0, 2],), **options):
    photographs = make_photographs(TRUTH, subjects=np.array(list("aabbccdd")))
    answers = {f"model {i}": make_answers(labels) for i, labels in enumerate(predicted)}
    return score_outside(photographs, answers, **{"draws": 50, **options})


def test_figures_with_intervals_around_them():
    result = score(shares=SHARES)
    figures = result["models"]["model 0"]["figures"]
    assert figures["mean_recall"]["value"] == pytest.approx((0.5 + 0.75 + 0.5) / 3)
    assert figures["accuracy_at_shares"]["value"] == pytest.approx(0.1 * 0.5 + 0.8 * 0.75 + 0.1 * 0.5)
    assert figures["recall"]["happy"]["value"] == 0.75
    for figure in (figures["mean_recall"], figures["accuracy"], figures["recall"]["happy"]):
        assert figure["low"] < figure["value"] < figure["high"]
    assert json.loads(json.dumps(result)) == result


def test_scopes():
    model = score(classes=["happy", "sad"], shares=SHARES)["models"]["model 0"]
    assert model["figures"]["accuracy"]["value"] == pytest.approx(4 / 6)
    assert model["answered"]["accuracy"]["value"] == pytest.approx(4 / 5)
    assert model["all_classes"]["accuracy"]["value"] == pytest.approx(5 / 8)
    assert list(model["figures"]["recall"]) == ["happy", "sad"]
    assert "all_classes" not in score()["models"]["model 0"]


def test_without_samples_there_are_no_intervals():
    figure = score(draws=0)["models"]["model 0"]["figures"]["accuracy"]
    assert figure == {"value": pytest.approx(5 / 8), "low": None, "high": None}


def test_the_first_model_is_compared_with_the_others_on_the_same_samples():
    one, other = [0, 0, 1, 1, 1, 1, 2, 2], [0, 1, 1, 1, 1, None, 2, 2]
    pairs = score((one, other, one))["pairs"]
    assert [(pair["one"], pair["other"]) for pair in pairs] == [("model 0", "model 1"), ("model 0", "model 2")]
    assert pairs[0]["mcnemar"] == {"images": 8, "only_one": 2, "only_other": 0, "p": 0.5}
    difference = pairs[0]["differences"]["accuracy"]
    assert difference["value"] == pytest.approx(2 / 8) and 0 <= difference["low"] < difference["high"] <= 1
    assert set(pairs[1]["differences"]["accuracy"].values()) == {0.0}


def test_mcnemar_s_photos_are_those_of_the_scored_classes():
    assert score(([0, 0, 1, 1, 1, 1, 0, 0], TRUTH), classes=["angry", "sad"])["pairs"][0]["mcnemar"] == {
        "images": 4, "only_one": 0, "only_other": 2, "p": 0.5}


def test_results_depend_on_the_seed_alone():
    assert score(seed=3) == score(seed=3) != score(seed=4)


def test_curves_are_at_the_shares():
    model = score(([0, 1, 1, 1, 1, 1, 2, 2],), shares=SHARES)["models"]["model 0"]
    assert model["reliability"] == [[pytest.approx(1), pytest.approx(0.8), pytest.approx(0.95)]]
    assert model["risk_coverage"]["risk"][-1] == pytest.approx(0.05) and len(model["risk_coverage"]["coverage"]) == 100
    assert model["figures"]["ece"]["value"] == pytest.approx(0.15)


def test_confusion_has_a_column_of_photos_without_a_face():
    counts = count_confusion(make_photographs(TRUTH), make_answers([0, 1, 1, 1, 1, None, 0, 2]))
    assert counts == [[1, 1, 0, 0], [0, 3, 0, 1], [1, 0, 1, 0]]


@pytest.mark.parametrize(("classes", "shares", "words"), [
    (["happy", "bored"], None, "classes happy,bored: 'bored' has no photos; made has angry, happy, sad"),
    (["happy", "happy"], None, "'happy' stands there twice"),
    (None, {"happy": 1.0}, "shares of happy: none of angry, which is scored")])
def test_classes_that_cannot_be_scored_are_named(classes, shares, words):
    with pytest.raises(ParameterError, match=words):
        choose_classes(make_photographs(TRUTH), classes, shares)


def test_classes_without_photos_are_not_scored():
    assert choose_classes(make_photographs([0, 2])) == ("angry", "sad")
