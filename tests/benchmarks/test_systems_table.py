"""The table of every system, made from cards."""

from dataclasses import replace
from pathlib import Path

import pytest
from featfer_cli.benchmark_config import read_listing
from helpers.systems_page import (
    LISTING,
    best_tuned,
    cells,
    made_card,
    published,
    row_of,
    shallow_cards,
    systems,
    tables,
    tuned_network,
)

from benchmarks.common import compare_to_aim
from featfer.labels import FER6


def test_every_model_of_the_list_has_a_row_and_every_row_a_model():
    rows = [row.card for _, rows in systems.SYSTEMS.values() for row in rows]
    assert len(set(rows)) == len(rows)
    own = [name.partition("/")[2] for name in rows if name.startswith("systems/")]
    assert sorted(own) == sorted(read_listing(LISTING).models)
    words = [row.words for _, rows in systems.SYSTEMS.values() for row in rows]
    assert len(set(words)) == len(words)


def test_what_is_not_trained_has_a_row_with_its_command(tmp_path):
    text = systems.page(shallow_cards(), {}, tmp_path, {})
    listing = replace(read_listing(LISTING), work=Path("work"))
    for key, (_, rows) in systems.SYSTEMS.items():
        for row in rows:
            line, missing = row_of(text, row.card), key not in systems.SHALLOW
            assert line["published"] == row.published
            assert (line["test"] == "not trained yet") == missing
            assert line["aim"] == (f"≥ {row.aim}" if row.aim else "")
            if missing:
                words = listing.list_arguments(row.card.partition("/")[2])
                assert line["command"].replace("'", "").strip("`").split() == ["featfer", *words]
                assert [line[name] for name in ("aim met", "test without copies", "epochs", "trained in")] == [""] * 4
    assert text.startswith("# CNN baselines of five published systems")
    assert "No network is trained yet" in text
    assert "Not trained yet, and so without class report, confusion matrix and learning curves: `residual`." in text


def test_a_row_has_the_figures_of_its_card(tmp_path):
    card = made_card("blocks15", right=0.85)
    line = row_of(systems.page({"systems/blocks15": card}, {}, tmp_path, {}), "systems/blocks15")
    assert line == {
        "": "blocks15, adversarial loss", "published": "70.49", "aim": "≥ 70.5", "test": "85.00", "aim met": "met",
        "test without copies": "84.00", "val without copies": "74.00", "predicted": "140 of 143",
        "averaged over": "plain, flip", "parameters, M": "3.40", "multiply-adds, M": "173", "bundle, MB": "20.7", "epochs": "2",
        "trained in": "2.5 min", "on": "cuda", "images/s, one core": "not measured yet", "two cores": "not measured yet",
        "command": "`featfer train blocks15`"}


def test_a_shallow_row_has_its_size_and_no_epochs(tmp_path):
    cards = shallow_cards()
    cards["study/default-svm"]["bytes"] = 21_186_296
    line = row_of(systems.page(cards, {}, tmp_path, {}), "study/default-svm")
    assert [line[name] for name in ("parameters, M", "bundle, MB", "epochs", "on")] == ["", "21.2", "", "cpu"]


def test_what_stands_on_the_network_trained_on_has_its_epochs_and_time(tmp_path):
    cards = {**shallow_cards(), "study/backbone": tuned_network()}
    cards["study/backbone-mlp"]["seconds"], cards["study/other"]["seconds"] = 90, 600
    cards[best_tuned()]["seconds"] = 30
    minutes, text = published.BACKBONE_MINUTES, systems.page(cards, {}, tmp_path, {})
    for name, fitted in {"study/backbone-mlp": "1.5", best_tuned(): "12.0"}.items():
        line = row_of(text, name)
        assert [line[head] for head in ("epochs", "trained in", "on")] == ["3", f"{minutes} + {fitted} min", "cuda, cpu"]
    assert row_of(text, "study/stages")["epochs"] == ""
    del cards["study/backbone"]
    line = row_of(systems.page(cards, {}, tmp_path, {}), "study/backbone-mlp")
    assert [line[head] for head in ("epochs", "trained in", "on")] == ["", "", "cpu"]


