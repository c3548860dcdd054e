import re

import pandas as pd
import pytest
from helpers.recordings import make_recording

from featfer.errors import ParameterError, WriteError
from featfer.studies.page import describe_method, format_differences, write_page
from featfer.studies.summary import summarize
from featfer.studies.tables import check_page
from featfer.utils.outputs import SUMMARY


@pytest.fixture(scope="module")
def summary():
    films = [make_recording(f"films/{name}.mp4", persons={i: {"events": [("happy", 6, 8, 0.9)], "seen": [(0, 9)]}})
             for i, name in enumerate("abcdefg", 1)]
    study = pd.DataFrame([(name, f"s|{name}", condition, start, end) for name in "abcdefg"
                          for condition, start, end in (("rest", 0, 5), ("<talk>", 5, 10))],
                         columns=["film", "subject", "condition", "start", "end"])
    return summarize(films, study, smoothing=0, baseline="condition=rest")


def test_the_page_has_what_was_done_and_what_was_found(summary, tmp_path):
    path = tmp_path / "summary.md"
    write_page(summary, path, "featfer summarize a.csv --conditions study.csv")
    text = path.read_text()
    assert text.startswith("# Summary of faces in 7 films\n") and "featfer summarize a.csv --conditions study.csv" in text
    assert "| s\\|a | a | &lt;talk&gt; | 5.0 | 1 | 5.0 | 4.0 | 20.0 |" in text
    assert "| happy | 0.0 (0.0 to 0.0), n = 7 | 45.0 (45.0 to 45.0), n = 7 |" in text
    assert "| &lt;talk&gt; minus rest | Mean probability, % | happy | 7 | 45.0 (45.0 to 45.0) | 0.016 | 0.109 |" in text
    for picture in re.findall(r"\]\((.*)\)", text):
        assert (tmp_path / picture).is_file()
    assert len(list((tmp_path / "summary").iterdir())) == 7
    write_page(summary, path, "again")


def test_the_method_states_every_constant(summary):
    text = " ".join(describe_method(summary.settings).split())
    for words in ("were smoothed: not at all", "a probability of 0.5 or more and ends in the first below 0.3",
                  "less than 0.2 s apart are one", "shorter than 0.2 s", "mean under the condition rest is subtracted"):
        assert words in text
    assert "standard deviation 0.1 s" in describe_method(summary.settings | {"smoothing": 0.1})


def test_without_effects_there_are_no_such_tables(tmp_path):
    summary = summarize(make_recording())
    write_page(summary, tmp_path / "a.md", "featfer summarize a.csv")
    text = (tmp_path / "a.md").read_text()
    assert "![Timeline of Person 1 in a](a/a-1.png)" in text
    assert "## Conditions" not in text and "## Differences" not in text and "no conditions were given" in text
    assert format_differences(summary.effects) == ""


def test_a_page_replaces_pages_only(tmp_path):
    (tmp_path / "notes.md").write_text("# My notes")
    with pytest.raises(WriteError, match=r"notes\.md: cannot be written \(what is there is not a summary of featfer"):
        check_page(tmp_path / "notes.md", SUMMARY)
    with pytest.raises(ParameterError, match=r"a page's name ends in \.md"):
        check_page(tmp_path / "summary.txt", SUMMARY)
