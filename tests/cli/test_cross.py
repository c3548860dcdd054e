import json

import pytest
from helpers.commands import refused, succeeded


@pytest.fixture
def two(tmp_path, fer_csv, fer_folders):
    """A store with the same faces of two sources."""
    for source in (fer_csv, fer_folders):
        succeeded("extract", source, "--store", tmp_path / "store", "--features", "pixels")
    return tmp_path / "store", fer_csv.name, fer_folders.name


def test_the_table_is_printed(two):
    store, csv, folders = two
    said = succeeded("cross", csv, folders, "--store", store, "--clf", "logistic", "--features", "pixels", "--labels", "fer3")
    head, _, first, second = said.splitlines()[-4:]
    assert head == f"| trained on \\ tested on | {csv} | {folders} |"
    assert first.split("|")[1].strip() == csv and first.count("%") == 2
    assert second.split("|")[2:4] == first.split("|")[2:4]  # the faces are the same


def test_json_has_every_pair(two):
    store, csv, folders = two
    said = succeeded("cross", csv, folders, "--store", store, "--clf", "logistic", "--features", "pixels", "--json")
    pairs = json.loads(said)
    assert [(pair["trained"], pair["tested"]) for pair in pairs] == [(a, b) for a in (csv, folders) for b in (csv, folders)]
    assert {pair["images"] for pair in pairs} == {14} and {pair["left_out"] for pair in pairs} == {0}


@pytest.mark.parametrize(("sources", "words"), [
    (["fer2013.csv"], "name two or more different ones"),
    (["fer2013.csv", "fer2013.csv"], "name two or more different ones"),
    (["fer2013.csv", "affectnet"], "no source named 'affectnet'"),
])
def test_impossible_sources_are_refused(two, sources, words):
    assert words in refused("cross", *sources, "--store", two[0], "--features", "pixels")