def test_rows_of_what_is_no_network_have_cards_of_their_kind():
    cards = systems.read_cards(systems.HERE.parent)
    rows = {key: [row.card for row in systems.SYSTEMS[key][1]] for key in systems.SHALLOW}
    assert {*published.REPORTED, published.BEST_FROZEN, published.BEST_TUNED} <= {*rows["shallow"], *rows["tuned"]}
    assert {key: {tables.is_tuned(cards[name]) for name in rows[key]} for key in rows} == {
        "tuned": {True}, "shallow": {False}}
    assert len(cards["study/backbone"]["history"]) == cards["study/backbone"]["recipe"]["epochs"]


def test_a_blend_s_time_has_its_members_in_it(tmp_path):
    cards = shallow_cards()
    cards["study/stages"]["seconds"], cards["study/default-svm"]["seconds"], cards["study/other"]["seconds"] = 6, 60, 600
    text = systems.page(cards, {"study/stages": {"rates": {"2": 1240}}}, tmp_path, {})
    line = row_of(text, "study/stages")
    assert (line["trained in"], line["averaged over"], line["two cores"]) == ("11.1 min", "plain, flip", "1,240")
    assert row_of(text, "study/default-svm")["trained in"] == "1.0 min"
    assert row_of(text, "embedding/rf")["averaged over"] == "no"
    del cards["study/other"]
    assert row_of(systems.page(cards, {}, tmp_path, {}), "study/stages")["trained in"] == ""


@pytest.mark.parametrize(("right", "said"), [(0.65, "met"), (0.6, "missed by 2.00"), (0.9, "met")])
def test_aims_are_met_or_missed(tmp_path, right, said):
    text = systems.page({"systems/groups9-six": made_card("g", FER6, right)}, {}, tmp_path, {})
    assert row_of(text, "systems/groups9-six")["aim met"] == said


def test_a_classic_network_s_aim_is_what_was_published_for_it():
    rows = [row for row in published.SYSTEMS["classics"][1] if row.card != "systems/deep-minus-shallow"]
    assert len(rows) == 8
    for row in rows:
        enlarged, _, raw = published.CLASSICS_2022[row.card]
        assert row.aim == (enlarged if raw is None else raw)
        assert row.published == (f"{enlarged:.2f} (super-resolved)" if raw is None else f"{raw:.2f}")


@pytest.mark.parametrize(("right", "said"), [(0.65, "met"), (0.55, "missed by 8.59")])
def test_a_classic_network_meets_or_misses_its_aim(tmp_path, right, said):
    line = row_of(systems.page({"systems/vgg16": made_card("v", right=right)}, {}, tmp_path, {}), "systems/vgg16")
    assert (line["aim"], line["aim met"]) == ("≥ 63.59", said)


def test_an_aim_is_met_from_its_very_value_on():
    said = [compare_to_aim(62, accuracy) for accuracy in (0.62, 0.61999, 0.5, 1.0)]
    assert said == ["met", "missed by 0.00", "missed by 12.00", "met"]
    assert compare_to_aim(None, 0.5) == ""


def test_what_networks_cost_is_printed_before_they_are_trained(tmp_path):
    pace = {"systems/vgg16": {"parameters": 134_290_000, "multiply_adds": 822_000_000, "rates": {"1": 51, "2": 1098}}}
    line = row_of(systems.page({}, pace, tmp_path, {}), "systems/vgg16")
    assert [line[name] for name in ("parameters, M", "multiply-adds, M", "images/s, one core", "two cores")] == [
        "134.29", "822", "51", "1,098"]


def test_networks_that_differ_in_one_thing_stand_side_by_side(tmp_path):
    cards = {f"systems/{name}": made_card(name, right=right) for name, right in (
        ("blocks15", 0.7), ("blocks15-plain-loss", 0.65), ("widening-plain", 0.6))}
    found = {"blocks15, blocks15-plain-loss": {"images": 140, "only_one": 9, "only_other": 2, "p": 0.0654}}
    text = systems.page(cards, {}, tmp_path, found).partition("Networks that differ in one thing")[2]
    both, none, one = (f"{what} (`{first}`, `{other}`)" for (first, other), what in published.PAIRS.items())
    assert cells(text, both)[1:] == ["70.00", "65.00", "9", "2", "0.065"]
    assert cells(text, none)[1:] == ["not trained yet", "not trained yet", "", "", "not compared yet"]
    assert cells(text, one)[1:] == ["not trained yet", "60.00", "", "", "not compared yet"]
