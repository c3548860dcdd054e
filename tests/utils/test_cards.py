"""Cards with values of wrong types: every command refuses them in one line with file, key and value."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.commands import refused, run, succeeded

from featfer.bundle.persist import load, read_card
from featfer.errors import BundleError
from featfer.utils.cards import CARD, GENERATOR_CARD, read_card_file
from featfer.utils.markdown import markdown_table

WRONG = (None, 3, -1, 2.5, 10**400, float("nan"), True, "text", [], [None], ["a", "a"], {}, {"a": None}, [[]], [{}])
ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path, bundle):
    """Path of a bundle whose card a test may change."""
    shutil.copy(bundle, tmp_path / "own.joblib")
    shutil.copy(bundle.with_suffix(".json"), tmp_path / "own.json")
    return tmp_path / "own.joblib"


def change_card(path, keys, value):
    """Put a value into a bundle's card, at the place that keys lead to."""
    card = json.loads(path.with_suffix(".json").read_text())
    place = card
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.with_suffix(".json").write_text(json.dumps(card))


def list_places(card, keys=()):
    """Yield the keys that lead to each value of a card."""
    for key, value in card.items() if isinstance(card, dict) else enumerate(card[:1]) if isinstance(card, list) else ():
        yield *keys, key
        yield from list_places(value, (*keys, key))


@pytest.mark.parametrize(("keys", "value", "words"), [
    (["figures"], 3, "figures is 3, not an object"),
    (["figures", "val", "accuracy"], "high", "figures.val.accuracy is 'high', not a finite number"),
    (["labels", "names"], [1, 2], r"labels.names is [1, 2], not a list of different names"),
    (["labels", "names"], ["happy"] * 7, "not a list of different names"),
    (["features", 0, "feature"], None, "features[0].feature is None, not text"),
    (["bytes"], "many", "bytes is 'many', not a whole number, 0 or more"),
    (["command"], {"\x1b[2J": 1}, "command is {'\\x1b[2J': 1}, not text or null"),
    (["versions"], [], "versions is [], not an object"),
])
def test_a_value_of_another_type_is_named(copy, keys, value, words):
    change_card(copy, keys, value)
    with pytest.raises(BundleError) as raised:
        read_card(copy)
    assert str(raised.value).startswith(f"{copy.with_suffix('.json')}: ") and words in str(raised.value)


def test_info_shows_a_damaged_card_or_refuses_it_in_one_line(copy):
    whole = copy.with_suffix(".json").read_text()
    for keys in list_places(json.loads(whole)):
        for value in WRONG[len(keys) % 2::2]:
            copy.with_suffix(".json").write_text(whole)
            change_card(copy, keys, value)
            result = run("info", copy)
            assert result.exit_code in (0, 1) and (result.exception is None or isinstance(result.exception, SystemExit)), keys
            assert result.stderr.count("\n") == result.exit_code, (keys, value)


@pytest.mark.parametrize("key", ["classifier", "params", "features", "labels", "data", "command", "seconds", "figures", "date"])
def test_reports_name_a_missing_key_too(copy, tmp_path, small_store, key):
    card = json.loads(copy.with_suffix(".json").read_text())
    copy.with_suffix(".json").write_text(json.dumps({name: value for name, value in card.items() if name != key}))
    is_in_reports = key not in ("labels", "figures")
    said = refused(*(("report", copy, "--store", small_store, "--out", tmp_path / "report.md") if is_in_reports
                     else ("info", copy)))
    assert f"{copy.with_suffix('.json')}: it has no {key}" in said


def test_the_card_of_a_model_with_other_labels_is_refused(copy):
    change_card(copy, ["labels", "names", 0], "furious")
    with pytest.raises(BundleError, match=r"its card names furious, .*the model answers in angry, .*not the card"):
        load(copy)
    assert load(copy, verify=False)


@pytest.mark.parametrize("value", [3, {"val": 3}, {"val": {"images": "many"}}])
def test_serve_refuses_a_damaged_card_at_its_start(copy, value):
    change_card(copy, ["figures"], value)
    assert "figures" in refused("serve", "--port", "0", "--model", copy)


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;own\x07", "a\nError: b", "\u202egnp.exe", "\x9b31m"])
def test_nothing_in_a_card_reaches_the_terminal(copy, text):
    for keys in ("command", "classifier", "machine", "data source", "versions numpy", "figures val split"):
        change_card(copy, keys.split(), text)
    said = succeeded("info", copy)
    assert all(line.isprintable() for line in said.splitlines()) and len(said.splitlines()) == 12


def test_all_committed_cards_pass():
    cards = [path for folder in ("models", "benchmarks") for path in (ROOT / folder).rglob("*.json")
             if {"sha256", "command"} <= json.loads(path.read_text()).keys()]
    assert len(cards) > 100
    for path in cards:
        card = read_card_file(path, GENERATOR_CARD if "generator" in json.loads(path.read_text()) else CARD)
        assert card == json.loads(path.read_text())


def test_a_table_in_markdown_shows_text_as_it_is():
    table = markdown_table(["<script>alert(1)</script>", "n"], [["a|b\n| c", 1], ["![x](http://y) [z](http://y)", 2],
                                                                     ["`a<b`", 3]])
    assert table.splitlines() == [
        "| &lt;script&gt;alert(1)&lt;/script&gt; | n |", "| --- | ---: |", r"| a\|b\n\| c | 1 |",
        "| !&#91;x](http://y) &#91;z](http://y) | 2 |", "| `a<b` | 3 |"]
