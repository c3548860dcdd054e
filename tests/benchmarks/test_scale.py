import re
from pathlib import Path

import pytest

from benchmarks.common import read_results
from benchmarks.scale import measure, page
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
