import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.photographs import Biased, make_answers, make_photographs, write_grey

from featfer.errors import DataError, ParameterError
from featfer.evaluation.answering import answer_source
from featfer.evaluation.audit import audit, find_significant
from featfer.evaluation.significance import correct_by_holm
from featfer.labels import FER7

CLASSES = np.array([0, 1, 1, 1, 2])  # in turn: happy is the most frequent


def made(rates, sizes, seed=0, photos_each=2):
    """Return Photographs and Answers of groups "a", "b" ...: errors at these rates in so many photos, of subjects with
    some photos each."""
    draw, rates = np.random.default_rng(seed), np.repeat(rates, sizes)
    groups = np.repeat(list("abcdefgh"[:len(sizes)]), sizes).astype(object)
    truth = CLASSES[np.arange(len(groups)) % 5]
    predicted = np.where(draw.random(len(groups)) < rates, (truth + 1) % 3, truth)
    subjects = np.array([f"{group}{i // photos_each}" for i, group in enumerate(groups)])
    answers = make_answers(predicted.tolist(), draw.uniform(0.5, 0.9, len(groups)))
    return make_photographs(truth, subjects=subjects, columns={"sex": groups}), answers


def test_a_bias_is_found_and_named():
    result = audit(*made([0.1, 0.5], [150, 150]), draws=200)
    found = {(name, of["one"], of["other"], of["figure"]) for name, of in find_significant(result)}
    assert {("sex", "a", "b", figure) for figure in ("accuracy", "mean_recall", "overconfidence", "recall happy")} <= found
    assert all(of["figure"] != "faces_found" for _, of in find_significant(result))
    accuracy = next(of for of in result["columns"]["sex"]["differences"] if of["figure"] == "accuracy")
    assert accuracy["value"] == pytest.approx(0.4, abs=0.1) and 0 < accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert accuracy["p"] <= accuracy["corrected_p"] < 0.05
    assert json.loads(json.dumps(result)) == result


def test_a_recognizer_that_errs_in_one_group_is_found_out(tmp_path):
    """Through the public way: pictures, a csv, a recognizer and its answers."""
    (tmp_path / "faces.csv").write_text("path,label,subject,Sex\n" + "".join(
        f"{write_grey(tmp_path / f'{i}.png', i % 7 + 7 * (i // 140), 155)},{FER7.names[i % 7]},p{i},{'mf'[i // 140]}\n"
        for i in range(280)))
    photographs, answers = answer_source(tmp_path / "faces.csv", {"one": Biased(0.5, 0.1)}, "whole", columns=["sex"])
    result = audit(photographs, answers["one"], draws=200)
    groups = result["columns"]["sex"]["groups"]
    assert groups["m"]["accuracy"]["value"] == pytest.approx(0.9, abs=0.08)
    assert groups["f"]["accuracy"]["value"] == pytest.approx(0.5, abs=0.12)
    assert any(of["figure"] == "accuracy" for _, of in find_significant(result))


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "rate"), [([200, 120], 0.2), ([200, 150, 60, 60, 30], 0.2), ([200, 100], 0.02)])
def test_without_a_bias_there_are_false_alarms_at_the_stated_rate_at_most(sizes, rate):
    results = [audit(*made([rate] * len(sizes), sizes, seed), draws=100, seed=seed) for seed in range(60)]
    assert sum(bool(find_significant(result)) for result in results) <= 8  # of 60; at a rate of 0.05 more in 1 of 400 runs


def test_two_groups_are_compared_once_three_in_pairs_and_more_each_with_the_rest():
    for sizes, pairs in (([40, 40], {("a", "b")}), ([40] * 3, {("a", "b"), ("a", "c"), ("b", "c")}),
                         ([40] * 4, {(group, "the rest") for group in "abcd"})):
        differences = audit(*made([0.2] * len(sizes), sizes), draws=100)["columns"]["sex"]["differences"]
        assert {(of["one"], of["other"]) for of in differences} == pairs


def test_a_group_named_like_the_rest_is_a_group():
    photographs, answers = made([0.1, 0.5], [100, 100])
    names = np.where(photographs.columns["sex"] == "b", "the rest", "a").astype(object)
    column = audit(replace(photographs, columns={"sex": names}), answers, draws=100)["columns"]["sex"]
    accuracy = next(of for of in column["differences"] if of["figure"] == "accuracy")
    assert accuracy["other"] == "the rest" and accuracy["value"] > 0.25


