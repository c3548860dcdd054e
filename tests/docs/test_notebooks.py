"""The notebooks run from top to bottom anywhere, and print what is stored in them."""

import numpy as np
import pytest
from helpers.notebooks import NOTEBOOKS, execute, list_texts, read, split_numbers
from helpers.pages import ROOT

LARGEST = 400_000  # bytes of a file


def test_there_are_notebooks_in_the_contents():
    assert len(NOTEBOOKS) == 3
    index = (ROOT / "docs" / "index.md").read_text()
    assert [name for name in NOTEBOOKS if f"notebooks/{name}" not in index] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stored_as_it_ran(name):
    cells = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any("image/png" in output.get("data", {}) or "image/jpeg" in output.get("data", {})
               for cell in cells for output in cell.outputs)
    assert [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []
    assert NOTEBOOKS[name].stat().st_size < LARGEST
    assert [word for word in ("/home/", "/tmp/", "/work/", "/site-packages/") if word in NOTEBOOKS[name].read_text()] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_prints_what_is_stored(name):
    """Numbers may differ a little from one processor to another."""
    stored, found = list_texts(read(name)), list_texts(execute(name))
    assert len(found) == len(stored)
    for before, now in zip(stored, found, strict=True):
        (words, numbers), (words_now, numbers_now) = split_numbers(before), split_numbers(now)
        assert words_now == words
        np.testing.assert_allclose(numbers_now, numbers, rtol=0.03, atol=0.03)
