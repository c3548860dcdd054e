"""The page on photographs, made from the answers that are stored."""

import re
import tomllib
from functools import partial
from pathlib import Path

import featfer_models
import numpy as np
import pytest
from helpers.photographs import Reader, make_answers, make_photographs, write_list

from benchmarks.common import read_results
from benchmarks.photographs import frontier, measure, page, priors
from featfer.bundle.persist import DEFAULT
from featfer.evaluation.answer_tables import read_answers
from featfer.evaluation.answering import answer
from featfer.evaluation.outside import score_outside
from featfer.labels import FER7

CARD = {"classifier": "svm", "bytes": 1_200_000, "sha256": "0123456789abcdef", "prior": dict.fromkeys(FER7.names, 1 / 7)}
FRONTIER = {"rows": [{"weight": 0.25, "fer2013": 0.7, "ferplus": 0.8, "mean_recall": 0.6, "accuracy": 0.5}]}


@pytest.mark.slow
def test_the_page_is_what_the_answers_say():
    made = page.page(page.score(*page.read_half("scoring")), read_results(page.ABOUT), page.list_halves(),
                     read_results(page.FRONTIER))
    assert made == (page.HERE / "README.md").read_text()


def test_a_row_has_the_figures_of_its_result(stored):
    photographs = make_photographs([0, 0, 1, 1, 1], subjects=np.array(list("aabbb")))
    result = score_outside(photographs, {"first": make_answers([0, 1, 1, 1, 1])}, draws=0)
    for model in result["models"].values():
        model["all_classes"] = model["figures"]
    text = page.page(result, read_results(page.ABOUT), page.list_halves(), FRONTIER)
    assert "| svm | svm | 1.2 | 0123456789ab |" in text and "1999-12-31, an abacus; python 1.0." in text
    assert "| first | 75.0 | 80.0 |" in text and "| first | 50.0 | 100.0 |" in text
    assert "5 photos of 2 people" in text and "5 press portraits and film stills of 5 people" in text
    assert "| 0.25 | 70.0 | 80.0 | 60.0 | 50.0 |" in text


def test_halves_are_told_apart_by_the_number_of_the_subject(stored):
    halves = {half: page.read_half(half) for half in (*page.HALVES, page.BOTH)}
    assert [sorted(set(photographs.subjects.tolist())) for photographs, _ in halves.values()] == [
        ["p0000", "p0002"], ["p0001", "p0003", "p0005"], ["p0000", "p0001", "p0002", "p0003", "p0005"]]
    assert [len(answers["svm"].probabilities) for _, answers in halves.values()] == [2, 3, 5]
    assert [row[:2] for row in page.list_halves()] == [["svm", "choosing"], ["svm", "scoring"], ["svm", "both halves"]]


def test_with_the_true_shares_a_prior_estimated_from_sure_answers_agrees():
    photographs = make_photographs(list(range(7)), FER7.names)
    found = priors.try_priors(photographs, make_answers(list(range(7)), 0.999, classes=7), np.full(7, 1 / 7))
    assert found["as it ships"][:2] == found["the true shares"][:2] == ["100.0", "100.0"]
    assert found["estimated from the photos"][-1] == "50 and 42"


def test_every_picture_of_the_page_is_there():
    links = re.findall(r"!\[.*?\]\((.*?)\)", (page.HERE / "README.md").read_text())
    assert len(links) == 4 and all((page.HERE / link).exists() for link in links)


def test_the_answers_are_of_the_models_that_ship_the_default_first():
    _, answers = read_answers(page.ANSWERS)
    assert list(answers) == list(read_results(page.ABOUT)["models"])
    assert set(answers) <= {path.stem for path in Path(featfer_models.__file__).parent.glob("*.joblib")}
    assert next(iter(measure.find_models())) == next(iter(answers)) == DEFAULT


def test_the_shares_are_of_every_class():
    with open(page.SHARES, "rb") as file:
        shares = tomllib.load(file)
    assert sum(shares.values()) == pytest.approx(100) and set(page.SCORED) < set(shares)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """What a model answered on five subjects, in place of what was measured."""
    (tmp_path / "photos").mkdir()
    write_list(tmp_path / "photos", [("happy", 3, f"p{i:04d}") for i in (0, 1, 2, 3, 5)], "path,label,subject").rename(
        tmp_path / "photos" / "photos.csv")
    for name in ("ANSWERS", "ABOUT"):
        monkeypatch.setattr(page, name, tmp_path / getattr(page, name).name)
    monkeypatch.setattr(measure, "answer", partial(answer, no_face="whole"))
    monkeypatch.setattr(measure, "read_card", lambda name: CARD)
    monkeypatch.setattr(measure, "describe_origin", lambda: {
        "date": "1999-12-31", "machine": "an abacus", "versions": {"python": "1.0"}})
    measure.measure(tmp_path / "photos", {"svm": Reader()})
    return tmp_path / "photos"


def test_measuring_again_stores_the_same(stored):
    first = page.ANSWERS.read_bytes()
    measure.measure(stored, {"svm": Reader()})
    assert page.ANSWERS.read_bytes() == first


def test_a_vote_lies_between_its_models_and_never_answers_what_they_do_not_know():
    truth, names = np.array(["happy", "sad", "contempt"]), ("happy", "sad")
    one, other = np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5]]), np.array([[0.2, 0.8], [0.1, 0.9], [0.5, 0.5]])
    assert [frontier.score_vote(truth, [one, other], names, weight) for weight in (0, 0.5, 1)] == pytest.approx([1/3, 2/3, 1/3])
