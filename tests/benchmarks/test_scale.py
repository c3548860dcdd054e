import re
from pathlib import Path

import pytest
from helpers.fer2013 import write_csv

from benchmarks.common import read_results
from benchmarks.scale import growing, measure, page
from featfer.datasets import find_dataset

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured():
    return read_results(page.RESULTS)


def test_the_page_is_made_of_what_was_measured(measured):
    assert (page.HERE / "README.md").read_text() == page.page(measured)


def test_the_plan_says_what_was_measured(measured):
    plan, costs = (ROOT / "docs" / "scale.md").read_text(), measured["rates"]["measured"]
    for name in page.PLANNED:
        ms, size = 1000 * costs[name]["core_seconds"], costs[name]["bytes"]
        assert f"| {ms:.1f} | {size:,.0f} |" in plan, name
    hours = 1e6 * costs["embedding, photos of 425x425"]["core_seconds"] / 3600
    assert f"photos of 425x425 | {hours:.0f} | {hours / 16:.1f} on 16 cores | 0.7 GB | {page.PRICE * hours:.2f} |" in plan
    sizes = [str(round(total)) for total, _ in measured["memory"]["measured"].values()]
    assert re.findall(r"\d+", plan.partition("| MiB, all processes |")[2].partition("\n")[0]) == [*sizes[1:10:2], sizes[-1]]


def test_made_images_are_a_source_and_all_different(tmp_path):
    measure.write_made(tmp_path / "made.csv", 50)
    faceset = find_dataset(tmp_path / "made.csv").load(tmp_path / "made.csv")
    assert len(set(faceset.keys.tolist())) == 50
    assert {split: (faceset.splits == split).sum() for split in ("train", "val", "test")} == {"train": 40, "val": 5, "test": 5}


def test_memory_is_told_by_tenths_of_the_images(monkeypatch):
    monkeypatch.setattr(measure, "MADE", 100)
    seen = [(0, [50, 0]), (4, [60, 10]), (10, [61, 5]), (11, [60, 30]), (104, [80])]
    assert measure.decades(seen) == {0: [50, 50], 10: [70, 61], 20: [90, 60], 100: [80, 80]}


def test_stores_of_more_rows_are_read_checked_and_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr(growing, "ROWS", (300,))
    growing.write_rows(tmp_path / "few", 300)
    assert [growing.table_read(tmp_path / "few"), growing.resumed(tmp_path / "few")] == [300, 0]
    found = growing.rows(None, tmp_path)
    assert not (tmp_path / "rows300").exists()
    assert found[300].keys() == {"table_read", "files_checked", "resumed"}
    assert all(part["seconds"] > 0 for part in found[300].values())


def test_the_rate_of_an_extraction_leaves_the_start_out(tmp_path, crops, monkeypatch):
    source = write_csv(tmp_path / "fer2013.csv", [(3, crop, "Training") for crop in crops[:20]])
    monkeypatch.setattr(growing, "START", 10)
    monkeypatch.setattr(growing, "_extract", lambda rows, folder, options: 5 + 0.5 * len(rows.read_text().splitlines()))
    assert growing.rate(source, tmp_path, 20, "--jobs", 1) == pytest.approx(2)
