"""The page on other labels, made from cards."""

import pytest
from featfer_cli.benchmark_config import read_listing

from benchmarks.labels import page as labels


@pytest.fixture
def cards():
    return labels.read_scored_cards()


def test_the_page_is_what_the_cards_say(cards):
    assert labels.page(cards) == (labels.HERE / "README.md").read_text()


def test_a_row_has_the_figures_of_its_card(cards):
    test = cards["six"]["figures"]["test"]
    test["accuracy"], test["ece"] = 0.12345, 0.0567
    row = next(line for line in labels.page(cards).splitlines() if line.startswith("| six, SVM |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert (cells[1], cells[4], cells[-1]) == ("28,709", "**12.35**", "0.057")


def test_every_model_of_the_list_is_on_the_page(cards):
    shown = {name for rows in labels.TABLES.values() for name in rows}
    assert shown == set(read_listing(labels.HERE / "models.toml").models) == set(cards)