def test_small_groups_and_those_of_few_subjects_are_not_scored():
    photographs, answers = made([0.2] * 4, [60, 60, 19, 40])
    subjects = np.where(photographs.columns["sex"] == "d", "one person", photographs.subjects)
    groups = audit(replace(photographs, subjects=subjects), answers, draws=100)["columns"]["sex"]["groups"]
    assert {name: of["is_small"] for name, of in groups.items()} == {"a": False, "b": False, "c": True, "d": True}
    assert (groups["c"]["photos"], groups["d"]["subjects"]) == (19, 1) and "accuracy" not in groups["c"]
    assert not audit(photographs, answers, least=10, draws=100)["columns"]["sex"]["groups"]["c"]["is_small"]


def test_photos_of_no_group_are_in_none_and_counted():
    photographs, answers = made([0.0, 0.0, 0.0, 0.0, 1.0], [40] * 5)
    names = np.where(photographs.columns["sex"] == "e", "", photographs.columns["sex"])
    column = audit(replace(photographs, columns={"sex": names.astype(object)}), answers, draws=100)["columns"]["sex"]
    assert column["unknown"] == 40 and set(column["groups"]) == set("abcd")
    assert all(of["value"] == 0 for of in column["differences"] if of["figure"] == "accuracy")  # the rest has them not


def test_mean_recall_is_of_the_classes_that_all_groups_have():
    photographs, answers = made([0.2, 0.2], [100, 100])
    keep = (photographs.columns["sex"] == "a") | (photographs.truth != 2)
    photographs, answers = photographs.keep(keep), replace(answers, probabilities=answers.probabilities[keep],
                                                           faces=answers.faces[keep])
    column = audit(photographs, answers, draws=100)["columns"]["sex"]
    assert column["mean_recall_of"] == ["angry", "happy"]
    of_a = column["groups"]["a"]
    recalls = [of_a["recall"][name]["value"] for name in ("angry", "happy")]
    assert of_a["mean_recall"]["value"] == pytest.approx(np.mean(recalls))


def test_a_group_without_errors_is_not_said_to_differ_by_chance():
    """Samples of a group without errors all look alike: their variance is 0, and still one more error would be chance."""
    truth = np.zeros(420, int)
    predicted = truth.copy()
    predicted[20:420:20] = 1  # 5 % of the other group
    groups = np.repeat(["small", "large"], [20, 400]).astype(object)
    result = audit(make_photographs(truth, columns={"camera": groups}), make_answers(predicted.tolist()), draws=200)
    accuracy = next(of for of in result["columns"]["camera"]["differences"] if of["figure"] == "accuracy")
    assert accuracy["value"] == pytest.approx(-0.05) and accuracy["p"] > 0.2  # Fisher's exact test: 0.61


def test_subjects_are_groups_of_photos():
    photographs, answers = made([0.1, 0.6], [60, 60], photos_each=60)
    result = audit(replace(photographs, columns={"subject": photographs.subjects.astype(object)}), answers, draws=200)
    assert [(of["photos"], of["is_small"]) for of in result["columns"]["subject"]["groups"].values()] == [(60, False)] * 2
    assert any(of["figure"] == "accuracy" for _, of in find_significant(result))


def test_photos_of_one_subject_are_not_taken_for_independent():
    """The same answers in 60 photos of 6 subjects each are weaker evidence than in 60 of 60."""
    def p_of(photos_each):
        photographs, _ = made([0, 0], [60, 60], photos_each=photos_each)
        of_subject = np.random.default_rng(1).random(12) < np.repeat([0.2, 0.6], 6)
        wrong = np.repeat(of_subject, 10)
        answers = make_answers(np.where(wrong, (photographs.truth + 1) % 3, photographs.truth).tolist())
        differences = audit(photographs, answers, draws=200)["columns"]["sex"]["differences"]
        return next(of["p"] for of in differences if of["figure"] == "accuracy")
    assert p_of(1) < 0.05 < p_of(10)


def test_without_large_groups_nothing_is_compared():
    result = audit(*made([0.2, 0.2], [5, 5]), draws=100)
    assert (result["comparisons"], result["columns"]["sex"]["differences"], find_significant(result)) == (0, [], [])


def test_few_samples_are_refused():
    with pytest.raises(ParameterError, match="draws 99: an audit needs 100 samples or more"):
        audit(*made([0.2, 0.2], [50, 50]), draws=99)


def test_a_column_that_is_not_there_is_named_before_any_answer(tmp_path):
    (tmp_path / "faces.csv").write_text(f"path,label,subject\n{write_grey(tmp_path / 'a.png', 1)},sad,ann\n")
    reader = Biased(0, 0)
    with pytest.raises(DataError, match=r"no column 'sex'; it has path, label, subject$"):
        answer_source(tmp_path / "faces.csv", {"one": reader}, "whole", columns=["sex"])
    assert reader.asked == 0


def test_holm_s_correction():
    assert correct_by_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_by_holm([0.5, 0.9]) == [1.0, 1.0] and correct_by_holm([]) == []
