"""The page on photographs, made from the answers that are stored."""

import re
import tomllib
from pathlib import Path

import featfer_models
import numpy as np
import pytest
from helpers.photographs import Reader, make_answers, make_photographs, write_list

from benchmarks.common import read_results
from benchmarks.photographs import measure, page
from featfer.bundle.persist import DEFAULT
from featfer.evaluation.answer_tables import read_answers
from featfer.evaluation.outside import score_outside


@pytest.mark.slow
def test_the_page_is_what_the_answers_say():
    assert page.page(page.score(), read_results(page.ABOUT)) == (page.HERE / "README.md").read_text()


def test_a_row_has_the_figures_of_its_result():
    photographs = make_photographs([0, 0, 1, 1, 1], subjects=np.array(list("aabbb")))
    result = score_outside(photographs, {"first": make_answers([0, 1, 1, 1, 1])}, draws=0)
    about = {"half": "scoring", "date": "1999-12-31", "machine": "an abacus", "versions": {"python": "1.0"},
             "models": {"first": {"classifier": "svm", "bytes": 1_200_000, "sha256": "0123456789abcdef"}}}
    for model in result["models"].values():
        model["all_classes"] = model["figures"]
    text = page.page(result, about)
    assert "| first | svm | 1.2 | 0123456789ab |" in text and "1999-12-31, an abacus; python 1.0." in text
    assert "| first | 75.0 | 80.0 |" in text and "| first | 50.0 | 100.0 |" in text
    assert "5 press portraits and film stills of 2 people" in text and "This is the half for scoring." in text


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


def test_a_half_of_the_subjects_is_measured(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    write_list(tmp_path / "photos", [("happy", 3, f"p{i:04d}") for i in (0, 1, 2, 3, 5)], "path,label,subject").rename(
        tmp_path / "photos" / "photos.csv")
    for name in ("ANSWERS", "ABOUT"):
        monkeypatch.setattr(page, name, tmp_path / getattr(page, name).name)
    measure.measure(tmp_path / "photos", "scoring", {"svm": Reader()})
    first = page.ANSWERS.read_bytes()
    photographs, answers = read_answers(page.ANSWERS)
    assert photographs.subjects.tolist() == ["p0001", "p0003", "p0005"] and list(answers) == ["svm"]
    assert read_results(page.ABOUT)["half"] == "scoring"
    measure.measure(tmp_path / "photos", "scoring", {"svm": Reader()})
    assert page.ANSWERS.read_bytes() == first
