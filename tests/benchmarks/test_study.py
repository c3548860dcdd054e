"""The page on stages and features, from cards."""

import pytest
from featfer_cli.benchmark_config import read_listing

from benchmarks.common import read_cards, read_folder
from benchmarks.study import measure
from benchmarks.study import page as study

MEASURED = {"status": {"val": {"found": [3447, 0.75, 0.7]}, "test": {"whole-image": [148, 0.5, 0.25]}},
            "pace": {"fer2013": 120, "small": 130}, "cost": {"detection": [None, 2.0], "stage:128x8x8": [8192, 3.25]},
            "parts": {"images": 500}}


def card_of(name, test=0.7):
    """A card of a model that has 70 % of val's images without a copy right, and so many of test's in all."""
    def figures(accuracy, without):
        return {"accuracy": accuracy, "ece": 0.02, "copies": {"accuracy_without": without}}
    return {"command": f"featfer train --clf {name}", "machine": "a machine", "date": "2026-01-02", "bytes": 2_500_000,
            "versions": {"numpy": "2"}, "figures": {"val": figures(0.71, 0.7), "test": figures(test, test - 0.02)}}


@pytest.fixture
def cards():
    """Cards of all that the page shows."""
    staged = [f"{stage}-{clf}" for stage in study.STAGES for clf in study.CLASSIFIERS]
    names = {*staged, *study.HEADLINE, *(name for rows in study.GROUPS.values() for name in rows)}
    return {name: card_of(name) for name in names}


def cells(text, first):
    """Return the cells of the only table row that starts so."""
    line, = (line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_is_what_the_cards_say():
    text = study.page(read_cards(study.HERE), read_folder(study.HERE / "results"))
    assert text == (study.HERE / "README.md").read_text()


def test_an_aim_is_met_or_missed_by_so_much(cards):
    cards["looks-vote"], cards["hog"] = card_of("vote", 0.7476), card_of("hog", 0.58)
    text = study.headline(cards)
    assert cells(text, "frozen features, best blend on val")[2:] == [
        "75", "76.9", "70.00", "74.76", "72.76", "missed by 0.24", "missed by 2.14"]
    assert cells(text, "HOG alone, SVM")[2:] == ["58", "", "70.00", "58.00", "56.00", "met", ""]


def test_every_figure_of_a_stage_is_given_without_copies_too(cards):
    cards["64x17x17-svm"] = card_of("svm", 0.6)
    assert cells(study.stages(cards), "64x17x17") == [
        "64x17x17", "70.00", "70.00", "68.00", "70.00", "60.00", "58.00", "70.00", "70.00", "68.00"]


def test_the_page_shows_every_group_and_what_was_measured(cards):
    cards["backbone-svm"] |= {"machine": "another machine", "date": "2026-03-04"}
    text = study.page(cards, MEASURED)
    assert text.split("\n")[2].startswith("2026-01-02 to 2026-03-04; a machine; another machine; numpy 2. Every figure")
    for rows in study.GROUPS.values():
        for words in rows.values():
            assert f"| {words} | 71.00 | 70.00 | " in text
    assert cells(text, "stage:128x8x8") == ["stage:128x8x8", "8,192", "3.25"]
    assert cells(text, "detection") == ["detection", "", "2.00"]
    assert cells(text, "test, whole-image") == ["test, whole-image", "148", "50.00", "25.00"]
    assert "fer2013 120, small 130" in text and "$" not in text
    assert cells(text, "lda")[1] == "`featfer train --clf lda`"


def test_every_model_of_the_page_is_in_the_list(cards):
    assert set(cards) <= set(read_listing(study.HERE / "models.toml").models)


def test_a_pair_of_numbers_for_each_feature_that_is_costed(monkeypatch, tmp_path, fer_csv):
    monkeypatch.setattr(measure, "COSTED", 4)
    monkeypatch.setattr(measure, "FEATURES", ("stage:256x2x2", "hog", "landmarks"))
    found = measure.by_cost(fer_csv, tmp_path)
    assert {name: columns for name, (columns, _) in found.items()} == {
        measure.FINDING: None, "stage:256x2x2": 1024, "hog": 7200, "landmarks": 136}
    assert all(milliseconds > 0 for _, milliseconds in found.values())
